import Training
import NN
import Tensor

/// A language model that says only what follows the last positions of its input: int32 tokens [n, t] →
/// scores [n, length, vocabulary].
struct Completion: Layer {
  let gpt: GPT
  let length: Int

  /// The language model's names are the names.
  static var storedNames: [String: String] { ["gpt": ""] }

  func callAsFunction(_ input: Tensor) -> Tensor {
    let end = input.shape[1]
    return gpt(input)[.all, end - length..<end]
  }
}
