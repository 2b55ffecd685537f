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
    // A class with a single row is for training only.
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

  struct TestCase: Sendable {
    /// The number of rows of each class.
    let classes: [Int]
    let validation: Double
    let test: Double
    /// The numbers of rows in the parts.
    let counts: [Int]
  }

  @Test(arguments: [
    TestCase(classes: [50, 50, 50], validation: 0.2, test: 0.1, counts: [105, 30, 15]),
    TestCase(classes: [7, 13], validation: 0.25, test: 0.25, counts: [10, 5, 5]),
    // Each part has a row, however small its fraction.
    TestCase(classes: [30], validation: 0.001, test: 0.001, counts: [28, 1, 1]),
    TestCase(classes: [20], validation: 0.5, test: 0.49, counts: [1, 9, 10]),
    // Classes with one or two rows have none for a test.
    TestCase(classes: [1, 2, 17], validation: 0.2, test: 0.2, counts: [12, 4, 4]),
    TestCase(classes: [2, 2, 2, 2, 2], validation: 0.2, test: 0.2, counts: [8, 2, 0]),
  ])
  func testRowsAreKeptApart(_ sample: TestCase) {
    let labels = sample.classes.enumerated().flatMap { index, count in
      Array(repeating: Int32(index), count: count)
    }
    func split(validation: Double, seed: UInt64) -> DataSplit {
      var generator = RandomGenerator(seed: seed)
      return DataSplit(
        rows: labels.count, classes: labels, validation: validation, test: sample.test,
        generator: &generator)
    }
    for seed in 0..<5 as Range<UInt64> {
      let parts = split(validation: sample.validation, seed: seed)
      #expect(
        [parts.training.count, parts.validation.count, parts.test.count] == sample.counts)
      #expect(
        (parts.training + parts.validation + parts.test).sorted() == Array(labels.indices))
      for label in labels where sample.classes[Int(label)] <= 2 {
        #expect(!parts.test.contains { labels[$0] == label })
      }
      #expect(split(validation: 0.3, seed: seed).test == parts.test)
    }
  }
}
