// Tensors from Swift data and back. `TensorData` is what both directions share: a number or a bool,
// or an array of such data. A plain literal keeps its own type, `TensorLiteral`; the initializers
// here are disfavored, so that they are chosen only where a literal contains a variable.

/// Swift data that a tensor can be created from and read into: a number, a bool, or arrays of them,
/// nested to any depth.
///
/// ```swift
/// let x = Tensor([[1, 2], [3, 4]])
/// let rows = [[Float]](x)               // [[1, 2], [3, 4]]
/// let y = Tensor(rows.map { $0.map(Double.init) }, dtype: .float64)
/// let mean = Double(y.mean())
/// ```
public protocol TensorData {
  /// The type of the numbers.
  associatedtype Scalar: TensorElement

  /// The number of axes: 0 for a number, 1 for `[Float]`, 2 for `[[Float]]`.
  static var rank: Int { get }

  /// Adds the sizes along the axes, as those of the first elements.
  func appendSizes(to shape: inout Shape)

  /// Calls `body` with the numbers in row order, in runs along the last axis.
  ///
  /// Data whose sizes along `axis` and later ones differ from `shape` stops the program.
  func forEachRun(
    shape: Shape, axis: Int, _ body: (UnsafeBufferPointer<Scalar>) -> Void)

  /// Creates data with the sizes of `shape` from `axis` on from numbers in row order.
  init(scalars: ArraySlice<Scalar>, shape: Shape, axis: Int)
}

/// A number or a bool that tensors can be created from and read into.
///
/// `Float`, `Double`, `Bool` and all integer types of the standard library.
public protocol TensorElement: TensorData, BitwiseCopyable, Sendable where Scalar == Self {
  /// The dtype of a tensor made of such values if none is given: float32 for floating-point
  /// numbers, int32 for integers, and bool.
  static var preferredDType: DType { get }

  /// Writes values as elements of a dtype, all of which it must be able to hold.
  static func write(
    _ values: UnsafeBufferPointer<Self>, to target: UnsafeMutableRawPointer, as dtype: DType)

  /// Returns the elements of a tensor in row order, converted.
  static func values(of tensor: Tensor) -> [Self]
}

extension TensorElement {
  /// A number has no axes.
  public static var rank: Int { 0 }

  /// A number has no axes.
  public func appendSizes(to shape: inout Shape) {}

  /// Calls `body` with the number.
  public func forEachRun(shape: Shape, axis: Int, _ body: (UnsafeBufferPointer<Self>) -> Void) {
    withUnsafePointer(to: self) { body(UnsafeBufferPointer(start: $0, count: 1)) }
  }

  /// Creates the first of the numbers.
  public init(scalars: ArraySlice<Self>, shape: Shape, axis: Int) {
    self = scalars[scalars.startIndex]
  }

  /// Stores `convert(value)` for each value.
  @inline(__always)
  fileprivate static func store<Element>(
    _ values: UnsafeBufferPointer<Self>, to target: UnsafeMutableRawPointer,
    _ convert: (Self) -> Element
  ) {
    let target = target.assumingMemoryBound(to: Element.self)
    for i in 0..<values.count { target[i] = convert(values[i]) }
  }

  fileprivate static func copy(
    _ values: UnsafeBufferPointer<Self>, to target: UnsafeMutableRawPointer
  ) {
    guard let start = values.baseAddress else { return }
    target.copyMemory(from: start, byteCount: values.count * MemoryLayout<Self>.stride)
  }

  fileprivate static func failToHold(_ number: String, _ dtype: DType) -> Never {
    fail("tensor: \(dtype) cannot hold \(number); create a float32 tensor and convert it")
  }
}

// MARK: - Numbers

extension TensorElement where Self: BinaryFloatingPoint & CustomStringConvertible {
  /// The dtype float32.
  public static var preferredDType: DType { .float32 }

  /// Writes values as elements of a dtype, which rounds them; int32 and bool must hold them.
  public static func write(
    _ values: UnsafeBufferPointer<Self>, to target: UnsafeMutableRawPointer, as dtype: DType
  ) {
    switch dtype {
    case .float32 where Self.self == Float.self, .float64 where Self.self == Double.self:
      copy(values, to: target)
    case .float32: store(values, to: target) { Float($0) }
    case .float64: store(values, to: target) { Double($0) }
    case .int32:
      store(values, to: target) { value in
        guard let integer = Int32(exactly: value) else {
          failToHold(spelled(Double(value)), dtype)
        }
        return integer
      }
    case .bool:
      store(values, to: target) { value -> UInt8 in
        if value != 0 && value != 1 { failToHold(spelled(Double(value)), dtype) }
        return value == 0 ? 0 : 1
      }
    }
  }
}

extension Float: TensorElement {
  /// Returns the elements of a tensor in row order, rounded to single precision.
  public static func values(of tensor: Tensor) -> [Float] { tensor.scalars(as: Float.self) }
}

extension Double: TensorElement {
  /// Returns the elements of a tensor in row order.
  public static func values(of tensor: Tensor) -> [Double] { tensor.scalars(as: Double.self) }
}

extension TensorElement where Self: FixedWidthInteger {
  /// The dtype int32.
  public static var preferredDType: DType { .int32 }

  /// Writes values as elements of a dtype; int32 and bool must hold them.
  public static func write(
    _ values: UnsafeBufferPointer<Self>, to target: UnsafeMutableRawPointer, as dtype: DType
  ) {
    switch dtype {
    case .int32 where Self.self == Int32.self: copy(values, to: target)
    case .float32: store(values, to: target) { Float($0) }
    case .float64: store(values, to: target) { Double($0) }
    case .int32:
      store(values, to: target) { value in
        guard let integer = Int32(exactly: value) else { failToHold("\(value)", dtype) }
        return integer
      }
    case .bool:
      store(values, to: target) { value -> UInt8 in
        if value != 0 && value != 1 { failToHold("\(value)", dtype) }
        return UInt8(value)
      }
    }
  }

  /// Returns the elements of a tensor in row order, truncated toward zero.
  ///
  /// A number that the type cannot hold stops the program, as do NaN and infinity.
  public static func values(of tensor: Tensor) -> [Self] {
    if !tensor.dtype.isFloatingPoint {
      return tensor.scalars(as: Int32.self).map { value in
        guard let integer = Self(exactly: value) else { failToRead("\(value)") }
        return integer
      }
    }
    return tensor.scalars(as: Double.self).map { value in
      guard let integer = Self(exactly: value.rounded(.towardZero)) else {
        failToRead(spelled(value))
      }
      return integer
    }
  }

  private static func failToRead(_ number: String) -> Never {
    fail("\(Self.self): cannot hold the element \(number)")
  }
}

extension Int: TensorElement {}
extension Int8: TensorElement {}
extension Int16: TensorElement {}
extension Int32: TensorElement {}
extension Int64: TensorElement {}
extension UInt: TensorElement {}
extension UInt8: TensorElement {}
extension UInt16: TensorElement {}
extension UInt32: TensorElement {}
extension UInt64: TensorElement {}

extension Bool: TensorElement {
  /// The dtype bool.
  public static var preferredDType: DType { .bool }

  /// Writes false as 0 and true as 1.
  public static func write(
    _ values: UnsafeBufferPointer<Bool>, to target: UnsafeMutableRawPointer, as dtype: DType
  ) {
    switch dtype {
    case .float32: store(values, to: target) { $0 ? 1 as Float : 0 }
    case .float64: store(values, to: target) { $0 ? 1 as Double : 0 }
    case .int32: store(values, to: target) { $0 ? 1 as Int32 : 0 }
    case .bool: copy(values, to: target)
    }
  }

  /// Returns whether the elements of a tensor differ from 0, in row order.
  public static func values(of tensor: Tensor) -> [Bool] { tensor.scalars(as: Bool.self) }
}

// MARK: - Arrays

extension TensorData where Self: RandomAccessCollection, Element: TensorData {
  fileprivate func checkCount(_ shape: Shape, _ axis: Int) {
    require(
      count == shape[axis],
      """
      tensor: ragged array: \(counted(count, "element")) where shape \(shape) requires \
      \(shape[axis])
      """
    )
  }

  /// One axis more than the elements have.
  public static var rank: Int { Element.rank + 1 }

  /// Adds the number of elements and the sizes of the first one.
  public func appendSizes(to shape: inout Shape) {
    shape.append(count)
    if let first {
      first.appendSizes(to: &shape)
    } else {
      // No element has a size; `[[Float]]()` has shape [0, 0].
      for _ in 0..<Element.rank { shape.append(0) }
    }
  }

  /// Calls `body` with the numbers in row order, in runs along the last axis.
  public func forEachRun(
    shape: Shape, axis: Int, _ body: (UnsafeBufferPointer<Element.Scalar>) -> Void
  ) {
    checkCount(shape, axis)
    if Element.rank == 0 {
      let isDone: Void? = withContiguousStorageIfAvailable { run in
        run.withMemoryRebound(to: Element.Scalar.self, body)
      }
      if isDone != nil { return }
    }
    for element in self { element.forEachRun(shape: shape, axis: axis + 1, body) }
  }
}

extension TensorData where Self: RangeReplaceableCollection, Element: TensorData {
  /// Creates an array with the sizes of `shape` from `axis` on from numbers in row order.
  public init(scalars: ArraySlice<Element.Scalar>, shape: Shape, axis: Int) {
    self.init()
    if Element.rank == 0, let row = scalars as? ArraySlice<Element> {
      append(contentsOf: row)
      return
    }
    let size = shape[axis]
    let stride = size == 0 ? 0 : scalars.count / size
    reserveCapacity(size)
    for i in 0..<size {
      let start = scalars.startIndex + i * stride
      append(Element(scalars: scalars[start..<start + stride], shape: shape, axis: axis + 1))
    }
  }
}

extension Array: TensorData where Element: TensorData {
  /// The type of the numbers.
  public typealias Scalar = Element.Scalar
}

extension ArraySlice: TensorData where Element: TensorData {
  /// The type of the numbers.
  public typealias Scalar = Element.Scalar
}

extension ContiguousArray: TensorData where Element: TensorData {
  /// The type of the numbers.
  public typealias Scalar = Element.Scalar
}

// MARK: - In

extension Tensor {
  /// Creates a tensor from the elements of a collection: an array, nested arrays, a slice, a range,
  /// or any other collection of numbers or arrays of them.
  ///
  /// Floating-point numbers become float32, integers int32, and bools bool, unless a dtype is
  /// given. Rows of different sizes stop the program, as does a number that the dtype cannot hold,
  /// such as 3,000,000,000 or 0.5 for int32.
  ///
  /// ```swift
  /// Tensor([1.5, x])                          // of Doubles: float32
  /// Tensor(0..<5)                             // int32, shape [5]
  /// Tensor(bytes[..<784], dtype: .float32)    // of [UInt8]
  /// ```
  @_disfavoredOverload  // so that a literal is a `TensorLiteral`
  public init<Values: Collection>(_ values: Values, dtype: DType? = nil)
  where Values.Element: TensorData {
    let dtype = dtype ?? Values.Element.Scalar.preferredDType
    var shape: Shape = [values.count]
    if let first = values.first {
      first.appendSizes(to: &shape)
    } else {
      for _ in 0..<Values.Element.rank { shape.append(0) }
    }
    self.init(uninitialized: shape, dtype: dtype)
    write(values, shape: shape)
  }

  /// Creates a vector of numbers, float32 unless a dtype is given.
  @_disfavoredOverload
  public init(_ values: [Double], dtype: DType? = nil) {
    // For `[-.infinity, 0]`, to which the generic initializer can give no type.
    self.init(uninitialized: [values.count], dtype: dtype ?? .float32)
    write(values, shape: shape)
  }

  /// Creates a matrix of numbers, float32 unless a dtype is given; ragged rows stop the program.
  @_disfavoredOverload
  public init(_ rows: [[Double]], dtype: DType? = nil) {
    self.init(uninitialized: [rows.count, rows.first?.count ?? 0], dtype: dtype ?? .float32)
    write(rows, shape: shape)
  }

  /// Creates a tensor from the elements of a collection in row order, which must fill the shape.
  ///
  /// The dtype is as for ``init(_:dtype:)``.
  @_disfavoredOverload  // so that an array of a `TensorScalar` keeps its type
  public init<Values: Collection>(_ values: Values, shape: Shape, dtype: DType? = nil)
  where Values.Element: TensorElement {
    self.init(uninitialized: shape, dtype: dtype ?? Values.Element.preferredDType)
    require(
      values.count == elementCount,
      "tensor: shape \(shape) has \(counted(elementCount, "element")), not \(values.count)"
    )
    write(values, shape: [values.count])
  }

  /// Creates a scalar tensor from a variable, which the dtype must be able to hold.
  ///
  /// Floating-point numbers become float32, integers int32, and bools bool, unless a dtype is
  /// given.
  @_disfavoredOverload  // so that a literal is a `TensorLiteral`
  public init<Value: TensorElement>(_ value: Value, dtype: DType? = nil) {
    self.init(uninitialized: [], dtype: dtype ?? Value.preferredDType)
    withUnsafePointer(to: value) {
      Value.write(UnsafeBufferPointer(start: $0, count: 1), to: pointer, as: self.dtype)
    }
  }

  /// Writes all elements of a new tensor.
  private func write<Values: Collection>(_ values: Values, shape: Shape)
  where Values.Element: TensorData {
    typealias Scalar = Values.Element.Scalar
    var target = pointer
    func writeRun(_ run: UnsafeBufferPointer<Scalar>) {
      Scalar.write(run, to: target, as: dtype)
      target += run.count * dtype.byteCount
    }
    if Values.Element.rank == 0 {
      let isDone: Void? = values.withContiguousStorageIfAvailable { run in
        run.withMemoryRebound(to: Scalar.self, writeRun)
      }
      if isDone != nil { return }
      // Ranges and lazy collections become an array first.
      let copy = Array(values)
      copy.withUnsafeBufferPointer { $0.withMemoryRebound(to: Scalar.self, writeRun) }
      return
    }
    for value in values { value.forEachRun(shape: shape, axis: 1, writeRun) }
  }
}

// MARK: - Out

extension Array where Element: TensorData {
  /// Creates an array, or nested arrays, of the elements of a tensor.
  ///
  /// `[Float](x)` takes a vector, `[[Float]](x)` a matrix, and so on; another number of axes stops
  /// the program. Elements are converted to the type of the numbers: integers truncate fractions
  /// toward zero and stop the program at numbers that they cannot hold.
  public init(_ tensor: Tensor) {
    require(
      tensor.rank == Self.rank,
      """
      \(Self.swiftName)(_:): a tensor of shape \(tensor.shape) has \
      \(counted(tensor.rank, "axis", "axes")), not \(Self.rank)
      """
    )
    let scalars = Scalar.values(of: tensor)
    self.init(scalars: scalars[...], shape: tensor.shape, axis: 0)
  }

  private static var swiftName: String {
    String(repeating: "[", count: rank) + "\(Scalar.self)" + String(repeating: "]", count: rank)
  }
}

extension TensorElement {
  /// The only element of a tensor.
  fileprivate static func only(of tensor: Tensor) -> Self {
    require(
      tensor.elementCount == 1,
      """
      \(Self.self)(_:): a tensor of shape \(tensor.shape) has \
      \(counted(tensor.elementCount, "element")), not one
      """
    )
    return values(of: tensor)[0]
  }
}

extension BinaryFloatingPoint where Self: TensorElement {
  /// Creates a number from a tensor with one element; others stop the program.
  @_disfavoredOverload  // so that formulas of numbers are not tried as tensors
  public init(_ tensor: Tensor) { self = Self.only(of: tensor) }
}

extension FixedWidthInteger where Self: TensorElement {
  /// Creates an integer from a tensor with one element, truncated toward zero; others stop the
  /// program, as does an element that the type cannot hold.
  @_disfavoredOverload  // so that formulas of numbers are not tried as tensors
  public init(_ tensor: Tensor) { self = Self.only(of: tensor) }
}

extension Bool {
  /// Creates a bool from a tensor with one element, true if it is not 0; others stop the program.
  @_disfavoredOverload  // so that formulas of numbers are not tried as tensors
  public init(_ tensor: Tensor) { self = Self.only(of: tensor) }
}
