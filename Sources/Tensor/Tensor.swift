import CKernels

/// The part of a tensor that records how it was computed; only the Autograd module knows what is in it.
package typealias GraphNode = any AnyObject & Sendable

/// An n-dimensional array of numbers, and at the same time a value that can be differentiated.
///
/// A tensor is a value: a copy is independent of its original.  Copies, reshaped tensors, slices and
/// transposes share storage until one of them is written to, which then copies what it holds.
///
/// ```swift
/// let x = Tensor([[1, 2, 3], [4, 5, 6]])     // float32, shape [2, 3]
/// let y = x * 2 + 1
/// print(y.sum(along: 1))                     // [15. 33.]
/// ```
public struct Tensor: Sendable {
  package var storage: Storage

  /// The sizes along the axes, outermost first; `[]` for a scalar.
  public package(set) var shape: Shape

  /// Steps in elements along each axis.
  package var strides: Strides

  /// The element of the storage at which the tensor starts.
  package var offset: Int

  /// The type of the elements.
  public let dtype: DType

  /// Whether the elements stand one after another in row order.
  package var isContiguous: Bool

  /// How the tensor was computed, where a gradient may be asked for; nil otherwise.
  package var node: GraphNode?

  /// A contiguous tensor whose elements are yet to be written.
  package init(uninitialized shape: Shape, dtype: DType) {
    self.init(uninitialized: shape, count: Tensor.checkedCount(shape, dtype), dtype: dtype)
  }

  /// A contiguous tensor of zeros, of which only what is written costs anything.
  package init(untouchedZeros shape: Shape, dtype: DType) {
    let count = Tensor.checkedCount(shape, dtype)
    self.init(Storage(untouchedZeros: count * dtype.byteCount), shape, dtype)
  }

  private init(uninitialized shape: Shape, count: Int, dtype: DType) {
    self.init(Storage(byteCount: count * dtype.byteCount), shape, dtype)
  }

  private init(_ storage: Storage, _ shape: Shape, _ dtype: DType) {
    self.storage = storage
    self.shape = shape
    strides = shape.contiguousStrides
    offset = 0
    self.dtype = dtype
    isContiguous = true
    node = nil
  }

  /// A view of the storage of `base` that no graph knows of.
  package init(viewing base: Tensor, shape: Shape, strides: Strides, offset: Int) {
    storage = base.storage
    self.shape = shape
    self.strides = strides
    self.offset = offset
    dtype = base.dtype
    isContiguous = shape.isContiguous(strides)
    node = nil
  }

  private static func checkedCount(_ shape: Shape, _ dtype: DType) -> Int {
    guard let count = shape.checkedElementCount else {
      fail("tensor: no array can have shape \(shape)")
    }
    return count
  }

  /// The number of axes.
  public var rank: Int { shape.rank }

  /// The number of elements.
  public var elementCount: Int { shape.elementCount }

  /// The same numbers, as a constant: no gradient flows through the result.
  public var detached: Tensor {
    if node == nil { return self }
    var result = self
    result.node = nil
    return result
  }
}

// MARK: - Memory

extension Shape {
  /// Whether `strides` are those of an array stored row by row; axes of size 1 may have any.
  func isContiguous(_ strides: Strides) -> Bool {
    var step = 1
    for axis in stride(from: rank - 1, through: 0, by: -1) {
      if size(axis) == 1 { continue }
      if strides[axis] != step { return size(axis) == 0 || elementCount == 0 }
      step *= size(axis)
    }
    return true
  }
}

extension Tensor {
  /// The address of the first element.
  package var pointer: UnsafeMutableRawPointer {
    storage.pointer + offset * dtype.byteCount
  }

  /// The elements in row order without gaps: the tensor itself where they are, a copy elsewhere.
  package var contiguous: Tensor {
    isContiguous ? detached : Elementwise.copy(self)
  }

  /// Whether writing the elements in place would be seen by no other tensor.
  package mutating func isUniquelyHeld() -> Bool {
    isKnownUniquelyReferenced(&storage)
  }

  /// Makes the elements contiguous and this tensor the only one that holds them.
  package mutating func makeUnique() {
    if isContiguous && isKnownUniquelyReferenced(&storage) { return }
    let kept = node
    self = Elementwise.copy(self)
    node = kept
  }

  /// Calls `body` with the elements in row order.
  ///
  /// The scalar type must be that of the dtype, otherwise the program stops; ``scalars(as:)`` converts.
  public func withUnsafeScalars<Scalar: TensorScalar, Result, Failure: Error>(
    as type: Scalar.Type, _ body: (UnsafeBufferPointer<Scalar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    require(Scalar.dtype == dtype, "withUnsafeScalars: a \(dtype) tensor is not one of \(type)")
    let source = contiguous
    defer { withExtendedLifetime(source.storage) {} }
    let start = source.pointer.assumingMemoryBound(to: Scalar.self)
    return try body(UnsafeBufferPointer(start: start, count: elementCount))
  }

  /// Calls `body` with the elements in row order to change them in place.
  ///
  /// The scalar type must be that of the dtype.  Storage that another tensor shares is copied first.
  /// The result is a constant: what it was computed from no longer says what it is.
  public mutating func withUnsafeMutableScalars<Scalar: TensorScalar, Result, Failure: Error>(
    as type: Scalar.Type, _ body: (UnsafeMutableBufferPointer<Scalar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    require(
      Scalar.dtype == dtype, "withUnsafeMutableScalars: a \(dtype) tensor is not one of \(type)")
    makeUnique()
    node = nil
    let start = pointer.assumingMemoryBound(to: Scalar.self)
    return try body(UnsafeMutableBufferPointer(start: start, count: elementCount))
  }
}

// MARK: - Reading out

extension Tensor {
  /// The elements in row order, converted to `Scalar`.
  ///
  /// Floating-point numbers are truncated toward zero on the way to integers; to `Bool`, what is not 0 is true.
  public func scalars<Scalar: TensorScalar>(as type: Scalar.Type) -> [Scalar] {
    let converted = Elementwise.convert(self, to: Scalar.dtype)
    return converted.withUnsafeScalars(as: type) { Array($0) }
  }

  /// The only element, converted to `Scalar`.
  ///
  /// A tensor of more or fewer elements stops the program.
  public func scalar<Scalar: TensorScalar>(as type: Scalar.Type) -> Scalar {
    require(elementCount == 1, "scalar: a tensor of shape \(shape) is not one element")
    return Elementwise.convert(self, to: Scalar.dtype).withUnsafeScalars(as: type) { $0[0] }
  }

  /// The only element as a `Double`.
  ///
  /// A tensor of more or fewer elements stops the program.
  public func scalar() -> Double {
    scalar(as: Double.self)
  }
}
