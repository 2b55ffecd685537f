extension Shape {
  /// Returns `axis` counted from 0, where -1 means the last axis.
  ///
  /// An axis out of range stops the program with a message that names `operation`.
  @inline(__always)
  package func axis(_ axis: Int, in operation: StaticString) -> Int {
    let resolved = axis < 0 ? axis + rank : axis
    if resolved < 0 || resolved >= rank { failOutOfRange(axis, operation) }
    return resolved
  }

  // Apart, so that the check is short enough to be part of each read of a size.
  @inline(never)
  private func failOutOfRange(_ axis: Int, _ operation: StaticString) -> Never {
    fail("\(operation): axis \(axis) is out of range for shape \(self) of rank \(rank)")
  }

  /// Returns the set of the given axes, which may be negative.
  ///
  /// A duplicate stops the program.
  package func axisMask(_ axes: some Sequence<Int>, in operation: StaticString) -> AxisMask {
    var mask = AxisMask()
    for axis in axes {
      let resolved = self.axis(axis, in: operation)
      require(!mask.contains(resolved), "\(operation): axis \(axis) is named twice")
      mask.insert(resolved)
    }
    return mask
  }

  /// Returns the shape to which two shapes broadcast, or `nil`: aligned at the last axis, sizes
  /// must agree or be 1.
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

  /// Returns this shape with a size of -1 replaced by the one that gives `count` elements, or `nil`
  /// if there is none.
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

  /// Returns the shape of a reduction along the axes in `mask`, which are dropped or kept with size
  /// 1.
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

  /// Returns this shape without `axis`.
  package func removing(axis: Int) -> Shape {
    reduced(along: AxisMask(axis: axis), keepingAxes: false)
  }

  /// Returns this shape with an axis of `size` inserted before `axis`.
  package func inserting(_ size: Int, at axis: Int) -> Shape {
    var result = Shape()
    for i in 0..<rank {
      if i == axis { result.append(size) }
      result.append(self.size(i))
    }
    if axis == rank { result.append(size) }
    return result
  }

  /// Returns the axes that were added or stretched when `original` was broadcast to this shape.
  package func axesBroadcast(from original: Shape) -> AxisMask {
    var mask = AxisMask()
    let shift = rank - original.rank
    for axis in 0..<rank where axis < shift || original.size(axis - shift) != size(axis) {
      mask.insert(axis)
    }
    return mask
  }

  /// Returns the number of elements outside `axis`, its size, and the number of elements inside it.
  package func around(_ axis: Int) -> (outer: Int, length: Int, inner: Int) {
    (self[..<axis].reduce(1, *), self[axis], self[(axis + 1)...].reduce(1, *))
  }

  /// Returns the numbers of elements outside, along and inside the axes in `mask`, or `nil` if
  /// these are not adjacent.
  func split(by mask: AxisMask) -> (outer: Int, masked: Int, inner: Int)? {
    var (outer, masked, inner) = (1, 1, 1)
    var seen = false
    var ended = false
    for axis in 0..<rank {
      let size = size(axis)
      if mask.contains(axis) {
        if ended && size != 1 { return nil }
        seen = true
        masked *= size
      } else if seen {
        if size != 1 { ended = true }
        inner *= size
      } else {
        outer *= size
      }
    }
    return (outer, masked, inner)
  }

  /// Returns the last of the groups of adjacent axes that `mask` consists of; axes of size 1 do not
  /// separate.
  func lastAdjacentAxes(of mask: AxisMask) -> AxisMask {
    var group = AxisMask()
    for axis in stride(from: rank - 1, through: 0, by: -1) {
      if mask.contains(axis) {
        group.insert(axis)
      } else if group.count > 0 && size(axis) != 1 {
        break
      }
    }
    return group
  }

  /// Returns the order of axes in which those in `mask` follow the others.
  func order(movingToEnd mask: AxisMask) -> [Int] {
    var order = [Int]()
    order.reserveCapacity(rank)
    for axis in 0..<rank where !mask.contains(axis) { order.append(axis) }
    for axis in 0..<rank where mask.contains(axis) { order.append(axis) }
    return order
  }
}

/// A set of axes.
package struct AxisMask: Sendable, Equatable {
  package var bits: UInt8 = 0

  /// Creates an empty set.
  package init() {}

  /// Creates the set of one axis.
  package init(axis: Int) { bits = 1 << UInt8(axis) }

  /// Creates the set of all axes of a shape of `rank` axes.
  package init(allOf rank: Int) { bits = rank == 8 ? .max : (1 << UInt8(rank)) - 1 }

  package func contains(_ axis: Int) -> Bool { bits & (1 << UInt8(axis)) != 0 }
  package mutating func insert(_ axis: Int) { bits |= 1 << UInt8(axis) }
  package var count: Int { bits.nonzeroBitCount }
  func subtracting(_ other: AxisMask) -> AxisMask {
    var result = self
    result.bits &= ~other.bits
    return result
  }
}
