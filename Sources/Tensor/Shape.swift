/// The sizes of a tensor along its axes, outermost first; `[]` is a scalar.
///
/// A shape is written as an array literal, `[2, 3]`, and read as a collection of sizes. It is
/// stored inline and has at most ``maximumRank`` axes; more stop the program. All axis arithmetic
/// (negative axes, broadcasting, strides, an inferred size) belongs to this type.
public struct Shape: Sendable {
  /// The maximum number of axes, 8.
  public static let maximumRank = 8

  /// The maximum size of an axis and the maximum number of elements, 2³¹ − 1.
  public static let maximumSize = Int(Int32.max)

  // Sizes of 32 bits keep a tensor small enough to be copied without a call.
  private var extents: InlineArray<8, Int32>
  private var axisCount: Int32

  /// The number of axes.
  public var rank: Int { Int(axisCount) }

  /// Creates the shape of a scalar.
  public init() {
    extents = .init(repeating: 0)
    axisCount = 0
  }

  /// Creates a shape with the given sizes, outermost first.
  public init(_ sizes: some Sequence<Int>) {
    self.init()
    for size in sizes { append(size) }
  }

  /// Creates a shape with `size` along each of `rank` axes.
  package init(repeating size: Int, rank: Int) {
    self.init()
    for _ in 0..<rank { append(size) }
  }

  /// Creates a shape from sizes read from a file, or returns `nil` if no tensor can have them.
  package init?(checking sizes: [Int]) {
    guard sizes.count <= Self.maximumRank,
      sizes.allSatisfy({ $0 >= 0 && $0 <= Self.maximumSize })
    else { return nil }
    self.init(sizes)
    if checkedElementCount == nil { return nil }
  }

  /// Appends an innermost axis.
  package mutating func append(_ size: Int) {
    require(
      rank < Self.maximumRank,
      "shape: a tensor has at most \(Self.maximumRank) axes, got \(rank + 1): \(self)")
    axisCount += 1
    setSize(size, at: rank - 1)
  }

  /// The size along an axis from 0 to `rank` − 1, which is not checked.
  @inline(__always)
  package func size(_ axis: Int) -> Int { Int(extents[axis]) }

  /// Sets the size along an axis from 0 to `rank` − 1, which is not checked.
  @inline(__always)
  mutating func setSize(_ size: Int, at axis: Int) {
    guard let size = Int32(exactly: size) else {
      fail("shape: a size of \(size) exceeds the maximum of \(Self.maximumSize)")
    }
    extents[axis] = size
  }

  /// The number of elements: the product of the sizes, 1 for a scalar.
  public var elementCount: Int {
    var count = 1
    for axis in 0..<rank { count *= size(axis) }
    return count
  }

  /// The number of elements, or `nil` if a size is negative or the product of the nonzero sizes
  /// exceeds ``maximumSize``.
  package var checkedElementCount: Int? {
    var (count, span) = (1, 1)
    for axis in 0..<rank {
      let size = size(axis)
      if size < 0 { return nil }
      count *= size
      span *= Swift.max(size, 1)
      if span > Self.maximumSize { return nil }
    }
    return count
  }
}

extension Shape: RandomAccessCollection, MutableCollection {
  /// The outermost axis, 0.
  @inlinable public var startIndex: Int { 0 }

  /// One past the innermost axis: the rank.
  public var endIndex: Int { rank }

  /// The size along `axis`; a negative axis counts from the end, so −1 is the innermost one.
  public subscript(axis: Int) -> Int {
    get { size(self.axis(axis, in: "shape")) }
    set { setSize(newValue, at: self.axis(axis, in: "shape")) }
  }
}

extension Shape: ExpressibleByArrayLiteral {
  /// Creates a shape with the given sizes, outermost first.
  public init(arrayLiteral sizes: Int...) {
    self.init(sizes)
  }
}

extension Shape: Hashable, CustomStringConvertible {
  /// Returns whether two shapes have the same sizes in the same order.
  public static func == (a: Shape, b: Shape) -> Bool {
    if a.rank != b.rank { return false }
    for axis in 0..<a.rank where a.size(axis) != b.size(axis) { return false }
    return true
  }

  /// Hashes the rank and the sizes.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(rank)
    for axis in 0..<rank { hasher.combine(size(axis)) }
  }

  /// The sizes as written in code, such as `[2, 3]`.
  public var description: String {
    "[" + map(String.init).joined(separator: ", ") + "]"
  }
}
