import CLibrary
import Tensor

/// Two interleaved half circles.
struct Moons: PlanePoints {
  static let name = "moons"
  static let summary = "two half circles in the plane, 2 classes"
  static let classes = ["upper", "lower"]
  static let noise = 0.1

  let test: Double

  init(_ values: OptionValues) { test = values[TaskOptions.test] }

  static func point(
    ofClass label: Int, _ generator: inout RandomGenerator
  ) -> (x: Double, y: Double) {
    let angle = generator.uniform(in: 0..<(.pi))
    return label == 0 ? (cos(angle), sin(angle)) : (1 - cos(angle), 0.5 - sin(angle))
  }
}
