import CLibrary
import Tensor
import Training

/// A noisy sine wave, two periods long.
struct Sine: TrainingTask {
  static let name = "sine"
  static let summary = "a noisy sine wave, a regression from 1 feature"
  static let models = ["mlp"]
  static let options: [any AnyOption] = [TaskOptions.test]

  static func setDefaults(_ defaults: inout TrainingDefaults, model: String) {
    defaults.model["activation"] = "tanh"
  }

  var targetName: String? { "y" }

  private let test: Double

  init(_ values: OptionValues) { test = values[TaskOptions.test] }

  func data(seed: UInt64) -> TaskData {
    .examples(data(seed: seed, trainingPoints: 1000, validationPoints: 500))
  }

  /// The data of a seed with so many points.
  func data(seed: UInt64, trainingPoints: Int, validationPoints: Int) -> SupervisedData {
    generated(
      seed: seed, trainingPoints, validationPoints, test: test,
      target: .number(mean: 0, deviation: 1),
      encoder: FeatureEncoder(numbers: ["x"])
    ) { count, generator in
      let points = (0..<count).map { _ in
        let x = generator.uniform(in: -1..<1)
        return (x: x, y: sin(2 * .pi * x) + 0.1 * generator.normal())
      }
      return SupervisedData.Examples(
        features: points.map { Float($0.x) }, columns: 1,
        targets: .values(points.map { Float($0.y) }))
    }
  }
}
