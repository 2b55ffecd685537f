import TestSupport
import Testing

struct DataSplitTests {
  struct Case: Sendable {
    /// The number of rows of each class.
    let classes: [Int]
    let fraction: Double
    /// The number of validation rows that each class gives.
    let validation: [Int]
  }

  @Test(arguments: [
    Case(classes: [50, 50, 50], fraction: 0.2, validation: [10, 10, 10]),
    Case(classes: [59, 71, 48], fraction: 0.2, validation: [12, 14, 10]),
    // A single row trains only.
    Case(classes: [10, 1, 9], fraction: 0.2, validation: [2, 0, 2]),
    // At least one row on each side.
    Case(classes: [10, 10], fraction: 0.001, validation: [1, 0]),
    Case(classes: [5, 5], fraction: 0.999, validation: [4, 4]),
  ])
  func eachClassGivesItsShare(_ sample: Case) {
    let labels = sample.classes.enumerated().flatMap { index, count in
      Array(repeating: Int32(index), count: count)
    }
    for seed in 0..<5 as Range<UInt64> {
      var generator = RandomGenerator(seed: seed)
      let split = DataSplit(
        rows: labels.count, classes: labels, validation: sample.fraction, generator: &generator)
      #expect((split.training + split.validation).sorted() == Array(labels.indices))
      let counts = sample.classes.indices.map { index in
        split.validation.count { labels[$0] == Int32(index) }
      }
      #expect(counts.reduce(0, +) == sample.validation.reduce(0, +))
      #expect(counts.sorted() == sample.validation.sorted())
    }
  }

  @Test(arguments: [0.2, 0.001, 0.999]) func withoutClassesRowsAreDrawnAtRandom(fraction: Double) {
    var generator = RandomGenerator(seed: 7)
    let split = DataSplit(rows: 30, validation: fraction, generator: &generator)
    #expect((split.training + split.validation).sorted() == Array(0..<30))
    #expect(split.validation.count == min(max(Int((30 * fraction).rounded()), 1), 29))
  }
}
