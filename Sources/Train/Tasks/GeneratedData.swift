import Tensor
import Training

extension TrainingTask {
  /// Generated data: training and validation examples, each from a stream of its own.
  func generated(
    seed: UInt64, _ trainingCount: Int, _ validationCount: Int, target: TargetEncoding,
    vocabulary: Vocabulary? = nil, encoder: FeatureEncoder? = nil, pixels: PixelScale? = nil,
    examples: (Int, inout RandomGenerator) -> SupervisedData.Examples
  ) -> SupervisedData {
    var generator = RandomStream.trainingData.generator(seed: seed)
    var fresh = RandomStream.validationData.generator(seed: seed)
    return SupervisedData(
      training: examples(trainingCount, &generator), validation: examples(validationCount, &fresh),
      target: target, vocabulary: vocabulary, encoder: encoder, pixels: pixels)
  }
}
