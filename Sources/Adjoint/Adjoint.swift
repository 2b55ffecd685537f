// `import Adjoint` is all that a user of the library needs.
@_exported import AdjointCore
@_exported import Training
