import Tensor

extension Tensor {
  /// The int32 positions that sort the elements along an axis; equal elements keep their order.
  ///
  /// NaN is sorted as the greatest element.
  public func argsort(along axis: Int = -1, descending: Bool = false) -> Tensor {
    recordConstant(
      "argsort", self, attributes: ["axis": .integer(axis), "descending": .flag(descending)]
    ) {
      Sorting.argsort(self, along: axis, descending: descending)
    }
  }

  /// The elements sorted along an axis; the gradient flows to the position each element came from.
  ///
  /// NaN is sorted as the greatest element.
  public func sorted(along axis: Int = -1, descending: Bool = false) -> Tensor {
    let axis = shape.axis(axis, in: "sorted")
    if graph == nil {
      // Without positions, which take twice the time.
      return recordConstant(
        "sorted", self, attributes: ["axis": .integer(axis), "descending": .flag(descending)]
      ) {
        Sorting.sort(self, along: axis, descending: descending)
      }
    }
    return gathered(at: argsort(along: axis, descending: descending), along: axis)
  }

  /// The `count` greatest elements along an axis, in descending order, and their int32 positions.
  ///
  /// Of equal elements the first ones come first, and NaN counts as the greatest element.
  public func topK(_ count: Int, along axis: Int = -1) -> (values: Tensor, indices: Tensor) {
    let resolved = shape.axis(axis, in: "topK")
    require(
      count >= 0 && count <= shape[resolved],
      """
      topK: cannot take \(counted(count, "element")) along axis \(axis) of size \
      \(shape[resolved]) of shape \(shape)
      """)
    let indices = recordConstant(
      "topPositions", self, attributes: ["axis": .integer(resolved), "count": .integer(count)]
    ) {
      Sorting.topPositions(self, count: count, along: resolved)
    }
    return (gathered(at: indices, along: axis), indices)
  }
}
