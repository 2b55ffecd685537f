import CKernels

/// Runs the kernels that work row by row along the last axis: softmax, normalization,
/// cross-entropy.
package enum RowKernels {
  /// Returns op(x) for each row along the last axis.
  package static func apply(_ op: ck_rows_op, _ x: Tensor, name: StaticString) -> Tensor {
    guard let kernel = ck_rows(Execution.current.kernels, op, x.dtype.code) else {
      fail("\(name): \(x.dtype.isUndefined)")
    }
    let result = Tensor(uninitialized: x.shape, dtype: x.dtype)
    let source = x.contiguous
    let (from, to) = (source.pointer, result.pointer)
    forEachBlock(of: x) { rows, columns, start in
      kernel(from + start, to + start, rows, columns)
    }
    return result
  }

  /// Returns dx from dy and the output y of the operation.
  package static func gradient(_ op: ck_rows_op, _ dy: Tensor, _ y: Tensor) -> Tensor {
    guard let kernel = ck_rows_grad(Execution.current.kernels, op, y.dtype.code) else {
      fail("softmax: \(y.dtype.isUndefined)")
    }
    let result = Tensor(uninitialized: y.shape, dtype: y.dtype)
    let (incoming, output) = (dy.contiguous, y.contiguous)
    let (from, saved, to) = (incoming.pointer, output.pointer, result.pointer)
    forEachBlock(of: y) { rows, columns, start in
      kernel(from + start, saved + start, to + start, rows, columns)
    }
    return result
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
    forEachBlock(of: x) { rows, columns, start in
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
    let (gradient, source, weight) = (dy.contiguous, x.contiguous, weight.contiguous)
    let columns = weight.elementCount
    let rows = columns == 0 ? 0 : x.elementCount / columns
    // Each piece of rows sums gradients of its own, which are then added in order.
    let grain = rowGrain(columns)
    let pieces = (rows + grain - 1) / grain
    let sums = Elementwise.copy(Tensor.zeros([2, pieces, columns], dtype: x.dtype))
    let (incoming, from, scale) = (gradient.pointer, source.pointer, weight.pointer)
    let (to, partial, size) = (dx.pointer, sums.pointer, x.dtype.byteCount)
    ThreadPool.run(tasks: pieces) { piece in
      let start = piece * grain * columns * size
      let weightSum = partial + piece * columns * size
      let biasSum = hasBias ? partial + (pieces + piece) * columns * size : nil
      kernel(
        incoming + start, from + start, scale, to + start, weightSum, biasSum,
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
    forEachBlock(of: x) { rows, columns, start in
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
    forEachBlock(of: x) { rows, columns, start in
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

  private static func rowGrain(_ columns: Int) -> Int {
    Grain.items(Grain.rowElements, each: columns)
  }

  private static func forEachBlock(of x: Tensor, _ body: (Int, Int, Int) -> Void) {
    if x.elementCount == 0 { return }
    let columns = x.shape[x.rank - 1]
    let rowBytes = columns * x.dtype.byteCount
    forEachChunk(of: x.elementCount / columns, grain: rowGrain(columns)) { rows in
      body(rows.count, columns, rows.lowerBound * rowBytes)
    }
  }
}
