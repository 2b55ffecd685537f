import CKernels

/// The rows, or the columns, of a contiguous tensor that are normalized.
///
/// Each belongs to a group, whose mean and variance normalize it, and to a channel, which has a
/// weight and a bias. The lines of a group follow one another, and after the last channel comes the
/// first.
package struct NormalizedLines: @unchecked Sendable {
  // Unchecked because of the pointer, which points to a constant table.
  fileprivate let kernels: UnsafePointer<ck_groups>
  fileprivate let x: Tensor
  private let rows: Int
  private let columns: Int
  private let areColumns: Bool
  /// The number of lines from which on groups are counted again.
  fileprivate let period: Int
  /// The lines of a group within a period.
  private let linesPerGroup: Int
  private let channels: Int
  fileprivate var groups: Int { period / linesPerGroup }
  /// The number of periods.
  fileprivate var repeats: Int { areColumns ? 1 : rows / period }
  /// The number of elements of a group.
  fileprivate var groupSize: Int { repeats * linesPerGroup * (areColumns ? rows : columns) }

  /// So many rows of a tensor; by default all are one period.
  package init(
    rows: Int, of x: Tensor, period: Int? = nil, linesPerGroup: Int = 1, channels: Int
  ) {
    self.init(
      x, rows, rows == 0 ? 0 : x.elementCount / rows, areColumns: false, period ?? rows,
      linesPerGroup, channels)
  }

  /// The columns of a tensor [rows, columns, 1 …], each of which is a group and a channel.
  package init(columnsOf x: Tensor) {
    self.init(x, x.shape[0], x.shape[1], areColumns: true, x.shape[1], 1, x.shape[1])
  }

  private init(
    _ x: Tensor, _ rows: Int, _ columns: Int, areColumns: Bool, _ period: Int,
    _ linesPerGroup: Int, _ channels: Int
  ) {
    guard let kernels = ck_groups_for(Execution.current.kernels, x.dtype.code, areColumns ? 1 : 0)
    else { fail("normalization: \(x.dtype.isUndefined)") }
    self.kernels = kernels
    self.x = x
    (self.rows, self.columns, self.areColumns) = (rows, columns, areColumns)
    (self.period, self.linesPerGroup, self.channels) = (period, linesPerGroup, channels)
  }

  /// Calls `body` for the lines of a period, with the numbers of their groups and channels.
  @inline(__always)
  fileprivate func forEachLine(_ body: (_ line: Int, _ group: Int, _ channel: Int) -> Void) {
    var (line, channel) = (0, 0)
    for group in 0..<groups {
      for _ in 0..<linesPerGroup {
        body(line, group, channel)
        line += 1
        channel = channel + 1 == channels ? 0 : channel + 1
      }
    }
  }

  /// Rows that lie in one period.
  fileprivate struct Block {
    var row: Int
    /// The number of the first line in the period.
    var line: Int
    var rows: Int
    var columns: Int
    var element: Int { row * columns }
  }

  /// Calls `body` for blocks of rows.
  fileprivate func forEachBlock(_ body: (Block) -> Void) {
    forEachChunk(of: rows, each: columns, grain: Grain.rowElements) { range in
      var row = range.lowerBound
      while row < range.upperBound {
        let line = areColumns ? 0 : row % period
        let count = Swift.min(range.upperBound - row, areColumns ? rows : period - line)
        body(Block(row: row, line: line, rows: count, columns: columns))
        row += count
      }
    }
  }

  /// Returns two sums for each line of all periods, which `body` writes for a block of rows.
  fileprivate func sums(_ body: (Block, UnsafeMutablePointer<Double>) -> Void) -> [Double] {
    let count = 2 * (areColumns ? columns : rows)
    return [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
      initialized = count
      guard let target = buffer.baseAddress else { return }
      if !areColumns { return forEachBlock { body($0, target + 2 * $0.row) } }
      // Each piece of rows has sums of its own, which are then added in order. They should be much
      // fewer than the elements, but a wide matrix makes two pieces at least.
      let grain = Swift.max(
        Swift.min(32, (rows + 1) / 2), Grain.items(Grain.rowElements, each: columns, of: rows),
        (rows + 15) / 16)
      let pieces = (rows + grain - 1) / grain
      withScratch(of: Double.self, count: (pieces - 1) * count) { others in
        guard let others = others.baseAddress else { return }
        ThreadPool.run(tasks: pieces) { piece in
          let first = piece * grain
          let block = Block(
            row: first, line: 0, rows: Swift.min(grain, rows - first), columns: columns)
          body(block, piece == 0 ? target : others + (piece - 1) * count)
        }
        for piece in 0..<pieces - 1 {
          for i in 0..<count { target[i] += others[piece * count + i] }
        }
      }
    }
  }

  /// The mean of a few elements of each group, which are spread over it so that it is near the mean
  /// of all.
  fileprivate func sampleMeans() -> [Double] {
    guard groupSize > 0, groups > 0 else { return [Double](repeating: 0, count: groups) }
    let sums = Tensor(uninitialized: [groups], dtype: x.dtype)
    var count: Int
    if areColumns {
      guard let kernel = ck_reduce_rows(Execution.current.kernels, CK_REDUCE_SUM, x.dtype.code)
      else { return [] }
      count = Swift.min(rows, 32)
      kernel(x.pointer, rows / count * columns, count, columns, sums.pointer)
    } else {
      let lines = repeats * linesPerGroup
      let length = Swift.min(columns, Self.sampleLength)
      let perLine = columns / length
      let samples = Swift.min(Self.samples, lines * perLine)
      // Where they start, relative to the first row of a group.
      let starts = (0..<samples).map { sample in
        let (line, place) = (sample * lines * perLine / samples).quotientAndRemainder(
          dividingBy: perLine)
        return (line / linesPerGroup * period + line % linesPerGroup) * columns + place * length
      }
      count = samples * length
      let (source, target, size) = (x.pointer, sums.pointer, x.dtype.byteCount)
      let step = linesPerGroup * columns
      starts.withUnsafeBufferPointer { starts in
        // Elements that are not in order take longer.
        forEachChunk(of: groups, each: 8 * count, grain: Grain.elements) { range in
          kernels.pointee.sample_sums(
            source + range.lowerBound * step * size, step, range.count, starts.baseAddress,
            starts.count, length, target + range.lowerBound * size)
        }
      }
    }
    return sums.scalars(as: Double.self).map { sum in
      let mean = rounded(sum / Double(count))
      return mean.isFinite ? mean : 0
    }
  }

  /// The samples of a group, and the elements of each.
  private static let samples = 16
  private static let sampleLength = 16

  /// A number for each line of a period, in the dtype of the input.
  @inline(__always)
  fileprivate func vector(_ number: (_ group: Int, _ channel: Int) -> Double) -> Tensor {
    let result = Tensor(uninitialized: [period], dtype: x.dtype)
    if x.dtype == .float32 {
      let target = result.pointer.assumingMemoryBound(to: Float.self)
      forEachLine { target[$0] = Float(number($1, $2)) }
    } else {
      let target = result.pointer.assumingMemoryBound(to: Double.self)
      forEachLine { target[$0] = number($1, $2) }
    }
    return result
  }

  fileprivate func rounded(_ number: Double) -> Double {
    x.dtype == .float32 ? Double(Float(number)) : number
  }
}

/// Runs the kernels of batch, group and instance norm, and of variances, in one pass for the
/// statistics and one for the result.
package struct GroupKernels: Sendable {
  private let lines: NormalizedLines
  /// A number near the mean of each group, a number of the dtype of the input.
  private let centers: [Double]
  /// The difference between the mean and the center of each group.
  private let errors: [Double]

  /// The biased variance of each group.
  package let variances: [Double]
  /// The mean of each group.
  package var means: [Double] { zip(centers, errors).map(+) }

  /// Computes the statistics of the groups of lines.
  package init(_ lines: NormalizedLines) {
    self.lines = lines
    let count = Double(lines.groupSize)
    var starts = lines.sampleMeans()
    var (errors, variances) = ([Double](), [Double]())
    for attempt in 0..<2 {
      let lineCenters = lines.vector { group, _ in starts[group] }
      let sums = lines.sums { block, target in
        lines.kernels.pointee.sums(
          Self.address(lines.x, block.element), Self.address(lineCenters, block.line), target,
          block.rows, block.columns)
      }
      var (totals, squares) = (starts.map { _ in 0.0 }, starts.map { _ in 0.0 })
      for start in stride(from: 0, to: lines.repeats * lines.period, by: lines.period) {
        lines.forEachLine { line, group, _ in
          totals[group] += sums[2 * (start + line)]
          squares[group] += sums[2 * (start + line) + 1]
        }
      }
      errors = totals.map { $0 / count }
      let lost = zip(errors, totals).map(*)
      variances = zip(squares, lost).map { ($0 < $1 ? 0 : $0 - $1) / count }
      // Where a center is so far off that the subtraction cancels a digit, all are moved once.
      if attempt == 1 || zip(lost, squares).allSatisfy({ !($0 * 2 > $1) }) { break }
      starts = zip(starts, errors).map { lines.rounded($0 + $1) }
    }
    (centers, self.errors, self.variances) = (starts, errors, variances)
  }

  /// Uses given statistics of the groups.
  package init(_ lines: NormalizedLines, means: [Double], variances: [Double]) {
    self.lines = lines
    centers = means.map { lines.rounded($0) }
    errors = zip(means, centers).map(-)
    self.variances = variances
  }

  /// Returns (x − mean)/√(variance + ε) · weight + bias.
  package func normalized(weight: [Double], bias: [Double], epsilon: Double) -> Tensor {
    let scales = variances.map { 1 / ($0 + epsilon).squareRoot() }
    return deviations(scaledBy: { scales[$0] * weight[$1] }, plus: { bias[$1] })
  }

  /// Returns (x − mean) · factor, given the factor of each group, in the shape of the input.
  func deviations(scaledBy factors: [Double]) -> Tensor {
    deviations(scaledBy: { group, _ in factors[group] }, plus: { _, _ in 0 })
  }

  /// Returns (x − mean) · factor + term.
  private func deviations(
    scaledBy factor: (_ group: Int, _ channel: Int) -> Double,
    plus term: (_ group: Int, _ channel: Int) -> Double
  ) -> Tensor {
    let factors = lines.vector(factor)
    let shifts = lines.vector { term($0, $1) - errors[$0] * factor($0, $1) }
    let centers = lines.vector { group, _ in self.centers[group] }
    let result = Tensor(uninitialized: lines.x.shape, dtype: lines.x.dtype)
    lines.forEachBlock { block in
      lines.kernels.pointee.map(
        Self.address(lines.x, block.element), Self.address(centers, block.line),
        Self.address(factors, block.line), Self.address(shifts, block.line),
        Self.address(result, block.element), block.rows, block.columns)
    }
    return result
  }

  /// Returns the gradients with respect to x, the weight and the bias, given that of the result.
  package func gradients(
    _ dy: Tensor, weight: [Double], epsilon: Double
  ) -> (x: Tensor, weight: [Double], bias: [Double]) {
    let (dy, x) = (dy.contiguous, lines.x)
    let centers = lines.vector { group, _ in self.centers[group] }
    let sums = lines.sums { block, target in
      lines.kernels.pointee.products(
        Self.address(dy, block.element), Self.address(x, block.element),
        Self.address(centers, block.line), target, block.rows, block.columns)
    }
    // With z = scale · (x − center − error): sums of dy and dy · z by channel, and of w · dy and
    // w · dy · z by group.
    let scales = variances.map { 1 / ($0 + epsilon).squareRoot() }
    var (dWeight, dBias) = (weight.map { _ in 0.0 }, weight.map { _ in 0.0 })
    var (sum, product) = (scales.map { _ in 0.0 }, scales.map { _ in 0.0 })
    for start in stride(from: 0, to: lines.repeats * lines.period, by: lines.period) {
      lines.forEachLine { line, group, channel in
        let total = sums[2 * (start + line)]
        let along = scales[group] * (sums[2 * (start + line) + 1] - errors[group] * total)
        dBias[channel] += total
        dWeight[channel] += along
        sum[group] += weight[channel] * total
        product[group] += weight[channel] * along
      }
    }
    // dx = scale · (w · dy − mean(w · dy) − z · mean(w · dy · z))
    let count = Double(lines.groupSize)
    let slopes = scales.indices.map { -scales[$0] * scales[$0] * product[$0] / count }
    let factors = lines.vector { scales[$0] * weight[$1] }
    let lineSlopes = lines.vector { group, _ in slopes[group] }
    let shifts = lines.vector { group, _ in
      -scales[group] * sum[group] / count - slopes[group] * errors[group]
    }
    let dx = Tensor(uninitialized: x.shape, dtype: x.dtype)
    lines.forEachBlock { block in
      lines.kernels.pointee.gradient(
        Self.address(dy, block.element), Self.address(x, block.element),
        Self.address(centers, block.line), Self.address(factors, block.line),
        Self.address(lineSlopes, block.line), Self.address(shifts, block.line),
        Self.address(dx, block.element), block.rows, block.columns)
    }
    return (dx, dWeight, dBias)
  }

  private static func address(_ x: Tensor, _ element: Int) -> UnsafeMutableRawPointer {
    x.pointer + element * x.dtype.byteCount
  }
}
