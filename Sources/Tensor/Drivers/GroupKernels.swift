import CKernels

/// The rows, or the columns, of a contiguous tensor that are normalized.
///
/// Each belongs to a group, whose mean and variance normalize it, and to a channel, which has a
/// weight and a bias.
package struct NormalizedLines: @unchecked Sendable {
  // Unchecked because of the pointer, which points to a constant table.
  fileprivate let kernels: UnsafePointer<ck_groups>
  fileprivate let x: Tensor
  private let rows: Int
  private let columns: Int
  private let areColumns: Bool
  /// The numbers of the groups and of the channels of the lines.
  fileprivate let groups: [Int]
  fileprivate let channels: [Int]
  /// The number of elements of a line.
  fileprivate var length: Int { areColumns ? rows : columns }

  /// The rows of a tensor, as many as there are numbers of groups and of channels.
  package init(rowsOf x: Tensor, groups: [Int], channels: [Int]) {
    self.init(
      x, groups.count, groups.isEmpty ? 0 : x.elementCount / groups.count, areColumns: false,
      groups, channels)
  }

  /// The columns of a tensor [rows, columns, 1 …], each of which is a group and a channel.
  package init(columnsOf x: Tensor) {
    let columns = Array(0..<x.shape[1])
    self.init(x, x.shape[0], columns.count, areColumns: true, columns, columns)
  }

  private init(
    _ x: Tensor, _ rows: Int, _ columns: Int, areColumns: Bool, _ groups: [Int], _ channels: [Int]
  ) {
    guard let kernels = ck_groups_for(Execution.current.kernels, x.dtype.code, areColumns ? 1 : 0)
    else { fail("normalization: \(x.dtype.isUndefined)") }
    self.kernels = kernels
    self.x = x
    (self.rows, self.columns, self.areColumns) = (rows, columns, areColumns)
    (self.groups, self.channels) = (groups, channels)
  }

  /// Calls `body` for blocks of rows, with the position of the first element, the number of the
  /// first line, and the numbers of rows and columns.
  fileprivate func forEachBlock(_ body: (Int, Int, Int, Int) -> Void) {
    forEachChunk(of: rows, grain: Grain.items(Grain.rowElements, each: columns)) {
      body($0.lowerBound * columns, areColumns ? 0 : $0.lowerBound, $0.count, columns)
    }
  }

  /// Returns two sums for each line, which `body` writes for a block of rows.
  fileprivate func sums(
    _ body: (Int, Int, UnsafeMutablePointer<Double>, Int, Int) -> Void
  ) -> [Double] {
    let count = 2 * groups.count
    if !areColumns {
      return [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
        initialized = count
        guard let target = buffer.baseAddress else { return }
        forEachBlock { body($0, $1, target + 2 * $1, $2, $3) }
      }
    }
    // Each piece of rows has sums of its own, which are then added in order.
    let grain = Swift.max(Grain.items(Grain.rowElements, each: columns), (rows + 15) / 16)
    let pieces = (rows + grain - 1) / grain
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: pieces * count) { partial in
      guard let target = partial.baseAddress else { return [] }
      ThreadPool.run(tasks: pieces) { piece in
        let first = piece * grain
        body(first * columns, 0, target + piece * count, Swift.min(grain, rows - first), columns)
      }
      return [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
        initialized = count
        for i in 0..<count {
          var sum = 0.0
          for piece in 0..<pieces { sum += target[piece * count + i] }
          buffer[i] = sum
        }
      }
    }
  }

  /// The mean of the first elements of each group, as a number near the mean of all.
  fileprivate func firstMeans(ofGroups count: Int) -> [Double] {
    var means = [Double](repeating: 0, count: count)
    let length = Swift.min(length, areColumns ? 32 : 256)
    guard length > 0, columns > 0,
      let kernel = ck_reduce(Execution.current.kernels, CK_REDUCE_SUM, x.dtype.code),
      let rowsKernel = ck_reduce_rows(Execution.current.kernels, CK_REDUCE_SUM, x.dtype.code)
    else { return means }
    let sums = Tensor(uninitialized: [count], dtype: x.dtype)
    if areColumns {
      rowsKernel(x.pointer, columns, length, columns, sums.pointer)
    } else {
      var firstRows = [Int](repeating: 0, count: count)
      for (row, group) in groups.enumerated().reversed() { firstRows[group] = row }
      let (source, target, size) = (x.pointer, sums.pointer, x.dtype.byteCount)
      forEachChunk(of: count, grain: Grain.items(Grain.elements, each: length)) { range in
        for group in range {
          kernel(
            source + firstRows[group] * columns * size, 1, length, target + group * size)
        }
      }
    }
    for (group, sum) in sums.scalars(as: Double.self).enumerated() {
      let mean = rounded(sum / Double(length))
      means[group] = mean.isFinite ? mean : 0
    }
    return means
  }

  /// A number for each line, in the dtype of the input.
  fileprivate func vector(_ number: (_ group: Int, _ channel: Int) -> Double) -> Tensor {
    let values = groups.indices.map { number(groups[$0], channels[$0]) }
    return Tensor(values, shape: [values.count], dtype: x.dtype)
  }

  fileprivate func rounded(_ number: Double) -> Double {
    x.dtype == .float32 ? Double(Float(number)) : number
  }
}

/// Runs the kernels of batch, group and instance norm, in one pass for the statistics and one for
/// the result.
package struct GroupKernels: Sendable {
  private let lines: NormalizedLines
  /// A number near the mean of each group, a number of the dtype of the input.
  private let centers: [Double]
  /// The difference between the mean and the center of each group.
  private let errors: [Double]
  private let counts: [Double]

  /// The biased variance of each group.
  package let variances: [Double]
  /// The mean of each group.
  package var means: [Double] { zip(centers, errors).map(+) }

  /// Computes the statistics of so many groups of lines.
  package init(_ lines: NormalizedLines, groups: Int) {
    self.lines = lines
    var counts = [Double](repeating: 0, count: groups)
    for group in lines.groups { counts[group] += Double(lines.length) }
    self.counts = counts

    var starts = lines.firstMeans(ofGroups: groups)
    var (errors, variances) = ([Double](), [Double]())
    for attempt in 0..<2 {
      let lineCenters = lines.vector { group, _ in starts[group] }
      let sums = lines.sums { first, line, target, rows, columns in
        lines.kernels.pointee.sums(
          Self.address(lines.x, first), Self.address(lineCenters, line), target, rows, columns)
      }
      var (totals, squares) = (
        [Double](repeating: 0, count: groups), [Double](repeating: 0, count: groups)
      )
      for (line, group) in lines.groups.enumerated() {
        totals[group] += sums[2 * line]
        squares[group] += sums[2 * line + 1]
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
      starts = zip(starts, errors).map { lines.rounded($0 + $1) }
    }
    (centers, self.errors, self.variances) = (starts, errors, variances)
  }

  /// Uses given statistics of the groups.
  package init(_ lines: NormalizedLines, means: [Double], variances: [Double]) {
    self.lines = lines
    centers = means.map { lines.rounded($0) }
    errors = zip(means, centers).map(-)
    counts = means.map { _ in 1 }
    self.variances = variances
  }

  /// Returns (x − mean)/√(variance + ε) · weight + bias.
  package func normalized(weight: [Double], bias: [Double], epsilon: Double) -> Tensor {
    let scales = variances.map { 1 / ($0 + epsilon).squareRoot() }
    let factors = lines.vector { scales[$0] * weight[$1] }
    let shifts = lines.vector { bias[$1] - errors[$0] * scales[$0] * weight[$1] }
    let centers = lines.vector { group, _ in self.centers[group] }
    let result = Tensor(uninitialized: lines.x.shape, dtype: lines.x.dtype)
    lines.forEachBlock { first, line, rows, columns in
      lines.kernels.pointee.map(
        Self.address(lines.x, first), Self.address(centers, line), Self.address(factors, line),
        Self.address(shifts, line), Self.address(result, first), rows, columns)
    }
    return result
  }

  /// Returns the gradients with respect to x, the weight and the bias, given that of the result.
  package func gradients(
    _ dy: Tensor, weight: [Double], epsilon: Double
  ) -> (x: Tensor, weight: [Double], bias: [Double]) {
    let (dy, x) = (dy.contiguous, lines.x)
    let centers = lines.vector { group, _ in self.centers[group] }
    let sums = lines.sums { first, line, target, rows, columns in
      lines.kernels.pointee.products(
        Self.address(dy, first), Self.address(x, first), Self.address(centers, line), target, rows,
        columns)
    }
    // With z = scale · (x − center − error): sums of dy and dy · z by channel, and of w · dy and
    // w · dy · z by group.
    let scales = variances.map { 1 / ($0 + epsilon).squareRoot() }
    var (dWeight, dBias) = (weight.map { _ in 0.0 }, weight.map { _ in 0.0 })
    var (sum, product) = (scales.map { _ in 0.0 }, scales.map { _ in 0.0 })
    for line in lines.groups.indices {
      let (group, channel) = (lines.groups[line], lines.channels[line])
      let along = scales[group] * (sums[2 * line + 1] - errors[group] * sums[2 * line])
      dBias[channel] += sums[2 * line]
      dWeight[channel] += along
      sum[group] += weight[channel] * sums[2 * line]
      product[group] += weight[channel] * along
    }
    // dx = scale · (w · dy − mean(w · dy) − z · mean(w · dy · z))
    let slopes = scales.indices.map { -scales[$0] * scales[$0] * product[$0] / counts[$0] }
    let factors = lines.vector { scales[$0] * weight[$1] }
    let lineSlopes = lines.vector { group, _ in slopes[group] }
    let shifts = lines.vector { group, _ in
      -scales[group] * sum[group] / counts[group] - slopes[group] * errors[group]
    }
    let dx = Tensor(uninitialized: x.shape, dtype: x.dtype)
    lines.forEachBlock { first, line, rows, columns in
      lines.kernels.pointee.gradient(
        Self.address(dy, first), Self.address(x, first), Self.address(centers, line),
        Self.address(factors, line), Self.address(lineSlopes, line), Self.address(shifts, line),
        Self.address(dx, first), rows, columns)
    }
    return (dx, dWeight, dBias)
  }

  private static func address(_ x: Tensor, _ element: Int) -> UnsafeMutableRawPointer {
    x.pointer + element * x.dtype.byteCount
  }
}
