import CKernels

/// Runs the element-wise kernels over shapes, with broadcasting, strides and threads.
///
/// The results are new tensors, constants, and contiguous unless the only operand, apart from
/// numbers, has its axes in another order in memory: then so has the result, as in PyTorch, and
/// nothing is transposed. What is computed of one number that is broadcast is one as well.
package enum Elementwise {
  /// The number of elements from which on a result follows the order of an operand in memory.
  private static let turnedCount = 1 << 12

  /// Returns f(x) for each element.
  package static func unary(_ op: ck_unary_op, _ x: Tensor) -> Tensor {
    guard let kernel = ck_unary(Execution.current.kernels, op, x.dtype.code) else {
      fail("\(text(ck_unary_name(op))): \(x.dtype.isUndefined)")
    }
    return map(x, to: x.dtype, kernel, ck_unary_link(op))
  }

  /// Returns the elements converted to `dtype`, or the tensor itself if it has that dtype.
  ///
  /// Floating-point numbers converted to int32 are truncated toward zero and saturate, and NaN
  /// becomes 0. Converted to bool, every number other than 0 is true.
  package static func convert(_ x: Tensor, to dtype: DType) -> Tensor {
    x.dtype == dtype ? x.detached : converted(x, to: dtype)
  }

  /// Returns a contiguous copy.
  package static func copy(_ x: Tensor) -> Tensor {
    let result = Tensor(uninitialized: x.shape, dtype: x.dtype)
    Views.move(x, over: result)
    return result
  }

  private static func converted(_ x: Tensor, to dtype: DType) -> Tensor {
    guard let kernel = ck_convert(Execution.current.kernels, x.dtype.code, dtype.code) else {
      fail("convert: no conversion from \(x.dtype) to \(dtype)")
    }
    return map(x, to: dtype, kernel, CK_LINK_NONE, isFast: true)
  }

  private static func map(
    _ x: Tensor, to dtype: DType, _ kernel: ck_unary_fn,
    _ link: @autoclosure () -> ck_link_op, isFast: Bool = false
  ) -> Tensor {
    if let result = PendingOperation.result(
      .unary(kernel, link()), of: [x], shape: x.shape, dtype: dtype)
    {
      return result
    }
    if !x.isContiguous, x.elementCount >= turnedCount {
      if let number = x.broadcastNumber {
        return Views.broadcast(map(number, to: dtype, kernel, link()), to: x.shape)
      }
      if let result = x.inOrderOfMemory({ x, _ in
        map(x, to: dtype, kernel, link(), isFast: isFast)
      }) {
        return result
      }
    }
    let result = Tensor(uninitialized: x.shape, dtype: dtype)
    let (source, target) = (x.pointer, result.pointer)
    let (sourceSize, targetSize) = (x.dtype.byteCount, dtype.byteCount)
    let grain = Grain.elements(
      x.dtype, isFast: isFast || link() != CK_LINK_NONE, of: x.elementCount)
    if x.isContiguous {
      forEachChunk(of: x.elementCount, grain: grain) { range in
        let start = range.lowerBound
        kernel(source + start * sourceSize, 1, target + start * targetSize, range.count)
      }
      return result
    }
    LoopNest(over: x.shape, x).forEachRun(of: x, grain: grain) { run in
      kernel(run.pointers[0], run.steps[0], target + run.output * targetSize, run.count)
    }
    return result
  }

  /// Returns f(a, b) of two tensors of the same dtype, broadcast.
  package static func binary(_ op: ck_binary_op, _ a: Tensor, _ b: Tensor) -> Tensor {
    let kernel = ck_binary(Execution.current.kernels, op, a.dtype.code)
    return zip(a, b, to: a.dtype, kernel, ck_binary_link(op), text(ck_binary_name(op)))
  }

  /// Returns f(a, b) for a number b, which takes the dtype of the tensor.
  ///
  /// A number that the dtype cannot hold stops the program.
  package static func binary(_ op: ck_binary_op, _ a: Tensor, _ b: Double) -> Tensor {
    binary(op, a, number(b, a.dtype, op, text(ck_binary_name(op))))
  }

  /// Returns f(a, b) for a number a, which takes the dtype of the tensor.
  ///
  /// A number that the dtype cannot hold stops the program.
  package static func binary(_ op: ck_binary_op, _ a: Double, _ b: Tensor) -> Tensor {
    binary(op, number(a, b.dtype, op, text(ck_binary_name(op))), b)
  }

  /// Returns a number as an operand of an operation that is defined for its dtype.
  private static func number(
    _ value: Double, _ dtype: DType, _ op: ck_binary_op, _ name: @autoclosure () -> String
  ) -> Tensor {
    if !dtype.holds(value) {
      if ck_binary(Execution.current.kernels, op, dtype.code) == nil {
        fail("\(name()): \(dtype.isUndefined)")
      }
      requireHeld(value, by: dtype, for: name())
    }
    return Tensor(number: value, dtype: dtype, for: name())
  }

  /// Computes a ← f(a, b) in place, where `a` is contiguous, uniquely held, and has the shape of
  /// the result.
  package static func update(_ a: inout Tensor, _ op: ck_binary_op, _ b: Tensor) {
    let kernel = ck_binary(Execution.current.kernels, op, a.dtype.code)
    zip(a, b, into: a, kernel, ck_binary_link(op), text(ck_binary_name(op)) + "=")
  }

  /// Computes a ← f(a, b) in place for a number b, which takes the dtype of the tensor.
  package static func update(_ a: inout Tensor, _ op: ck_binary_op, _ b: Double) {
    update(&a, op, number(b, a.dtype, op, text(ck_binary_name(op)) + "="))
  }

  /// Returns the comparison of two tensors of the same dtype as bools, broadcast.
  package static func compare(_ op: ck_compare_op, _ a: Tensor, _ b: Tensor) -> Tensor {
    let kernel = ck_compare(Execution.current.kernels, op, a.dtype.code)
    return zip(a, b, to: .bool, kernel, CK_LINK_NONE, text(ck_compare_name(op)))
  }

  /// Returns the comparison with any number, also one that the dtype of the tensor cannot hold.
  ///
  /// Only a number within the range of a floating-point dtype is rounded to it.
  package static func compare(_ op: ck_compare_op, _ a: Tensor, _ b: Double) -> Tensor {
    let comparison = NumberComparison(op, b, of: a.dtype)
    return compare(
      comparison.op, a, Tensor(number: comparison.number, dtype: a.dtype, for: "compare"))
  }

  private static func zip(
    _ a: Tensor, _ b: Tensor, to dtype: DType, _ kernel: ck_binary_fn?,
    _ link: @autoclosure () -> ck_link_op, _ name: @autoclosure () -> String
  ) -> Tensor {
    guard let shape = a.shape.broadcast(with: b.shape) else {
      fail("\(name()): shapes \(a.shape) and \(b.shape) do not broadcast")
    }
    if a.dtype == b.dtype, let kernel,
      let result = PendingOperation.result(
        .binary(kernel, link()), of: [a, b], shape: shape, dtype: dtype)
    {
      return result
    }
    if !(a.isContiguous && b.isContiguous), shape.elementCount >= turnedCount,
      let result = turned(a, b, { zip($0, $1, to: dtype, kernel, link(), name()) })
    {
      return result
    }
    let result = Tensor(uninitialized: shape, dtype: dtype)
    zip(a, b, into: result, kernel, link(), name())
    return result
  }

  /// Returns what `body` computes of two numbers that are broadcast, or of two operands in the
  /// order of memory, if they have one: one of them is a number, or both have the same layout.
  private static func turned(
    _ a: Tensor, _ b: Tensor, _ body: (Tensor, Tensor) -> Tensor
  ) -> Tensor? {
    let (first, second) = (a.broadcastNumber, b.broadcastNumber)
    if let first, let second, let shape = a.shape.broadcast(with: b.shape) {
      return Views.broadcast(body(first, second), to: shape)
    }
    let ranks = Swift.max(a.rank, b.rank)
    if let second, a.rank == ranks { return a.inOrderOfMemory { a, _ in body(a, second) } }
    if let first, b.rank == ranks { return b.inOrderOfMemory { b, _ in body(first, b) } }
    guard a.shape == b.shape, (0..<a.rank).allSatisfy({ a.strides[$0] == b.strides[$0] }) else {
      return nil
    }
    return a.inOrderOfMemory { a, order in
      body(a, Views.permute(b, order: order, name: "permuted"))
    }
  }

  private static func zip(
    _ a: Tensor, _ b: Tensor, into result: Tensor, _ kernel: ck_binary_fn?,
    _ link: @autoclosure () -> ck_link_op, _ name: @autoclosure () -> String
  ) {
    require(a.dtype == b.dtype, "\(name()): \(DType.differ(a.dtype, b.dtype))")
    guard let kernel else { fail("\(name()): \(a.dtype.isUndefined)") }
    let (first, second, target) = (a.pointer, b.pointer, result.pointer)
    let (sourceSize, targetSize) = (a.dtype.byteCount, result.dtype.byteCount)
    let isSimple = a.dtype == .int32 || result.dtype == .bool
    let grain = Grain.elements(
      a.dtype, isFast: isSimple || link() != CK_LINK_NONE, of: result.elementCount)
    if a.isContiguous && b.isContiguous && a.shape == b.shape {
      forEachChunk(of: result.elementCount, grain: grain) { range in
        let start = range.lowerBound
        kernel(
          first + start * sourceSize, 1, second + start * sourceSize, 1,
          target + start * targetSize, range.count)
      }
      return
    }
    let nest = LoopNest(over: result.shape, a, b)
    if nest.hasRows, let kernel = ck_binary_rows(Execution.current.kernels, link(), a.dtype.code) {
      nest.forEachGroupOfRuns(grain: grain) { offsets, output, count in
        kernel(
          count, first + offsets[0] * sourceSize, nest.rowStep(0), nest.runStep(0),
          second + offsets[1] * sourceSize, nest.rowStep(1), nest.runStep(1),
          target + output * targetSize, nest.runLength)
      }
      return
    }
    nest.forEachRun(of: a, b, grain: grain) { run in
      kernel(
        run.pointers[0], run.steps[0], run.pointers[1], run.steps[1],
        target + run.output * targetSize, run.count)
    }
  }

  /// Returns condition ? a : b for each element, with all three tensors broadcast.
  package static func select(_ condition: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
    require(condition.dtype == .bool, "select: the condition is \(condition.dtype), not bool")
    require(a.dtype == b.dtype, "select: \(DType.differ(a.dtype, b.dtype))")
    guard let values = a.shape.broadcast(with: b.shape),
      let shape = values.broadcast(with: condition.shape)
    else {
      fail("select: shapes \(condition.shape), \(a.shape) and \(b.shape) do not broadcast")
    }
    guard let kernel = ck_select(Execution.current.kernels, a.dtype.code) else {
      fail("select: \(a.dtype.isUndefined)")
    }
    if let result = PendingOperation.result(
      .select(kernel), of: [condition, a, b], shape: shape, dtype: a.dtype)
    {
      return result
    }
    let result = Tensor(uninitialized: shape, dtype: a.dtype)
    let (target, size) = (result.pointer, a.dtype.byteCount)
    let nest = LoopNest(over: shape, condition, a, b)
    let grain = Grain.elements(a.dtype, isFast: true, of: shape.elementCount)
    nest.forEachRun(of: condition, a, b, grain: grain) { run in
      kernel(
        run.pointers[0].assumingMemoryBound(to: UInt8.self), run.steps[0],
        run.pointers[1], run.steps[1], run.pointers[2], run.steps[2],
        target + run.output * size, run.count)
    }
    return result
  }

  /// The name of an operation as users write it: `*`, where the kernel is called `mul`.
  private static func text(_ kernel: UnsafePointer<CChar>?) -> String {
    let name = kernel.map { String(cString: $0) } ?? "operation"
    return spellings[name] ?? name
  }

  private static let spellings = [
    "add": "+", "sub": "-", "mul": "*", "div": "/", "rem": "%", "neg": "-", "max": "maximum",
    "min": "minimum", "and": ".&", "or": ".|", "xor": ".^", "not": ".!", "eq": ".==", "ne": ".!=",
    "lt": ".<", "le": ".<=", "gt": ".>", "ge": ".>=",
  ]
}
