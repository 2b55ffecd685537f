import Training
import Foundation
import Tensor

/// A small task whose data is generated from a seed.
///
/// Training and validation points come from separate streams of random numbers, so the validation
/// points are fresh ones.
enum ToyTask: String, Codable, Sendable, CaseIterable {
  /// Two interleaved spiral arms of one and a half turns.
  case spirals
  /// Two interleaved half circles.
  case moons
  /// Four clouds around the corners of a square; opposite corners share a class.
  case xor
  /// A noisy sine wave, two periods long.
  case sine

  /// One line for a user who chooses a task.
  var summary: String {
    switch self {
    case .spirals: "two spiral arms in the plane, 2 classes"
    case .moons: "two half circles in the plane, 2 classes"
    case .xor: "four clouds, opposite corners alike, 2 classes"
    case .sine: "a noisy sine wave, a regression from 1 feature"
    }
  }

  /// The data that a seed stands for.
  func data(
    seed: UInt64, trainingPoints: Int = 1000, validationPoints: Int = 500
  ) -> SupervisedData {
    var generator = RandomStream.trainingData.generator(seed: seed)
    var fresh = RandomStream.validationData.generator(seed: seed)
    return SupervisedData(
      training: examples(trainingPoints, &generator),
      validation: examples(validationPoints, &fresh), target: target)
  }

  private var target: TargetEncoding {
    switch self {
    case .spirals: .classes(["first arm", "second arm"])
    case .moons: .classes(["upper", "lower"])
    case .xor: .classes(["same", "different"])
    case .sine: .number(mean: 0, deviation: 1)
    }
  }

  private func examples(_ count: Int, _ generator: inout RandomGenerator) -> SupervisedData.Examples {
    if self == .sine {
      let points = (0..<count).map { _ in sinePoint(&generator) }
      return SupervisedData.Examples(
        features: points.map { Float($0.x) }, columns: 1,
        targets: .values(points.map { Float($0.y) }))
    }
    var features: [Float] = []
    var classes: [Int32] = []
    for index in 0..<count {
      // Taking turns keeps the classes equally large.
      let (x, y, label) = labelledPoint(index, &generator)
      features += [Float(x), Float(y)]
      classes.append(label)
    }
    return SupervisedData.Examples(features: features, columns: 2, targets: .classes(classes))
  }

  private func sinePoint(_ generator: inout RandomGenerator) -> (x: Double, y: Double) {
    let x = generator.uniform(in: -1..<1)
    return (x, sin(2 * .pi * x) + 0.1 * generator.normal())
  }

  private func labelledPoint(
    _ index: Int, _ generator: inout RandomGenerator
  ) -> (x: Double, y: Double, label: Int32) {
    let label = index % 2
    let sign = label == 0 ? 1.0 : -1.0
    var point: (x: Double, y: Double)
    let noise: Double
    switch self {
    case .spirals, .sine:
      // The square root spreads the points evenly along the arm, whose length grows with the angle.
      let turn = generator.uniform(in: 0..<1).squareRoot()
      let angle = 3 * .pi * turn
      point = (sign * turn * cos(angle), sign * turn * sin(angle))
      noise = 0.015
    case .moons:
      let angle = generator.uniform(in: 0..<(.pi))
      point = label == 0 ? (cos(angle), sin(angle)) : (1 - cos(angle), 0.5 - sin(angle))
      noise = 0.1
    case .xor:
      let side = generator.integer(below: 2) == 0 ? 1.0 : -1.0
      point = (side, side * sign)
      noise = 0.25
    }
    point.x += noise * generator.normal()
    point.y += noise * generator.normal()
    return (point.x, point.y, Int32(label))
  }
}
