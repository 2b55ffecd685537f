import CKernels

/// Runs the kernels that combine each element with those before it along an axis.
///
/// Long axes are cut into pieces by their length alone: the totals of the pieces are computed
/// first, so results do not depend on the number of threads.
package enum Scan {
  /// Returns, for each element, the sum, the product or the logarithm of the sum of exponentials of
  /// the elements up to and including it along `axis`, or of those from it on if `reversed`.
  ///
  /// Those of float32 are kept in double, so that each is rounded once.
  package static func run(
    _ op: ck_scan_op, _ x: Tensor, along axis: Int, reversed: Bool = false, name: StaticString
  ) -> Tensor {
    let axis = x.shape.axis(axis, in: name)
    let carryType = x.dtype.isFloatingPoint ? DType.float64 : x.dtype
    let kernels = Execution.current.kernels
    guard let kernel = ck_scan(kernels, op, x.dtype.code),
      let carryKernel = ck_scan(kernels, op, carryType.code)
    else { fail("\(name): \(x.dtype.isUndefined)") }
    let result = Tensor(uninitialized: x.shape, dtype: x.dtype)
    if result.elementCount == 0 { return result }
    let identity =
      switch op {
      case CK_SCAN_SUM: 0.0
      case CK_SCAN_PRODUCT: 1.0
      default: -Double.infinity
      }
    let (outer, length, inner) = x.shape.around(axis)
    if let matrices = shortLines((outer, length, inner)) {
      let start = Elementwise.copy(
        Tensor(repeating: identity, shape: [inner * matrices.width], dtype: carryType))
      let size = carryType.byteCount
      matrices.forEachBlock(of: x.contiguous, into: result) { block, width, target in
        let columns = inner * width
        withScratch(byteCount: columns * size) { carries in
          carries.copyMemory(from: start.pointer, byteCount: columns * size)
          kernel(block, columns, length, columns, reversed ? 1 : 0, carries, target)
        }
      }
      return result
    }
    let cut = Cut((outer, length, inner))
    let carries = Elementwise.copy(
      Tensor(
        repeating: identity, shape: [cut.outer, cut.pieces + 1, cut.inner], dtype: carryType))
    let source = x.contiguous
    let (from, to, carry) = (source.pointer, result.pointer, carries.pointer)
    let (size, carrySize) = (x.dtype.byteCount, carryType.byteCount)
    /// Calls the kernel for a part, with its carry in the row of its piece, or behind it.
    func scan(_ part: Cut.Part, carryRow: Int, writes: Bool) {
      let start = cut.position(of: part, reversed: reversed)
      let row = part.block * (cut.pieces + 1) + carryRow
      kernel(
        from + start * size, cut.inner, part.rows, part.columns.count, reversed ? 1 : 0,
        carry + (row * cut.inner + part.columns.lowerBound) * carrySize,
        writes ? to + start * size : nil)
    }
    if cut.pieces > 1 {
      cut.forEachPart { part in
        if part.piece < cut.pieces - 1 {
          scan(part, carryRow: part.piece + 1, writes: false)
        }
      }
      for block in 0..<cut.outer {
        let rows = carry + block * (cut.pieces + 1) * cut.inner * carrySize
        let totals = rows + cut.inner * carrySize
        carryKernel(
          totals, cut.inner, cut.pieces - 1, cut.inner, 0,
          rows + cut.pieces * cut.inner * carrySize, totals)
      }
    }
    cut.forEachPart { scan($0, carryRow: $0.piece, writes: true) }
    return result
  }

  /// Returns, for each element, the int32 position of the greatest or least one up to it along
  /// `axis`: of equal elements the last, and of NaN, which counts as greatest and least.
  package static func extremePositions(
    _ op: ck_arg_op, _ x: Tensor, along axis: Int, name: StaticString
  ) -> Tensor {
    let axis = x.shape.axis(axis, in: name)
    guard let kernel = ck_scan_arg(Execution.current.kernels, op, x.dtype.code) else {
      fail("\(name): \(x.dtype.isUndefined)")
    }
    let result = Tensor(uninitialized: x.shape, dtype: .int32)
    if result.elementCount == 0 { return result }
    let source = x.contiguous
    let (from, size) = (source.pointer, x.dtype.byteCount)
    let split = x.shape.around(axis)
    if let matrices = shortLines(split) {
      matrices.forEachBlock(of: source, into: result) { block, width, target in
        let columns = split.inner * width
        kernel(
          block, columns, split.length, columns, target.assumingMemoryBound(to: Int32.self))
      }
      return result
    }
    let to = result.pointer.assumingMemoryBound(to: Int32.self)
    let cut = Cut(split, pieces: 1)
    cut.forEachPart { part in
      let start = cut.position(of: part, reversed: false)
      kernel(from + start * size, cut.inner, part.rows, part.columns.count, to + start)
    }
    withExtendedLifetime(source) {}
    return result
  }

  /// Returns yᵢ = xᵢ + fᵢ yᵢ₋₁ along `axis`, or yᵢ = xᵢ + fᵢ yᵢ₊₁ if `reversed`, where y is 0
  /// outside.
  package static func recurrence(
    _ x: Tensor, factors: Tensor, along axis: Int, reversed: Bool
  ) -> Tensor {
    guard let kernel = ck_recur(Execution.current.kernels, x.dtype.code) else {
      fail("recurrence: \(x.dtype.isUndefined)")
    }
    let result = Tensor(uninitialized: x.shape, dtype: x.dtype)
    if result.elementCount == 0 { return result }
    let cut = Cut(x.shape.around(axis), pieces: 1)
    let (source, multipliers) = (x.contiguous, factors.contiguous)
    let (from, by, to) = (source.pointer, multipliers.pointer, result.pointer)
    let size = x.dtype.byteCount
    cut.forEachPart { part in
      let start = cut.position(of: part, reversed: reversed) * size
      withScratch(of: Double.self, count: part.columns.count) { carry in
        carry.initialize(repeating: 0)
        kernel(
          from + start, by + start, cut.inner, part.rows, part.columns.count, reversed ? 1 : 0,
          carry.baseAddress, to + start)
      }
    }
    return result
  }

  /// The matrices of lines so short, and so many, that transposing them twice costs less than a
  /// call of a kernel for each.
  private static func shortLines(
    _ split: (outer: Int, length: Int, inner: Int)
  ) -> SmallMatrices? {
    let elements = split.length * split.inner
    guard elements <= 32, SmallMatrices.areFaster((split.outer, split.length, split.inner)) else {
      return nil
    }
    return SmallMatrices(count: split.outer, elements: elements, results: elements)
  }

  /// How a tensor is cut: into blocks outside of the axis, pieces along it, and strips of columns.
  private struct Cut {
    /// A piece of a strip of a block; pieces are numbered in the order of the scan.
    struct Part {
      var block: Int
      var piece: Int
      var rows: Int
      var columns: Range<Int>
    }

    let outer: Int
    let length: Int
    let inner: Int
    let pieces: Int
    private let rowsOfPiece: Int
    private let columnsOfStrip: Int
    private let strips: Int

    /// Creates a cut; the axis is cut into pieces only if there are few parts otherwise.
    init(_ shape: (outer: Int, length: Int, inner: Int), pieces count: Int? = nil) {
      (outer, length, inner) = shape
      columnsOfStrip = Swift.min(inner, Swift.min(1024, Swift.max(128, inner / 8)))
      strips = (inner + columnsOfStrip - 1) / columnsOfStrip
      let wanted = Swift.max(64, Grain.elements / inner)
      let isCut = count == nil && outer * strips < 8 && length > wanted
      rowsOfPiece = isCut ? wanted : length
      pieces = (length + rowsOfPiece - 1) / rowsOfPiece
    }

    /// The index of the first element of a part in memory.
    func position(of part: Part, reversed: Bool) -> Int {
      let first = part.piece * rowsOfPiece
      let row = reversed ? length - first - part.rows : first
      return (part.block * length + row) * inner + part.columns.lowerBound
    }

    func forEachPart(_ body: (Part) -> Void) {
      forEachChunk(
        of: outer * pieces * strips, each: rowsOfPiece * columnsOfStrip, grain: Grain.elements
      ) { parts in
        for i in parts {
          let (block, rest) = i.quotientAndRemainder(dividingBy: pieces * strips)
          let (piece, strip) = rest.quotientAndRemainder(dividingBy: strips)
          let column = strip * columnsOfStrip
          body(
            Part(
              block: block, piece: piece,
              rows: Swift.min(rowsOfPiece, length - piece * rowsOfPiece),
              columns: column..<Swift.min(inner, column + columnsOfStrip)))
        }
      }
    }
  }
}
