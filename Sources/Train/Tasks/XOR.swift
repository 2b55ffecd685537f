import Tensor

/// Four clouds around the corners of a square; opposite corners share a class.
struct XOR: PlanePoints {
  static let name = "xor"
  static let summary = "four clouds, opposite corners alike, 2 classes"
  static let classes = ["same", "different"]
  static let noise = 0.25

  let test: Double

  init(_ values: OptionValues) { test = values[TaskOptions.test] }

  static func point(
    ofClass label: Int, _ generator: inout RandomGenerator
  ) -> (x: Double, y: Double) {
    let side = generator.integer(below: 2) == 0 ? 1.0 : -1.0
    return (side, label == 0 ? side : -side)
  }
}
