import TestSupport
import Testing

/// No loss broadcasts a prediction to a target, which is usually a mistake, or mixes dtypes.
struct LossShapeTests {
  private static let losses: [(name: String, body: @Sendable (Tensor, Tensor) -> Tensor)] = [
    ("meanSquaredError", { meanSquaredError($0, $1) }),
    ("meanAbsoluteError", { meanAbsoluteError($0, $1) }),
    ("huberLoss", { huberLoss($0, $1) }),
    ("smoothL1Loss", { smoothL1Loss($0, $1) }),
    ("crossEntropy", { crossEntropy($0, probabilities: $1) }),
    ("binaryCrossEntropy", { binaryCrossEntropy($0, $1) }),
    ("binaryCrossEntropy", { binaryCrossEntropy(logits: $0, $1) }),
    ("klDivergence", { klDivergence($0, $1) }),
    ("hingeLoss", { hingeLoss($0, $1) }),
    ("softMarginLoss", { softMarginLoss($0, $1) }),
    ("marginRankingLoss", { marginRankingLoss($0, $1, .ones(like: $0)) }),
    ("marginRankingLoss", { marginRankingLoss($0, $0, $1) }),
    ("hingeEmbeddingLoss", { hingeEmbeddingLoss($0, $1) }),
    ("cosineEmbeddingLoss", { cosineEmbeddingLoss($0, $1, .ones([2])) }),
    ("tripletMarginLoss", { tripletMarginLoss($0, positive: $1, negative: $0) }),
    ("tripletMarginLoss", { tripletMarginLoss($0, positive: $0, negative: $1) }),
    ("sigmoidFocalLoss", { sigmoidFocalLoss($0, $1) }),
    (
      "gaussianNegativeLogLikelihood",
      { gaussianNegativeLogLikelihood($0, $1, variance: .ones(like: $0)) }
    ),
    ("poissonNegativeLogLikelihood", { poissonNegativeLogLikelihood($0, $1) }),
  ]

  @Test(arguments: losses.indices)
  func shapesThatBroadcastAreRefused(_ index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [index = index as Int] in
      let (prediction, target) = (Tensor.full([2, 3], 0.5), Tensor.full([1, 3], 0.5))
      _ = LossShapeTests.losses[index].body(prediction, target)
    }
    let name = Self.losses[index].name
    expectMessage("\(name): a prediction of shape [2, 3] for a target of shape [1, 3]", of: result)
  }

  /// Losses whose targets of 1 and −1 may have any dtype.
  private static let ofSigns = ["hingeEmbeddingLoss", "marginRankingLoss", "softMarginLoss"]

  /// The message names the loss, not the operation inside it that fails.
  @Test(arguments: losses.indices.filter { !ofSigns.contains(losses[$0].name) })
  func targetsOfAnotherTypeAreRefused(_ index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [index = index as Int] in
      _ = LossShapeTests.losses[index].body(.full([2, 3], 0.5), .ones([2, 3], dtype: .int32))
    }
    expectMessage("\(Self.losses[index].name): dtypes float32 and int32 differ", of: result)
  }
}
