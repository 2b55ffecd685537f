import Tensor

/// Which rows train and which validate.
package struct Split: Sendable, Equatable {
  package let training: [Int]
  package let validation: [Int]

  /// Draws a fraction of the rows for validation, at least one row on each side.
  ///
  /// With classes the draw is stratified: each class gives its share, rounded so that the total is
  /// right, and keeps at least one row for training; so a class with a single row trains only.
  package init(
    rows: Int, classes: [Int32]? = nil, fraction: Double, generator: inout RandomGenerator
  ) {
    let order = generator.permutation(of: rows)
    var strata: [[Int]] = [order]
    if let classes {
      strata = Array(repeating: [], count: Int(classes.max() ?? 0) + 1)
      for row in order { strata[Int(classes[row])].append(row) }
    }
    var counts = strata.map { min(Int(Double($0.count) * fraction), max($0.count - 1, 0)) }
    // What rounding down left over goes where the lost share is largest.
    let wanted = min(max(Int((Double(rows) * fraction).rounded()), 1), rows - 1)
    while counts.reduce(0, +) < wanted {
      let open = strata.indices.filter { counts[$0] < strata[$0].count - 1 }
      let lost = { (stratum: Int) in
        Double(strata[stratum].count) * fraction - Double(counts[stratum])
      }
      guard let next = open.max(by: { lost($0) < lost($1) }) else { break }
      counts[next] += 1
    }
    validation = zip(strata, counts).flatMap { $0.prefix($1) }.sorted()
    training = zip(strata, counts).flatMap { $0.dropFirst($1) }.sorted()
  }
}
