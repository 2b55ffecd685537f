import CKernels

/// Runs the kernels of batch, group and instance norm, in one pass for the statistics and one for
/// the result.
///
/// The input is cut into rows of `columns` elements. Each row belongs to a group, whose mean and
/// variance normalize it, and to a channel, which has a weight and a bias.
package struct GroupKernels: @unchecked Sendable {
  // Unchecked because of the pointer, which points to a constant table.
  private let kernels: UnsafePointer<ck_groups>
  /// The input, one row after another.
  private let x: Tensor
  private let rows: Int
  private let columns: Int
  private let groupOfRow: [Int]
  private let channelOfRow: [Int]
  /// A number near the mean of each group, a number of the dtype of the input.
  private let centers: [Double]
  /// The difference between the mean and the center of each group.
  private let errors: [Double]
  private let counts: [Double]

  /// The biased variance of each group.
  package let variances: [Double]
  /// The mean of each group.
  package var means: [Double] { zip(centers, errors).map(+) }

  /// Computes the statistics of the groups of the rows of a contiguous tensor.
  ///
  /// - Parameters:
  ///   - x: The elements, `groupOfRow.count` rows of equal length.
  ///   - groupOfRow: The number of the group of each row.
  ///   - channelOfRow: The number of the channel of each row.
  ///   - groups: The number of groups.
  package init(_ x: Tensor, groupOfRow: [Int], channelOfRow: [Int], groups: Int) {
    guard let kernels = ck_groups_for(Execution.current.kernels, x.dtype.code) else {
      fail("normalization: \(x.dtype.isUndefined)")
    }
    self.kernels = kernels
    self.x = x
    let rows = groupOfRow.count
    let columns = rows == 0 ? 0 : x.elementCount / rows
    (self.rows, self.columns) = (rows, columns)
    self.groupOfRow = groupOfRow
    self.channelOfRow = channelOfRow
    var counts = [Double](repeating: 0, count: groups)
    for group in groupOfRow { counts[group] += Double(columns) }
    self.counts = counts

    var starts = Self.firstMeans(x, rows, columns, groupOfRow, groups)
    var (errors, variances) = ([Double](), [Double]())
    for attempt in 0..<2 {
      let rowCenters = Self.numbers(groupOfRow.map { starts[$0] }, x.dtype)
      let sums = Self.sums(rows, columns) { first, count, target in
        kernels.pointee.sums(
          Self.address(x, first * columns), Self.address(rowCenters, first), target, count, columns)
      }
      var (totals, squares) = (
        [Double](repeating: 0, count: groups), [Double](repeating: 0, count: groups)
      )
      for (row, group) in groupOfRow.enumerated() {
        totals[group] += sums[2 * row]
        squares[group] += sums[2 * row + 1]
      }
      errors = zip(totals, counts).map(/)
      let lost = zip(errors, totals).map(*)
      variances = (0..<groups).map {
        let sum = squares[$0] - lost[$0]
        return (sum < 0 ? 0 : sum) / counts[$0]
      }
      // Where a center is so far off that the subtraction cancels digits, all are moved once.
      let isExact = (0..<groups).allSatisfy { !(lost[$0] * 64 > squares[$0]) }
      if isExact || attempt == 1 { break }
      starts = zip(starts, errors).map { Self.rounded($0 + $1, x.dtype) }
    }
    (centers, self.errors, self.variances) = (starts, errors, variances)
  }

  /// Uses given statistics of the groups.
  package init(
    _ x: Tensor, groupOfRow: [Int], channelOfRow: [Int], means: [Double], variances: [Double]
  ) {
    guard let kernels = ck_groups_for(Execution.current.kernels, x.dtype.code) else {
      fail("normalization: \(x.dtype.isUndefined)")
    }
    self.kernels = kernels
    self.x = x
    rows = groupOfRow.count
    columns = rows == 0 ? 0 : x.elementCount / rows
    self.groupOfRow = groupOfRow
    self.channelOfRow = channelOfRow
    centers = means.map { Self.rounded($0, x.dtype) }
    errors = zip(means, centers).map(-)
    counts = means.map { _ in 1 }
    self.variances = variances
  }

  /// Returns (x − mean)/√(variance + ε) · weight + bias.
  package func normalized(weight: [Double], bias: [Double], epsilon: Double) -> Tensor {
    let scales = variances.map { 1 / ($0 + epsilon).squareRoot() }
    let factors = perRow { scales[$0] * weight[$1] }
    let shifts = perRow { bias[$1] - errors[$0] * scales[$0] * weight[$1] }
    let result = Tensor(uninitialized: x.shape, dtype: x.dtype)
    let centers = perRow { group, _ in self.centers[group] }
    forEachRows { first, count in
      kernels.pointee.map(
        Self.address(x, first * columns), Self.address(centers, first),
        Self.address(factors, first), Self.address(shifts, first),
        Self.address(result, first * columns), count, columns)
    }
    return result
  }

  /// Returns the gradients with respect to x, the weight and the bias, given that of the result.
  package func gradients(
    _ dy: Tensor, weight: [Double], epsilon: Double
  ) -> (x: Tensor, weight: [Double], bias: [Double]) {
    let dy = dy.contiguous
    let centers = perRow { group, _ in self.centers[group] }
    let sums = Self.sums(rows, columns) { first, count, target in
      kernels.pointee.products(
        Self.address(dy, first * columns), Self.address(x, first * columns),
        Self.address(centers, first), target, count, columns)
    }
    // With z = scale · (x − center − error): sums of dy and dy · z by channel, and of w · dy and
    // w · dy · z by group.
    let scales = variances.map { 1 / ($0 + epsilon).squareRoot() }
    var (dWeight, dBias) = (weight.map { _ in 0.0 }, weight.map { _ in 0.0 })
    var (sum, product) = (scales.map { _ in 0.0 }, scales.map { _ in 0.0 })
    for row in 0..<rows {
      let (group, channel) = (groupOfRow[row], channelOfRow[row])
      let along = scales[group] * (sums[2 * row + 1] - errors[group] * sums[2 * row])
      dBias[channel] += sums[2 * row]
      dWeight[channel] += along
      sum[group] += weight[channel] * sums[2 * row]
      product[group] += weight[channel] * along
    }
    // dx = scale · (w · dy − mean(w · dy) − z · mean(w · dy · z))
    let slopes = scales.indices.map { -scales[$0] * scales[$0] * product[$0] / counts[$0] }
    let factors = perRow { scales[$0] * weight[$1] }
    let rowSlopes = perRow { group, _ in slopes[group] }
    let shifts = perRow { group, _ in
      -scales[group] * sum[group] / counts[group] - slopes[group] * errors[group]
    }
    let dx = Tensor(uninitialized: x.shape, dtype: x.dtype)
    forEachRows { first, count in
      kernels.pointee.gradient(
        Self.address(dy, first * columns), Self.address(x, first * columns),
        Self.address(centers, first), Self.address(factors, first),
        Self.address(rowSlopes, first), Self.address(shifts, first),
        Self.address(dx, first * columns), count, columns)
    }
    return (dx, dWeight, dBias)
  }

  /// A number for each row, in the dtype of the input.
  private func perRow(_ number: (_ group: Int, _ channel: Int) -> Double) -> Tensor {
    Self.numbers((0..<rows).map { number(groupOfRow[$0], channelOfRow[$0]) }, x.dtype)
  }

  private func forEachRows(_ body: (_ first: Int, _ count: Int) -> Void) {
    forEachChunk(of: rows, grain: Grain.items(Grain.rowElements, each: columns)) {
      body($0.lowerBound, $0.count)
    }
  }

  private static func sums(
    _ rows: Int, _ columns: Int, _ body: (Int, Int, UnsafeMutablePointer<Double>) -> Void
  ) -> [Double] {
    [Double](unsafeUninitializedCapacity: 2 * rows) { buffer, count in
      count = 2 * rows
      guard let target = buffer.baseAddress else { return }
      forEachChunk(of: rows, grain: Grain.items(Grain.rowElements, each: columns)) {
        body($0.lowerBound, $0.count, target + 2 * $0.lowerBound)
      }
    }
  }

  /// The mean of the first elements of each group, as a number near the mean of all.
  private static func firstMeans(
    _ x: Tensor, _ rows: Int, _ columns: Int, _ groupOfRow: [Int], _ groups: Int
  ) -> [Double] {
    var means = [Double?](repeating: nil, count: groups)
    let count = Swift.min(columns, 256)
    guard count > 0, let kernel = ck_reduce(Execution.current.kernels, CK_REDUCE_SUM, x.dtype.code)
    else { return means.map { $0 ?? 0 } }
    let sum = Tensor(uninitialized: [], dtype: x.dtype)
    for (row, group) in groupOfRow.enumerated() where means[group] == nil {
      kernel(address(x, row * columns), 1, count, sum.pointer)
      let mean = rounded(sum.scalar() / Double(count), x.dtype)
      means[group] = mean.isFinite ? mean : 0
    }
    return means.map { $0 ?? 0 }
  }

  private static func rounded(_ number: Double, _ dtype: DType) -> Double {
    dtype == .float32 ? Double(Float(number)) : number
  }

  private static func numbers(_ values: [Double], _ dtype: DType) -> Tensor {
    Tensor(values, shape: [values.count], dtype: dtype)
  }

  private static func address(_ x: Tensor, _ element: Int) -> UnsafeMutableRawPointer {
    x.pointer + element * x.dtype.byteCount
  }
}
