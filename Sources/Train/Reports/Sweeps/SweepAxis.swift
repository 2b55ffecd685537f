import Training

/// The axis of a setting of a sweep, or of the loss: numbers, or values side by side.
struct SweepAxis {
  /// The name of the setting.
  let name: String
  /// The labels with their positions from 0 to 1.
  let ticks: [(position: Double, text: String)]
  private let numbers: PlotAxis?
  /// Up to so many numbers have each its label.
  private static let labelCount = 7
  private let values: [String]

  /// Creates the axis of values as one types them.
  init(_ name: String, _ values: [String]) {
    let distinct = values.enumerated().filter { !values[..<$0].contains($1) }.map(\.element)
    let numbers = distinct.compactMap { Double($0) }
    if numbers.count == distinct.count, Set(numbers).count > 1 {
      self.init(name, numbers: numbers)
    } else {
      let values = distinct.sorted()
      let count = Double(values.count)
      self.init(
        name: name, ticks: values.enumerated().map { ((Double($0) + 0.5) / count, $1) },
        numbers: nil, values: values)
    }
  }

  /// Creates the axis of numbers.
  init(_ name: String, numbers: [Double]) {
    let axis = PlotAxis(showing: numbers, tickCount: 5, logarithmic: true, leastRatio: 8)
    let distinct = Set(numbers).sorted()
    let ticks = distinct.count <= Self.labelCount ? distinct : axis.ticks
    self.init(
      name: name, ticks: ticks.map { (axis.position(of: $0), Format.number($0)) },
      numbers: axis, values: [])
  }

  private init(
    name: String, ticks: [(position: Double, text: String)], numbers: PlotAxis?, values: [String]
  ) {
    (self.name, self.ticks, self.numbers, self.values) = (name, ticks, numbers, values)
  }

  /// The position of a value from 0 to 1.
  func position(of value: String) -> Double {
    if let numbers { return numbers.position(of: Double(value) ?? .nan) }
    return (Double(values.firstIndex(of: value) ?? 0) + 0.5) / Double(values.count)
  }

  /// The position of a number from 0 to 1.
  func position(of number: Double) -> Double { numbers?.position(of: number) ?? 0 }
}
