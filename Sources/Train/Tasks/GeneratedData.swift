import Tensor
import Training

extension TrainingTask {
  /// Generated data: training, validation and test examples, each from a stream of its own.
  ///
  /// There are as many test examples as `test` times the others.
  func generated(
    seed: UInt64, _ trainingCount: Int, _ validationCount: Int, test: Double = 0,
    target: TargetEncoding, vocabulary: Vocabulary? = nil, encoder: FeatureEncoder? = nil,
    pixels: PixelScale? = nil,
    examples: (Int, inout RandomGenerator) -> SupervisedData.Examples
  ) -> SupervisedData {
    var generator = RandomStream.trainingData.generator(seed: seed)
    var fresh = RandomStream.validationData.generator(seed: seed)
    var unseen = RandomStream.testData.generator(seed: seed)
    let testCount = TaskOptions.testCount(test, of: trainingCount + validationCount)
    return SupervisedData(
      training: examples(trainingCount, &generator), validation: examples(validationCount, &fresh),
      test: testCount > 0 ? examples(testCount, &unseen) : nil, target: target,
      vocabulary: vocabulary, encoder: encoder, pixels: pixels)
  }
}
