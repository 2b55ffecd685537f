// `import TestSupport` imports the library as well as the helpers for tests.
@_exported import Adjoint
