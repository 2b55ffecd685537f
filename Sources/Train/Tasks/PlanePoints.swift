import Tensor
import Training

/// Points of the plane in two classes, generated from a seed.
///
/// Training, validation and test points come from separate streams of random numbers, so the
/// validation and test points are new to the model.
protocol PlanePoints: TrainingTask {
  /// The names of the two classes.
  static var classes: [String] { get }
  /// The standard deviation of the noise along each axis.
  static var noise: Double { get }
  /// The number of test points as a fraction of the others.
  var test: Double { get }
  /// Draws a point of a class without its noise.
  static func point(ofClass label: Int, _ generator: inout RandomGenerator) -> (
    x: Double, y: Double
  )
}

extension PlanePoints {
  var targetName: String? { "class" }

  static var models: [String] { ["mlp"] }
  static var options: [any AnyOption] { [TaskOptions.loss, TaskOptions.test] }

  static func setDefaults(_ defaults: inout TrainingDefaults, model: String) {
    defaults.model["activation"] = "tanh"
  }

  func resolve(_ values: inout OptionValues, _ data: TaskData) throws {
    try TaskOptions.resolveLoss(&values, .classes(Self.classes))
  }

  func data(seed: UInt64) -> TaskData {
    .examples(data(seed: seed, trainingPoints: 1000, validationPoints: 500))
  }

  /// The data of a seed with so many points.
  func data(seed: UInt64, trainingPoints: Int, validationPoints: Int) -> SupervisedData {
    generated(
      seed: seed, trainingPoints, validationPoints, test: test, target: .classes(Self.classes),
      encoder: FeatureEncoder(numbers: ["x", "y"])
    ) {
      Self.examples($0, &$1)
    }
  }

  private static func examples(_ count: Int, _ generator: inout RandomGenerator)
    -> SupervisedData.Examples
  {
    var features: [Float] = []
    var classes: [Int32] = []
    for index in 0..<count {
      // Alternating keeps the classes equally large.
      let label = index % 2
      var point = point(ofClass: label, &generator)
      point.x += noise * generator.normal()
      point.y += noise * generator.normal()
      features += [Float(point.x), Float(point.y)]
      classes.append(Int32(label))
    }
    return SupervisedData.Examples(features: features, columns: 2, targets: .classes(classes))
  }
}
