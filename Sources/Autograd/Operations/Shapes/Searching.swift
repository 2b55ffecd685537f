import Tensor

// Positions and counts of elements, which have no gradient.

extension Tensor {
  /// The positions of the elements that are true or not 0, in row order: int32, [n, rank].
  ///
  /// Each row is the position of one element, with one column for each axis. The vectors of
  /// positions for each axis are `x.nonzero().unstacked(along: 1)`; the elements themselves are
  /// `x[mask]`.
  public func nonzero() -> Tensor {
    traced("nonzero", [self]) { positionsOfTrueElements() }
  }

  private func positionsOfTrueElements() -> Tensor {
    var rest = Searching.truePositions(Elementwise.convert(self, to: .bool))
    if rank == 0 { return Self.zeros([rest.elementCount, 0], dtype: .int32) }
    var columns = [Tensor]()
    for axis in shape.indices.dropFirst().reversed() {
      let size = Double(Swift.max(shape[axis], 1))
      columns.append(rest % size)
      rest = rest / size
    }
    columns.append(rest)
    return stacked(columns.reversed(), along: 1)
  }

  /// The different elements in ascending order, a vector.
  ///
  /// Each NaN is different from all others, and comes last.
  public func unique() -> Tensor {
    // Without positions and counts, which take several times as long.
    if !Trace.isRunning {
      let ascending = Sorting.sort(
        detached.reshaped(to: [elementCount]), along: 0, descending: false)
      return ascending[ascending.differsFromLast]
    }
    return uniqueCounts().values
  }

  /// Whether each element of a vector differs from the one before it; the first one does.
  private var differsFromLast: Tensor {
    if elementCount == 0 { return Self.zeros([0], dtype: .bool) }
    return concatenated([Self.ones([1], dtype: .bool), self[1...] .!= self[..<(-1)]])
  }

  /// The different elements in ascending order, how often each of them occurs, and the position
  /// among them of each element of the tensor.
  ///
  /// The counts are an int32 vector like the values; the positions are int32 and have the shape of
  /// the tensor, which is `values[inverse]`.
  public func uniqueCounts() -> (values: Tensor, counts: Tensor, inverse: Tensor) {
    let results = tracedTogether("unique", [self]) {
      let results = differentElements()
      return [results.values, results.counts, results.inverse]
    }
    return (results[0], results[1], results[2])
  }

  private func differentElements() -> (values: Tensor, counts: Tensor, inverse: Tensor) {
    let flat = detached.reshaped(to: [elementCount])
    let order = flat.argsort(along: 0)
    let ascending = flat.selected(at: order, along: 0)
    if elementCount == 0 {
      let none = Self.zeros([0], dtype: .int32)
      return (ascending, none, none.reshaped(to: shape))
    }
    let isNew = ascending.differsFromLast
    let numbers = isNew.converted(to: .int32).cumulativeSum(along: 0) - 1
    let values = ascending[isNew]
    let counts = Self.zeros(values.shape, dtype: .int32).adding(
      Tensor(1, dtype: .int32), at: numbers)
    let inverse = numbers.scattered(numbers, at: order, along: 0)
    return (values, counts, inverse.reshaped(to: shape))
  }

  /// How often each of the numbers 0, 1, … occurs among the int32 elements, an int32 vector.
  ///
  /// - Parameter minimumCount: The least number of counts; there are more of them if an element is
  ///   not smaller. A negative element stops the program.
  /// - Returns: The counts, a vector.
  public func binCounts(minimumCount: Int = 0) -> Tensor {
    let count = checkedBinCount(minimumCount)
    return traced("binCounts", [self]) {
      Searching.binCounts(self, count: count)
    }
  }

  /// The sums of the weights of the elements equal to 0, 1, …, a vector of the dtype of the
  /// weights; see ``binCounts(minimumCount:)``.
  ///
  /// The weights have the shape of the tensor. The gradient of a weight is that of its sum.
  public func binCounts(weights: Tensor, minimumCount: Int = 0) -> Tensor {
    let count = checkedBinCount(minimumCount)
    require(
      weights.shape == shape,
      "binCounts: shapes \(shape) and \(weights.shape) of the weights differ")
    require(weights.dtype != .bool, "binCounts: not defined for weights of bool")
    return traced("binCounts", [self, weights]) {
      Self.zeros([count], dtype: weights.dtype).adding(weights, at: self)
    }
  }

  private func checkedBinCount(_ minimumCount: Int) -> Int {
    require(
      dtype == .int32,
      "binCounts: the elements are \(dtype), not int32; convert them: 'x.converted(to: .int32)'")
    require(
      minimumCount >= 0, "binCounts: the number of counts must be at least 0, got \(minimumCount)")
    if elementCount == 0 { return minimumCount }
    let least = Int(self.min().scalar())
    require(least >= 0, "binCounts: the element \(least) is negative")
    return Swift.max(minimumCount, Int(self.max().scalar()) + 1)
  }

  /// The int32 positions at which values would be inserted into this ascending vector to keep it
  /// sorted, in the shape of the values.
  ///
  /// Position i has x[i − 1] < v ≤ x[i], or x[i − 1] ≤ v < x[i] after equal elements. NaN counts
  /// as greater than every number. A vector that is not sorted gives positions without a meaning.
  ///
  /// - Parameters:
  ///   - values: The values, of the same dtype.
  ///   - afterEqual: Whether the positions are those after equal elements, not in front of them:
  ///     `right=True` in PyTorch, `side="right"` in NumPy.
  /// - Returns: The positions, from 0 to the size of this vector.
  public func searchSorted(_ values: Tensor, afterEqual: Bool = false) -> Tensor {
    recordConstant("searchSorted", self, values, attributes: ["afterEqual": .flag(afterEqual)]) {
      Searching.insertionPoints(of: values, in: self, afterEqual: afterEqual)
    }
  }
}
