import Autograd
import Tensor

extension OpCase {
  /// The op table: every public operation has a row here.
  package static let all: [OpCase] =
    arithmetic + comparisons + exponentials + activations + reductions + movements + indexing
    + matrixProducts
}
