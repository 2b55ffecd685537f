import CKernels

/// The record of how a tensor was computed; only the Autograd module knows its content.
package typealias GraphNode = any AnyObject & Sendable

/// An n-dimensional array of numbers that supports automatic differentiation.
///
/// A tensor is a value: a copy is independent of its original. Copies, reshaped tensors, slices and
/// transposes share storage until one of them is written to, which first copies its elements.
///
/// ```swift
/// let x = Tensor([[1, 2, 3], [4, 5, 6]])     // float32, shape [2, 3]
/// let y = x * 2 + 1
/// print(y.sum(along: 1))                     // [15. 33.]
/// ```
@dynamicMemberLookup  // of guesses alone, which are errors: see `TensorMethodGuesses`
public struct Tensor: Sendable {
  package var storage: Storage

  /// The sizes along the axes, outermost first; `[]` for a scalar.
  public package(set) var shape: Shape

  /// The steps in elements along each axis.
  package var strides: Strides

  /// The index of the first element in the storage.
  package var offset: Int

  /// The type of the elements.
  public let dtype: DType

  /// Whether the elements lie in row order without gaps.
  package var isContiguous: Bool

  /// The record of how the tensor was computed, or `nil` for a constant.
  package var node: GraphNode?

  /// Creates a contiguous tensor with uninitialized elements.
  package init(uninitialized shape: Shape, dtype: DType) {
    let count = Self.checkedCount(shape, dtype)
    self.init(Storage(byteCount: count * dtype.byteCount), shape, dtype)
  }

  /// Creates a contiguous tensor of zeros, in which only the pages that are written to cost time.
  package init(untouchedZeros shape: Shape, dtype: DType) {
    let count = Self.checkedCount(shape, dtype)
    self.init(Storage(untouchedZeros: count * dtype.byteCount), shape, dtype)
  }

  /// Creates a contiguous tensor whose elements are computed later.
  init(pending shape: Shape, dtype: DType) {
    let count = Self.checkedCount(shape, dtype)
    self.init(Storage(pending: count * dtype.byteCount), shape, dtype)
  }

  /// Creates a contiguous tensor of the elements in storage.
  @inline(__always)
  init(_ storage: Storage, _ shape: Shape, _ dtype: DType) {
    self.storage = storage
    self.shape = shape
    strides = shape.contiguousStrides
    offset = 0
    self.dtype = dtype
    isContiguous = true
    node = nil
  }

  /// Creates a view of the storage of `base`, as a constant.
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
      fail("tensor: invalid shape \(shape)")
    }
    return count
  }

  /// The number of axes.
  public var rank: Int { shape.rank }

  /// The number of elements.
  public var elementCount: Int { shape.elementCount }

  /// The tensor as a constant, through which no gradient flows.
  public var detached: Tensor {
    if node == nil { return self }
    var result = self
    result.node = nil
    return result
  }
}

// MARK: - Memory

extension Tensor {
  /// The address of the first element.
  package var pointer: UnsafeMutableRawPointer {
    storage.pointer + offset * dtype.byteCount
  }

  /// The tensor as a constant with its elements in row order without gaps; a copy only if they are
  /// not.
  package var contiguous: Tensor {
    isContiguous ? detached : Elementwise.copy(self)
  }

  /// Whether the elements have been put off; see ``fused(_:)``.
  package var isPending: Bool { storage.isPending }

  /// Returns whether no other tensor shares the storage, so that elements can be written in place.
  package mutating func isUniquelyHeld() -> Bool {
    // An operation that was put off may hold the storage, or wait for the elements of this one.
    storage.compute()
    if isKnownUniquelyReferenced(&storage) { return true }
    guard FusionScope.isOpen else { return false }
    FusionScope.computeAll()
    return isKnownUniquelyReferenced(&storage)
  }

  /// Copies the elements unless they are contiguous and no other tensor shares them.
  package mutating func makeUnique() {
    if isContiguous && isUniquelyHeld() { return }
    let kept = node
    self = Elementwise.copy(self)
    node = kept
  }

  /// Calls `body` with the elements in row order.
  ///
  /// A scalar type other than that of the dtype stops the program; ``scalars(as:)`` converts.
  public func withUnsafeScalars<Scalar: TensorScalar, Result, Failure: Error>(
    as type: Scalar.Type, _ body: (UnsafeBufferPointer<Scalar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    require(Scalar.dtype == dtype, "withUnsafeScalars: a \(dtype) tensor does not hold \(type)")
    let source = contiguous
    defer { withExtendedLifetime(source.storage) {} }
    let start = source.pointer.assumingMemoryBound(to: Scalar.self)
    return try body(UnsafeBufferPointer(start: start, count: elementCount))
  }

  /// Calls `body` with the elements in row order, to be changed in place.
  ///
  /// A scalar type other than that of the dtype stops the program. Storage that another tensor
  /// shares is copied first. The tensor becomes a constant, because the operation that computed it
  /// no longer determines it.
  public mutating func withUnsafeMutableScalars<Scalar: TensorScalar, Result, Failure: Error>(
    as type: Scalar.Type, _ body: (UnsafeMutableBufferPointer<Scalar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    require(
      Scalar.dtype == dtype, "withUnsafeMutableScalars: a \(dtype) tensor does not hold \(type)")
    makeUnique()
    node = nil
    let start = pointer.assumingMemoryBound(to: Scalar.self)
    return try body(UnsafeMutableBufferPointer(start: start, count: elementCount))
  }
}

// MARK: - Reading out

extension Tensor {
  /// Returns the elements in row order, converted to `Scalar`.
  ///
  /// Floating-point numbers are truncated toward zero when converted to integers. As a `Bool`,
  /// every number other than 0 is true.
  public func scalars<Scalar: TensorScalar>(as type: Scalar.Type) -> [Scalar] {
    let converted = Elementwise.convert(self, to: Scalar.dtype)
    return converted.withUnsafeScalars(as: type) { Array($0) }
  }

  /// Returns the only element, converted to `Scalar`.
  ///
  /// A tensor with more or fewer elements stops the program.
  public func scalar<Scalar: TensorScalar>(as type: Scalar.Type) -> Scalar {
    require(
      elementCount == 1,
      "scalar: a tensor of shape \(shape) has \(counted(elementCount, "element")), not one")
    return Elementwise.convert(self, to: Scalar.dtype).withUnsafeScalars(as: type) { $0[0] }
  }

  /// Returns the only element as a `Double`.
  ///
  /// A tensor with more or fewer elements stops the program.
  public func scalar() -> Double {
    scalar(as: Double.self)
  }
}
