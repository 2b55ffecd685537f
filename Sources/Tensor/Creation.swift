import CKernels

extension Tensor {
  /// Creates a tensor with the elements of an array in row order, which must fill the shape.
  public init<Scalar: TensorScalar>(_ scalars: [Scalar], shape: Shape) {
    self = scalars.withUnsafeBufferPointer { Tensor($0, shape: shape) }
  }

  /// Creates a tensor with a copy of the elements of a buffer in row order, which must fill the
  /// shape.
  public init<Scalar: TensorScalar>(_ scalars: UnsafeBufferPointer<Scalar>, shape: Shape) {
    self.init(uninitialized: shape, dtype: Scalar.dtype)
    require(
      scalars.count == elementCount,
      "tensor: shape \(shape) has \(counted(elementCount, "element")), not \(scalars.count)"
    )
    if let source = scalars.baseAddress {
      pointer.copyMemory(from: source, byteCount: scalars.count * MemoryLayout<Scalar>.size)
    }
  }

  /// Creates a tensor in which each element is `value`.
  ///
  /// A floating-point dtype rounds the value. One that int32 or bool cannot hold, such as 0.5,
  /// stops the program.
  ///
  /// - Complexity: O(1); the tensor is a broadcast of one element until it is written to.
  public init(repeating value: Double, shape: Shape, dtype: DType = .float32) {
    self.init(repeating: value, shape: shape, dtype: dtype, for: "tensor")
  }

  private init(repeating value: Double, shape: Shape, dtype: DType, for operation: StaticString) {
    require(shape.checkedElementCount != nil, "tensor: invalid shape \(shape)")
    self.init(number: value, shape: shape, dtype: dtype, for: "\(operation)")
  }

  /// Returns a tensor of zeros.
  public static func zeros(_ shape: Shape, dtype: DType = .float32) -> Tensor {
    Tensor(repeating: 0, shape: shape, dtype: dtype)
  }

  /// Returns a tensor of ones.
  public static func ones(_ shape: Shape, dtype: DType = .float32) -> Tensor {
    Tensor(repeating: 1, shape: shape, dtype: dtype)
  }

  /// Returns a tensor in which each element is `value`, which int32 and bool must be able to hold.
  public static func full(_ shape: Shape, _ value: Double, dtype: DType = .float32) -> Tensor {
    Tensor(repeating: value, shape: shape, dtype: dtype, for: "full")
  }

  /// Returns a tensor in which each element is `value`, which the dtype must be able to hold.
  public static func full(_ shape: Shape, _ value: Int, dtype: DType = .float32) -> Tensor {
    full(shape, Double(value), dtype: dtype)
  }

  /// Returns a tensor in which each element is `value`, which the dtype must be able to hold.
  @_disfavoredOverload
  public static func full(_ shape: Shape, _ value: Float, dtype: DType = .float32) -> Tensor {
    full(shape, Double(value), dtype: dtype)
  }

  /// Returns a tensor of zeros with the shape and dtype of another.
  public static func zeros(like other: Tensor) -> Tensor { zeros(other.shape, dtype: other.dtype) }

  /// Returns a tensor of ones with the shape and dtype of another.
  public static func ones(like other: Tensor) -> Tensor { ones(other.shape, dtype: other.dtype) }

  /// Returns a tensor in which each element is `value`, with the shape and dtype of another.
  public static func full(like other: Tensor, _ value: Double) -> Tensor {
    full(other.shape, value, dtype: other.dtype)
  }

  /// Returns the matrix of shape `[rows, columns ?? rows]` with ones on the diagonal and zeros
  /// elsewhere.
  public static func eye(_ rows: Int, columns: Int? = nil, dtype: DType = .float32) -> Tensor {
    let result = Elementwise.copy(zeros([rows, columns ?? rows], dtype: dtype))
    let one = Tensor(number: 1, dtype: dtype, for: "eye")
    Views.move(one, over: Views.diagonal(result, offset: 0))
    return result
  }

  /// Returns the vector start, start + step, … up to, but not including, `end`.
  ///
  /// Element i is start + i · step, computed in float64. The step may be negative; a step of 0
  /// stops the program, as does an element that the dtype cannot hold.
  public static func arange(
    from start: Double = 0, to end: Double, step: Double = 1, dtype: DType = .float32
  ) -> Tensor {
    require(
      step != 0 && start.isFinite && end.isFinite && step.isFinite,
      "arange: invalid range from \(start) to \(end) by \(step)")
    let count = Swift.max(0, Int(((end - start) / step).rounded(.up)))
    let last = start + Double(Swift.max(count - 1, 0)) * step
    let isWhole = start == start.rounded() && step == step.rounded()
    if !dtype.isFloatingPoint && !(isWhole && dtype.holds(start) && dtype.holds(last)) {
      let values = (0..<count).map { start + Double($0) * step }
      return Tensor(numbers: values, shape: [count], dtype: dtype, for: "arange")
    }
    let result = Tensor(uninitialized: [count], dtype: dtype)
    result.fill(0..<count, start: start, step: step, first: 0)
    return result
  }

  /// Returns the vector start, start + step, … up to, but not including, `end`, of counts in
  /// variables: `Tensor.arange(to: n)`.
  @_disfavoredOverload  // so that a literal is a Double
  public static func arange(
    from start: Int = 0, to end: Int, step: Int = 1, dtype: DType = .float32
  ) -> Tensor {
    arange(from: Double(start), to: Double(end), step: Double(step), dtype: dtype)
  }

  /// Returns the vector of `count` equally spaced numbers from `start` to `end`, including both.
  ///
  /// A number that the dtype cannot hold stops the program.
  public static func linspace(
    from start: Double, to end: Double, count: Int, dtype: DType = .float32
  ) -> Tensor {
    require(count >= 0, "linspace: the count must not be negative, got \(count)")
    let result = Tensor(uninitialized: [count], dtype: dtype.isFloatingPoint ? dtype : .float64)
    // Counting from the nearer end makes both ends exact.
    let step = count > 1 ? (end - start) / Double(count - 1) : 0
    let middle = (count + 1) / 2
    result.fill(0..<middle, start: start, step: step, first: 0)
    result.fill(middle..<count, start: end, step: step, first: middle - count + 1)
    if dtype.isFloatingPoint { return result }
    let values = result.scalars(as: Double.self)
    return Tensor(numbers: values, shape: [count], dtype: dtype, for: "linspace")
  }

  /// Writes start + (first + i) · step, computed in float64, to the elements of a range of a new
  /// vector.
  private func fill(_ range: Range<Int>, start: Double, step: Double, first: Int) {
    guard let kernel = ck_ramp(Execution.current.kernels, dtype.code) else { return }
    let (target, size) = (pointer + range.lowerBound * dtype.byteCount, dtype.byteCount)
    forEachChunk(of: range.count, grain: Grain.elements) { part in
      kernel(
        start, step, Double(first + part.lowerBound), target + part.lowerBound * size, part.count)
    }
  }
}
