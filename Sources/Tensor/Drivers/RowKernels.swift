import CKernels

/// Runs the kernels that work on lines along an axis: softmax, gradients of products,
/// normalization, cross-entropy.
package enum RowKernels {
  /// Rows from this length on are read one by one; shorter ones are transposed, to be columns.
  private static let longRow = 32
  /// The same for variances, which would be transposed three times.
  private static let longRowOfVariance = 16
  /// So few rows are not worth transposing, whatever their length.
  private static let fewRows = 128

  /// Returns op(x) for each line along `axis`: softmax or log-softmax.
  package static func apply(
    _ op: ck_rows_op, _ x: Tensor, along axis: Int, name: StaticString
  ) -> Tensor {
    let result = x.inOrderOfMemory { turned, order in
      applyInMemory(op, turned, along: position(of: axis, in: order), name: name)
    }
    return result ?? applyInMemory(op, x.contiguous, along: axis, name: name)
  }

  private static func applyInMemory(
    _ op: ck_rows_op, _ x: Tensor, along axis: Int, name: StaticString
  ) -> Tensor {
    guard let rowsKernel = ck_rows(Execution.current.kernels, op, x.dtype.code),
      let columnsKernel = ck_columns(Execution.current.kernels, op, x.dtype.code)
    else { fail("\(name): \(x.dtype.isUndefined)") }
    let split = x.shape.around(axis)
    let blocks = ColumnBlocks(split)
    if split.inner == 1 && split.length >= longRow {
      let result = Tensor(uninitialized: x.shape, dtype: x.dtype)
      let (from, to) = (x.pointer, result.pointer)
      forEachBlock(of: x, columns: split.length) { rows, columns, start in
        rowsKernel(from + start, to + start, rows, columns)
      }
      return result
    }
    if blocks.areFast {
      let result = Tensor(uninitialized: x.shape, dtype: x.dtype)
      blocks.forEachBlock(of: x, into: result) { x, _, _, rows, columns, result, _ in
        columnsKernel(x, result, rows, columns)
      }
      return result
    }
    if op == CK_ROWS_SOFTMAX && split.inner >= CK_STRIP { return softmaxByRows(x, along: axis) }
    let (turned, last) = (Views.transpose(x, axis, x.rank - 1).contiguous, x.rank - 1)
    return Views.transpose(applyInMemory(op, turned, along: last, name: name), axis, last)
  }

  /// Returns the softmax of long columns, whose rows are read in the order of memory.
  private static func softmaxByRows(_ x: Tensor, along axis: Int) -> Tensor {
    func reduced(_ op: ck_reduce_op, _ x: Tensor) -> Tensor {
      Reduction.reduce(op, x, along: AxisMask(axis: axis), keepingAxes: true, name: "softmax")
    }
    let greatest = reduced(CK_REDUCE_MAX, x)
    var terms = fused {
      Elementwise.unary(CK_UNARY_EXP, Elementwise.binary(CK_BINARY_SUB, x, greatest))
    }
    let totals = reduced(CK_REDUCE_SUM, terms)
    Elementwise.update(&terms, CK_BINARY_MUL, Elementwise.unary(CK_UNARY_RECIPROCAL, totals))
    return terms
  }

  /// Returns dx from dy and the output y of the operation, or the input of a product, along `axis`.
  ///
  /// A gradient that repeats itself along all lines, or along each, is read once. That of a product
  /// has one element for each line.
  package static func gradient(
    _ op: ck_rows_op, _ dy: Tensor, _ y: Tensor, along axis: Int
  ) -> Tensor {
    let result = y.inOrderOfMemory { turned, order in
      gradientInMemory(
        op, Views.permute(dy, order: order, name: "gradient"), turned,
        along: position(of: axis, in: order))
    }
    return result ?? gradientInMemory(op, dy, y.contiguous, along: axis)
  }

  private static func gradientInMemory(
    _ op: ck_rows_op, _ dy: Tensor, _ y: Tensor, along axis: Int
  ) -> Tensor {
    let split = y.shape.around(axis)
    let blocks = ColumnBlocks(split)
    if let rowsKernel = ck_rows_grad(Execution.current.kernels, op, y.dtype.code) {
      if split.inner == 1 && split.length >= longRow {
        let result = Tensor(uninitialized: y.shape, dtype: y.dtype)
        let (gradients, saved, to) = (Rows(dy, along: axis), y.pointer, result.pointer)
        forEachBlock(of: y, columns: split.length) { rows, columns, start in
          rowsKernel(
            gradients.address(start), gradients.step, saved + start, to + start, rows, columns)
        }
        return result
      }
      if !blocks.areFast {
        if split.inner >= CK_STRIP { return gradientByRows(op, dy, y, along: axis) }
        let (turned, last) = (Views.transpose(y, axis, y.rank - 1).contiguous, y.rank - 1)
        let dx = gradientInMemory(op, Views.transpose(dy, axis, last), turned, along: last)
        return Views.transpose(dx, axis, last)
      }
    }
    guard let kernel = ck_columns_grad(Execution.current.kernels, op, y.dtype.code) else {
      fail("gradient: \(y.dtype.isUndefined)")
    }
    let result = Tensor(uninitialized: y.shape, dtype: y.dtype)
    let once = dy.strides[axis] == 0 ? Views.slice(dy, axis: axis, start: 0, count: 1) : dy
    blocks.forEachBlock(
      of: y, once.contiguous, into: result,
      scratchSize: op == CK_ROWS_SOFTMAX || op == CK_ROWS_LOG_SOFTMAX ? 0 : Int(CK_STRIP) * 8
    ) { y, dy, step, rows, columns, result, scratch in
      kernel(dy, step, y, result, rows, columns, scratch.assumingMemoryBound(to: Double.self))
    }
    return result
  }

  /// Returns the gradient of the softmax, or its logarithm, of long columns.
  private static func gradientByRows(
    _ op: ck_rows_op, _ dy: Tensor, _ y: Tensor, along axis: Int
  ) -> Tensor {
    func sum(_ x: Tensor) -> Tensor {
      Reduction.reduce(
        CK_REDUCE_SUM, x, along: AxisMask(axis: axis), keepingAxes: true, name: "softmax")
    }
    func product(_ a: Tensor, _ b: Tensor) -> Tensor { Elementwise.binary(CK_BINARY_MUL, a, b) }
    return fused {
      if op == CK_ROWS_SOFTMAX {
        return product(y, Elementwise.binary(CK_BINARY_SUB, dy, sum(product(dy, y))))
      }
      let shares = product(Elementwise.unary(CK_UNARY_EXP, y), sum(dy))
      return Elementwise.binary(CK_BINARY_SUB, dy, shares)
    }
  }

  /// The length of the rows that the axes of `mask` are, or `nil` if there are none, or they are
  /// too short or too long to be read one by one.
  private static func rowLength(_ x: Tensor, along mask: AxisMask) -> Int? {
    guard x.isContiguous, let split = x.shape.split(by: mask), split.inner == 1,
      (1...Grain.elements).contains(split.masked),
      split.masked >= longRowOfVariance || split.outer <= fewRows
    else { return nil }
    return split.masked
  }

  /// Returns the biased variances of rows, with the axes kept, or `nil` if the axes are no rows.
  static func variance(_ x: Tensor, along mask: AxisMask) -> Tensor? {
    guard let length = rowLength(x, along: mask),
      let kernel = ck_rows(Execution.current.kernels, CK_ROWS_VARIANCE, x.dtype.code)
    else { return nil }
    let result = Tensor(
      uninitialized: x.shape.reduced(along: mask, keepingAxes: true), dtype: x.dtype)
    let (from, to) = (x.pointer, result.pointer)
    forEachBlock(of: x, columns: length) { rows, columns, start in
      kernel(from + start, to + start / columns, rows, columns)
    }
    return result
  }

  /// Returns dy (x − mean) for rows, given one dy for each, or `nil` if the axes are no rows.
  static func scaledDeviations(
    _ dy: Tensor, _ x: Tensor, along mask: AxisMask
  ) -> Tensor? {
    guard let length = rowLength(x, along: mask),
      let kernel = ck_rows_grad(Execution.current.kernels, CK_ROWS_VARIANCE, x.dtype.code)
    else { return nil }
    let (result, gradients) = (Tensor(uninitialized: x.shape, dtype: x.dtype), dy.contiguous)
    let (incoming, from, to) = (gradients.pointer, x.pointer, result.pointer)
    forEachBlock(of: x, columns: length) { rows, columns, start in
      kernel(incoming + start / columns, 1, from + start, to + start, rows, columns)
    }
    return result
  }

  private static func position(of axis: Int, in order: [Int]) -> Int {
    order.firstIndex(of: axis) ?? axis
  }

  /// The rows of a tensor along an axis that only axes of size 1 follow: one if all are the same.
  private struct Rows {
    private let values: Tensor
    /// The elements from a row to the next.
    let step: Int

    init(_ x: Tensor, along axis: Int) {
      var row = x
      for outer in 0..<axis where x.strides[outer] == 0 {
        row = Views.slice(row, axis: outer, start: 0, count: 1)
      }
      let isOne = row.elementCount == x.shape[axis]
      values = (isOne ? row : x).contiguous
      step = isOne ? 0 : x.shape[axis]
    }

    /// The row that starts so many bytes after the first one, if there are several.
    func address(_ start: Int) -> UnsafeMutableRawPointer {
      step == 0 ? values.pointer : values.pointer + start
    }
  }

  /// Returns (x − mean)/√(variance + ε) · weight + bias, or without a bias x/√(mean square + ε) ·
  /// weight.
  package static func norm(
    _ x: Tensor, weight: Tensor, bias: Tensor?, epsilon: Double, name: StaticString
  ) -> Tensor {
    guard let kernel = ck_norm(Execution.current.kernels, x.dtype.code) else {
      fail("\(name): \(x.dtype.isUndefined)")
    }
    let result = Tensor(uninitialized: x.shape, dtype: x.dtype)
    let (source, weight, bias) = (x.contiguous, weight.contiguous, bias?.contiguous)
    let (from, to) = (source.pointer, result.pointer)
    let (scale, shift) = (weight.pointer, bias?.pointer)
    forEachBlock(of: x, columns: x.shape[x.rank - 1]) { rows, columns, start in
      kernel(from + start, scale, shift, to + start, rows, columns, shift == nil ? 0 : 1, epsilon)
    }
    return result
  }

  /// Returns the gradients of ``norm(_:weight:bias:epsilon:name:)`` with respect to x, weight and
  /// bias.
  package static func normGradient(
    _ dy: Tensor, _ x: Tensor, weight: Tensor, hasBias: Bool, epsilon: Double
  ) -> (x: Tensor, weight: Tensor, bias: Tensor?) {
    guard let kernel = ck_norm_grad(Execution.current.kernels, x.dtype.code) else {
      fail("norm: \(x.dtype.isUndefined)")
    }
    let dx = Tensor(uninitialized: x.shape, dtype: x.dtype)
    let (gradient, source, weight) = (Rows(dy, along: dy.rank - 1), x.contiguous, weight.contiguous)
    let columns = weight.elementCount
    let rows = columns == 0 ? 0 : x.elementCount / columns
    // Each piece of rows sums gradients of its own, which are then added in order.
    let grain = Grain.items(Grain.rowElements, each: columns, of: rows)
    let pieces = (rows + grain - 1) / grain
    let sums = Elementwise.copy(Tensor.zeros([2, pieces, columns], dtype: x.dtype))
    let (from, scale) = (source.pointer, weight.pointer)
    let (to, partial, size) = (dx.pointer, sums.pointer, x.dtype.byteCount)
    ThreadPool.run(tasks: pieces) { piece in
      let start = piece * grain * columns * size
      let weightSum = partial + piece * columns * size
      let biasSum = hasBias ? partial + (pieces + piece) * columns * size : nil
      kernel(
        gradient.address(start), gradient.step, from + start, scale, to + start, weightSum, biasSum,
        Swift.min(grain, rows - piece * grain), columns, hasBias ? 1 : 0, epsilon)
    }
    let total = Reduction.reduce(
      CK_REDUCE_SUM, sums, along: AxisMask(axis: 1), keepingAxes: false, name: "norm")
    func row(_ i: Int) -> Tensor {
      Views.reshape(Views.slice(total, axis: 0, start: i, count: 1), to: [columns])
    }
    return (dx, row(0), hasBias ? row(1) : nil)
  }

  /// Returns ln Σ eˣ − (1 − s) x[label] − s · mean x for each row, with the smoothing s; the int32
  /// labels are checked.
  package static func crossEntropy(
    _ x: Tensor, _ labels: Tensor, smoothing: Double
  ) -> Tensor {
    guard let kernel = ck_cross_entropy(Execution.current.kernels, x.dtype.code) else {
      fail("softmaxCrossEntropy: \(x.dtype.isUndefined)")
    }
    let result = Tensor(uninitialized: labels.shape, dtype: x.dtype)
    let (source, classes) = (x.contiguous, checkedLabels(labels, of: x))
    let (from, to) = (source.pointer, result.pointer)
    let picks = classes.pointer.assumingMemoryBound(to: Int32.self)
    let size = x.dtype.byteCount
    forEachBlock(of: x, columns: x.shape[x.rank - 1]) { rows, columns, start in
      let row = start / (columns * size)
      kernel(from + start, picks + row, to + row * size, rows, columns, smoothing)
    }
    return result
  }

  /// Returns the gradient of ``crossEntropy(_:_:smoothing:)`` with respect to x.
  package static func crossEntropyGradient(
    _ dy: Tensor, _ x: Tensor, _ labels: Tensor, smoothing: Double
  ) -> Tensor {
    guard let kernel = ck_cross_entropy_grad(Execution.current.kernels, x.dtype.code) else {
      fail("softmaxCrossEntropy: \(x.dtype.isUndefined)")
    }
    let result = Tensor(uninitialized: x.shape, dtype: x.dtype)
    let (gradient, source, classes) = (dy.contiguous, x.contiguous, labels.contiguous)
    let (incoming, from, to) = (gradient.pointer, source.pointer, result.pointer)
    let picks = classes.pointer.assumingMemoryBound(to: Int32.self)
    let size = x.dtype.byteCount
    forEachBlock(of: x, columns: x.shape[x.rank - 1]) { rows, columns, start in
      let row = start / (columns * size)
      kernel(incoming + row * size, from + start, picks + row, to + start, rows, columns, smoothing)
    }
    return result
  }

  private static func checkedLabels(_ labels: Tensor, of x: Tensor) -> Tensor {
    let classes = x.shape[x.rank - 1]
    let source = labels.contiguous
    source.withUnsafeScalars(as: Int32.self) {
      for label in $0 where label < 0 || Int(label) >= classes {
        fail("softmaxCrossEntropy: label \(label) is out of range for \(classes) classes")
      }
    }
    return source
  }

  private static func forEachBlock(
    of x: Tensor, columns: Int, _ body: (Int, Int, Int) -> Void
  ) {
    if x.elementCount == 0 { return }
    let rowBytes = columns * x.dtype.byteCount
    forEachChunk(of: x.elementCount / columns, each: columns, grain: Grain.rowElements) { rows in
      body(rows.count, columns, rows.lowerBound * rowBytes)
    }
  }
}
