import Autograd
import NN
import Tensor

extension Module {
  /// Checks weights that were read from a file.
  ///
  /// - Throws: ``TrainingError`` of kind `data` that names the file and a parameter or a buffer
  ///   with NaN or infinity, with which no output would be a number.
  func checkIsFinite(in file: String) throws {
    for (name, tensor) in weights where tensor.dtype.isFloatingPoint && !tensor.isFinite {
      throw TrainingError.data("\(file): '\(name)' is NaN or infinite")
    }
  }
}
