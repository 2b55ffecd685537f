// `import Adjoint` is all that a user of the library needs.
@_exported import Autograd
@_exported import NN
@_exported import Optim
@_exported import Tensor
@_exported import Training
