import Tensor

// Operations that reverse, shift and repeat elements.

extension Tensor {
  /// A view of the tensor with the order of the elements reversed along some axes.
  public func flipped(along axes: Int...) -> Tensor {
    var indices = [TensorIndex](repeating: .all, count: rank)
    for axis in axes {
      let axis = shape.axis(axis, in: "flipped")
      indices[axis] = indices[axis].isWholeAxis ? .every(-1) : .all
    }
    return viewed(at: indices)
  }

  /// The elements shifted along an axis by `shift` places; those shifted out enter at the other
  /// end.
  public func rolled(by shift: Int, along axis: Int) -> Tensor {
    let size = shape[shape.axis(axis, in: "rolled")]
    if size == 0 { return self }
    let start = ((-shift) % size + size) % size
    if start == 0 { return self }
    return record(
      "rolled", self, attributes: ["axis": .integer(axis), "start": .integer(start)]
    ) {
      let axis = $0.shape.axis(axis, in: "rolled")
      let parts = [
        Views.slice($0, axis: axis, start: start, count: size - start),
        Views.slice($0, axis: axis, start: 0, count: start),
      ]
      return Concatenation.forward(parts, along: axis)
    } pullback: { dy, _ in
      dy.rolled(by: -shift, along: axis)
    }
  }

  /// The whole tensor repeated `counts[i]` times along each axis i, with one count for each axis.
  public func tiled(_ counts: Int...) -> Tensor {
    require(
      counts.count == rank && counts.allSatisfy { $0 >= 0 },
      "tiled: the counts \(counts) do not fit shape \(shape) of rank \(rank)")
    if rank + counts.count(where: { $0 != 1 }) > Shape.maximumRank {
      // One axis after the other, because a shape has no room for all of them.
      return counts.enumerated().reduce(self) { result, repetition in
        let (outer, length, inner) = result.shape.around(repetition.offset)
        return result.repeatedBlocks(
          repetition.element, [outer, length * inner], along: repetition.offset)
      }
    }
    var (once, repeated, target) = (Shape(), Shape(), Shape())
    for (size, count) in zip(shape, counts) {
      if count != 1 {
        once.append(1)
        repeated.append(count)
      }
      once.append(size)
      repeated.append(size)
      target.append(count * size)
    }
    return reshaped(to: once).broadcast(to: repeated).reshaped(to: target)
  }

  /// The tensor with each element repeated `count` times in a row along an axis.
  public func repeated(_ count: Int, along axis: Int) -> Tensor {
    require(count >= 0, "repeated: the count must be at least 0, got \(count)")
    let axis = shape.axis(axis, in: "repeated")
    let (outer, length, inner) = shape.around(axis)
    return repeatedBlocks(count, [outer * length, inner], along: axis)
  }

  /// The tensor with the element at position i repeated `counts[i]` times in a row along an axis.
  public func repeated(_ counts: [Int], along axis: Int) -> Tensor {
    let axis = shape.axis(axis, in: "repeated")
    require(
      counts.count == shape[axis] && counts.allSatisfy { $0 >= 0 },
      """
      repeated: the counts \(counts) do not fit axis \(axis) of size \(shape[axis]) of shape \
      \(shape)
      """)
    let positions = counts.enumerated().flatMap { repeatElement(Int32($0), count: $1) }
    return selected(
      at: Tensor(positions, shape: [positions.count]), along: axis, in: "repeated")
  }

  /// The tensor with each row of a matrix of its elements repeated, which multiplies the size of an
  /// axis.
  private func repeatedBlocks(_ count: Int, _ matrix: Shape, along axis: Int) -> Tensor {
    var target = shape
    target[axis] *= count
    return reshaped(to: matrix.inserting(1, at: 1))
      .broadcast(to: matrix.inserting(count, at: 1)).reshaped(to: target)
  }
}
