import Autograd
import Tensor

/// A model whose blocks can be recomputed for the gradient instead of keeping what they computed,
/// which takes less memory and a second evaluation of each; see `checkpointed`.
///
/// ```swift
/// var model = GPT(configuration)
/// model.recomputedBlocks = model.recomputableBlocks
/// ```
/// Values and gradients stay the same to the bit, with dropout too.
public protocol RecomputingModel: Module {
  /// The number of blocks that can be recomputed.
  var recomputableBlocks: Int { get }
  /// How many blocks are recomputed, from the first on, whose values would be kept longest; `nil`
  /// at first, for none. More than there are means all.
  var recomputedBlocks: Int? { get set }
}

extension RecomputingModel {
  /// Applies a block, and recomputes it for the gradient if it is among the first that are.
  func applyingBlock(
    _ index: Int, with parameters: @autoclosure () -> Parameters, to x: Tensor,
    _ block: @escaping @Sendable (Tensor) -> Tensor
  ) -> Tensor {
    index < recomputedBlocks ?? 0 ? checkpointed(x, parameters: parameters(), block) : block(x)
  }
}
