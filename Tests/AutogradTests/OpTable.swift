extension OpCase {
  /// The op table: every public operation has a row here.
  static let all: [OpCase] =
    arithmetic + comparisons + exponentials + activations + reductions + movements + indexing
    + matrixProducts
}
