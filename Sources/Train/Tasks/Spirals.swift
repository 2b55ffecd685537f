import CLibrary
import Tensor

/// Two interleaved spiral arms of one and a half turns.
struct Spirals: PlanePoints {
  static let name = "spirals"
  static let summary = "two spiral arms in the plane, 2 classes"
  static let classes = ["first arm", "second arm"]
  static let noise = 0.015

  let test: Double

  init(_ values: OptionValues) { test = values[TaskOptions.test] }

  static func point(
    ofClass label: Int, _ generator: inout RandomGenerator
  ) -> (x: Double, y: Double) {
    // The square root spreads the points evenly along the arm, whose length grows with the angle.
    let turn = generator.uniform(in: 0..<1).squareRoot()
    let angle = 3 * .pi * turn
    let sign = label == 0 ? 1.0 : -1.0
    return (sign * turn * cos(angle), sign * turn * sin(angle))
  }
}
