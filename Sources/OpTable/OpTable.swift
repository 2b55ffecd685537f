import Autograd
import Tensor

extension OpCase {
  /// The op table: every public operation has a row here.
  package static let all: [OpCase] =
    arithmetic + comparisons + exponentials + trigonometry + activations + reductions + scans
    + movements + arrangements + indexing + matrixProducts + linearAlgebra + convolutions + pooling
    + normalization + attention
}
