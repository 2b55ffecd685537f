import Tensor

/// A random division of rows into training rows and validation rows.
public struct DataSplit: Sendable, Equatable {
  /// The indices of the rows to train on, in ascending order.
  public let training: [Int]
  /// The indices of the rows to validate on, in ascending order.
  public let validation: [Int]

  /// Draws a fraction of the rows for validation, with at least one row on each side.
  ///
  /// With classes the split is stratified: each class gives its share of the validation rows,
  /// rounded so that the total is right, and keeps at least one row for training. A class with a
  /// single row is for training only.
  ///
  /// - Parameters:
  ///   - rows: The number of rows.
  ///   - classes: The class of each row, to stratify by.
  ///   - fraction: The fraction of the rows to validate on.
  ///   - generator: The source of randomness.
  public init(
    rows: Int, classes: [Int32]? = nil, validation fraction: Double = 0.2,
    generator: inout RandomGenerator
  ) {
    let order = generator.permutation(of: rows)
    var strata: [[Int]] = [order]
    if let classes {
      require(
        classes.count == rows, "DataSplit: \(classes.count) classes do not fit \(rows) rows")
      strata = Array(repeating: [], count: Int(classes.max() ?? 0) + 1)
      for row in order { strata[Int(classes[row])].append(row) }
    }
    var counts = strata.map { min(Int(Double($0.count) * fraction), max($0.count - 1, 0)) }
    // What rounding down left over is given to the classes that lost the largest share.
    let wanted = min(max(Int((Double(rows) * fraction).rounded()), 1), rows - 1)
    while counts.reduce(0, +) < wanted {
      let open = strata.indices.filter { counts[$0] < strata[$0].count - 1 }
      let lost = { (stratum: Int) in
        Double(strata[stratum].count) * fraction - Double(counts[stratum])
      }
      guard let next = open.max(by: { lost($0) < lost($1) }) else { break }
      counts[next] += 1
    }
    self.validation = zip(strata, counts).flatMap { $0.prefix($1) }.sorted()
    training = zip(strata, counts).flatMap { $0.dropFirst($1) }.sorted()
  }
}
