/// The sizes of a tensor along its axes, outermost first; `[]` is a scalar.
///
/// A shape is written as an array literal, `[2, 3]`, and read as a collection of sizes.  It lives inline
/// and holds at most ``maximumRank`` axes; more stop the program.  All axis arithmetic (negative axes,
/// broadcasting, contiguous strides, an inferred size) is here and nowhere else.
public struct Shape: Sendable {
  /// The most axes that a tensor can have.
  public static let maximumRank = 8

  /// The greatest size of an axis, and the greatest number of elements: 2³¹ − 1.
  public static let maximumSize = Int(Int32.max)

  // 32 bits a size keep a tensor small enough to be copied without a call.
  private var extents: InlineArray<8, Int32>
  private var axisCount: Int32

  /// The number of axes.
  public var rank: Int { Int(axisCount) }

  /// The shape of a scalar.
  public init() {
    extents = .init(repeating: 0)
    axisCount = 0
  }

  /// A shape with the sizes of a sequence, outermost first.
  public init(_ sizes: some Sequence<Int>) {
    self.init()
    for size in sizes { append(size) }
  }

  /// A shape with `size` along each of `rank` axes.
  package init(repeating size: Int, rank: Int) {
    self.init()
    for _ in 0..<rank { append(size) }
  }

  /// A shape read from a file, or nil where a tensor cannot have it.
  package init?(checking sizes: [Int]) {
    guard sizes.count <= Shape.maximumRank,
      sizes.allSatisfy({ $0 >= 0 && $0 <= Shape.maximumSize })
    else { return nil }
    self.init(sizes)
    if checkedElementCount == nil { return nil }
  }

  /// Adds an innermost axis.
  package mutating func append(_ size: Int) {
    require(
      rank < Shape.maximumRank, "shape: a tensor has at most \(Shape.maximumRank) axes: \(self)")
    axisCount += 1
    setSize(size, at: rank - 1)
  }

  /// The size along an axis that is known to exist.
  @inline(__always)
  package func size(_ axis: Int) -> Int { Int(extents[axis]) }

  @inline(__always)
  private mutating func setSize(_ size: Int, at axis: Int) {
    guard let size = Int32(exactly: size) else {
      fail("shape: a size of \(size) is more than the greatest one, \(Shape.maximumSize)")
    }
    extents[axis] = size
  }

  /// The number of elements: the product of the sizes, 1 for a scalar.
  public var elementCount: Int {
    var count = 1
    for axis in 0..<rank { count *= size(axis) }
    return count
  }

  /// The number of elements, or nil where a size is negative or the product of the others than 0 exceeds
  /// ``maximumSize``.
  package var checkedElementCount: Int? {
    var (count, span) = (1, 1)
    for axis in 0..<rank {
      let size = size(axis)
      if size < 0 { return nil }
      count *= size
      span *= Swift.max(size, 1)
      if span > Shape.maximumSize { return nil }
    }
    return count
  }
}

extension Shape: RandomAccessCollection, MutableCollection {
  /// The first axis, 0.
  @inlinable public var startIndex: Int { 0 }

  /// One past the last axis: the rank.
  public var endIndex: Int { rank }

  /// The size along `axis`, which counts from 0; see ``axis(_:in:)`` for negative ones.
  public subscript(axis: Int) -> Int {
    get {
      require(axis >= 0 && axis < rank, "shape: axis \(axis) is out of range for \(self)")
      return size(axis)
    }
    set {
      require(axis >= 0 && axis < rank, "shape: axis \(axis) is out of range for \(self)")
      setSize(newValue, at: axis)
    }
  }
}

extension Shape: ExpressibleByArrayLiteral {
  /// A shape with the given sizes, outermost first.
  public init(arrayLiteral sizes: Int...) {
    self.init(sizes)
  }
}

extension Shape: Hashable, CustomStringConvertible {
  /// Whether two shapes have the same sizes in the same order.
  public static func == (a: Shape, b: Shape) -> Bool {
    if a.rank != b.rank { return false }
    for axis in 0..<a.rank where a.size(axis) != b.size(axis) { return false }
    return true
  }

  /// Feeds rank and sizes to a hasher.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(rank)
    for axis in 0..<rank { hasher.combine(size(axis)) }
  }

  /// The sizes as they are written in code: `[2, 3]`.
  public var description: String {
    "[" + map(String.init).joined(separator: ", ") + "]"
  }
}

// MARK: - Axis arithmetic

extension Shape {
  /// `axis` counted from 0: -1 is the last of `rank` axes.
  ///
  /// Out of range stops the program, naming `operation`.
  package func axis(_ axis: Int, in operation: StaticString) -> Int {
    require(
      axis >= -rank && axis < rank,
      "\(operation): axis \(axis) is out of range for shape \(self) of rank \(rank)")
    return axis < 0 ? axis + rank : axis
  }

  /// Which axes a list names, as one flag an axis; an empty list names none.
  ///
  /// Duplicates stop the program.
  package func axisMask(_ axes: some Sequence<Int>, in operation: StaticString) -> AxisMask {
    var mask = AxisMask()
    for axis in axes {
      let resolved = self.axis(axis, in: operation)
      require(!mask.contains(resolved), "\(operation): axis \(axis) is named twice")
      mask.insert(resolved)
    }
    return mask
  }

  /// The strides, in elements, of an array of this shape stored row by row without gaps.
  package var contiguousStrides: Strides {
    var strides = Strides()
    var step = 1
    for axis in stride(from: rank - 1, through: 0, by: -1) {
      strides[axis] = step
      step *= Swift.max(size(axis), 1)
    }
    return strides
  }

  /// The shape that two shapes broadcast to, or nil: aligned at the last axis, sizes must agree or be 1.
  package func broadcast(with other: Shape) -> Shape? {
    if self == other { return self }
    var result = rank >= other.rank ? self : other
    let shift = rank - other.rank
    for axis in 0..<result.rank {
      let a = shift >= 0 ? size(axis) : (axis + shift >= 0 ? size(axis + shift) : 1)
      let b = shift <= 0 ? other.size(axis) : (axis - shift >= 0 ? other.size(axis - shift) : 1)
      if a != b && a != 1 && b != 1 { return nil }
      result.setSize(a == 1 ? b : a, at: axis)
    }
    return result
  }

  /// This shape with one size of -1 replaced by what `count` elements leave for it, or nil.
  package func inferring(elementCount count: Int) -> Shape? {
    var known = 1
    var unknown: Int?
    for axis in 0..<rank {
      if size(axis) == -1 {
        if unknown != nil { return nil }
        unknown = axis
      } else {
        if size(axis) < 0 { return nil }
        let (product, overflow) = known.multipliedReportingOverflow(by: size(axis))
        if overflow { return nil }
        known = product
      }
    }
    guard let unknown else { return known == count ? self : nil }
    if known == 0 || count % known != 0 { return nil }
    var result = self
    result.setSize(count / known, at: unknown)
    return result
  }

  /// The shape left when the axes in `mask` are summed away: dropped, or kept with size 1.
  package func reduced(along mask: AxisMask, keepingAxes: Bool) -> Shape {
    var result = Shape()
    for axis in 0..<rank {
      if !mask.contains(axis) {
        result.append(size(axis))
      } else if keepingAxes {
        result.append(1)
      }
    }
    return result
  }

  /// This shape without the axis `axis`.
  package func removing(axis: Int) -> Shape {
    reduced(along: AxisMask(axis: axis), keepingAxes: false)
  }

  /// This shape with an axis of `size` put before `axis`.
  package func inserting(_ size: Int, at axis: Int) -> Shape {
    var result = Shape()
    for i in 0..<rank {
      if i == axis { result.append(size) }
      result.append(self.size(i))
    }
    if axis == rank { result.append(size) }
    return result
  }

  /// The axes that were added or stretched when `original` was broadcast to this shape.
  package func axesBroadcast(from original: Shape) -> AxisMask {
    var mask = AxisMask()
    let shift = rank - original.rank
    for axis in 0..<rank where axis < shift || original.size(axis - shift) != size(axis) {
      mask.insert(axis)
    }
    return mask
  }
}

/// A set of axes.
package struct AxisMask: Sendable, Equatable {
  package var bits: UInt8 = 0

  package init() {}

  /// The set of one axis.
  package init(axis: Int) { bits = 1 << UInt8(axis) }

  /// The set of all axes of a shape of `rank` axes.
  package init(allOf rank: Int) { bits = rank == 8 ? .max : (1 << UInt8(rank)) - 1 }

  package func contains(_ axis: Int) -> Bool { bits & (1 << UInt8(axis)) != 0 }
  package mutating func insert(_ axis: Int) { bits |= 1 << UInt8(axis) }
  package var count: Int { bits.nonzeroBitCount }
}

/// Steps in elements from one index to the next along each axis; 0 repeats an element, negative walks back.
package struct Strides: Sendable {
  private var steps = InlineArray<8, Int32>(repeating: 0)

  package init() {}

  package subscript(axis: Int) -> Int {
    @inline(__always) get { Int(steps[axis]) }
    @inline(__always) set { steps[axis] = Int32(truncatingIfNeeded: newValue) }
  }
}
