// The library without `Training`: tensors, gradients, layers and optimizers. It uses the C library
// and Swift's standard library alone, no Foundation.
@_exported import Autograd
@_exported import NN
@_exported import Optim
@_exported import Tensor
