import Tensor

/// A division of rows into training rows and validation rows, and perhaps test rows.
///
/// ```swift
/// let split = DataSplit(rows: 150, classes: labels, validation: 0.2, generator: &generator)
/// let (training, validation) = split.examples(x, y)
/// ```
/// ``Folds`` are several such divisions.
public struct DataSplit: Sendable, Equatable {
  /// The indices of the rows to train on, in ascending order.
  public let training: [Int]
  /// The indices of the rows to validate on, in ascending order.
  public let validation: [Int]
  /// The indices of the rows that are kept apart from both, in ascending order; usually none.
  public let test: [Int]

  /// Creates a split with given rows.
  public init(training: [Int], validation: [Int], test: [Int] = []) {
    self.training = training.sorted()
    self.validation = validation.sorted()
    self.test = test.sorted()
  }

  /// Draws a fraction of the rows for validation, with at least one row on each side, and perhaps a
  /// fraction for a test.
  ///
  /// With classes the split is stratified: each class gives its share of the validation rows,
  /// rounded so that the total is right, and keeps at least one row for training. A class with a
  /// single row is for training only, one with two gives none for a test.
  ///
  /// - Parameters:
  ///   - rows: The number of rows.
  ///   - classes: The class of each row, to stratify by.
  ///   - fraction: The fraction of the rows to validate on.
  ///   - testFraction: The fraction of the rows to keep apart for a test, which are the same for
  ///     every `validation`. With 0, the default, the other rows are split as if there were no such
  ///     parameter.
  ///   - generator: The source of randomness.
  public init(
    rows: Int, classes: [Int32]? = nil, validation fraction: Double = 0.2,
    test testFraction: Double = 0, generator: inout RandomGenerator
  ) {
    let order = generator.permutation(of: rows)
    var strata: [[Int]] = [order]
    if let classes {
      require(
        classes.count == rows,
        "DataSplit: \(classes.count) classes for"
          + " \(counted(rows, "row"))")
      if let lowest = classes.min() {
        require(lowest >= 0, "DataSplit: a class must be at least 0, got \(lowest)")
      }
      strata = Array(repeating: [], count: Int(classes.max() ?? 0) + 1)
      for row in order { strata[Int(classes[row])].append(row) }
    }
    let sizes = strata.map(\.count)
    // One row of each class is left to validate on, and one to train on.
    let tested =
      testFraction > 0
      ? Self.counts(of: testFraction, in: sizes, limits: sizes.map { max($0 - 2, 0) })
      : sizes.map { _ in 0 }
    let validated = Self.counts(
      of: fraction, in: sizes, limits: zip(sizes, tested).map { max($0 - $1 - 1, 0) })
    let rest = zip(strata, tested).map { $0.dropFirst($1) }
    self.init(
      training: zip(rest, validated).flatMap { $0.dropFirst($1) },
      validation: zip(rest, validated).flatMap { $0.prefix($1) },
      test: zip(strata, tested).flatMap { $0.prefix($1) })
  }

  /// Returns how many rows each stratum gives, so that together they are a fraction of all, at
  /// least one row, as far as the limits allow.
  private static func counts(of fraction: Double, in sizes: [Int], limits: [Int]) -> [Int] {
    var counts = zip(sizes, limits).map { min(Int(Double($0) * fraction), $1) }
    // What rounding down left over is given to the classes that lost the largest share.
    let wanted = max(Int((Double(sizes.reduce(0, +)) * fraction).rounded()), 1)
    while counts.reduce(0, +) < wanted {
      let open = sizes.indices.filter { counts[$0] < limits[$0] }
      let lost = { (stratum: Int) in
        Double(sizes[stratum]) * fraction - Double(counts[stratum])
      }
      guard let next = open.max(by: { lost($0) < lost($1) }) else { break }
      counts[next] += 1
    }
    return counts
  }

  /// Takes the last rows for validation, as for a time series, with at least one row on each side.
  ///
  /// - Parameters:
  ///   - rows: The number of rows, in the order of time.
  ///   - fraction: The fraction of the rows to validate on.
  public init(orderedRows rows: Int, validation fraction: Double = 0.2) {
    let wanted = min(max(Int((Double(rows) * fraction).rounded()), 1), rows - 1)
    self.init(
      training: Array(0..<max(rows - wanted, 0)), validation: Array(max(rows - wanted, 0)..<rows))
  }

  /// Returns the inputs and targets of the training rows, and those of the validation rows.
  public func examples(_ x: Tensor, _ y: Tensor) -> SplitExamples {
    func part(_ rows: [Int]) -> (inputs: Tensor, targets: Tensor) {
      (Gathering.rows(x, at: rows), Gathering.rows(y, at: rows))
    }
    return (part(training), part(validation))
  }
}

/// The inputs and targets to train on, and those to validate on.
public typealias SplitExamples = (
  training: (inputs: Tensor, targets: Tensor), validation: (inputs: Tensor, targets: Tensor)
)

/// Draws a fraction of the examples for validation.
///
/// ```swift
/// let (training, validation) = split(x, y, validation: 0.2, using: &generator)
/// try fit(model, training.inputs, training.targets, validation: validation)
/// ```
///
/// - Parameters:
///   - x: The inputs, with examples along the first axis.
///   - y: The targets.
///   - fraction: The fraction of the examples to validate on, between 0 and 1; at least one example
///     is on each side.
///   - stratified: Whether each class gives its share of the validation examples, if the targets
///     are int32 `[n]`; see ``DataSplit``.
///   - generator: The source of randomness.
/// - Returns: The examples to train on and to validate on, each with inputs and targets.
public func split(
  _ x: Tensor, _ y: Tensor, validation fraction: Double = 0.2, stratified: Bool = true,
  using generator: inout RandomGenerator
) -> SplitExamples {
  split(
    x, y, validation: fraction, stratified: stratified, using: &generator, caller: "split")
}

func split(
  _ x: Tensor, _ y: Tensor, validation fraction: Double, stratified: Bool = true,
  using generator: inout RandomGenerator, caller: StaticString
) -> SplitExamples {
  require(
    x.rank > 0 && y.rank > 0 && x.shape[0] == y.shape[0] && x.shape[0] > 1,
    "\(caller): inputs of shape \(x.shape) and targets of shape \(y.shape) must have the same"
      + " number of examples, at least 2, along axis 0")
  require(
    fraction > 0 && fraction < 1,
    "\(caller): the fraction to validate on must be between 0 and 1, got \(fraction)")
  let hasClasses = stratified && y.dtype == .int32 && y.rank == 1
  let classes = hasClasses ? y.scalars(as: Int32.self) : nil
  let split = DataSplit(
    rows: x.shape[0], classes: classes.flatMap { $0.contains { $0 < 0 } ? nil : $0 },
    validation: fraction, generator: &generator)
  return split.examples(x, y)
}
