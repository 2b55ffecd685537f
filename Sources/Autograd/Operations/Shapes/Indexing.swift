import Tensor

extension Tensor {
  /// The elements at the given positions, with one index for each axis from the first on.
  ///
  /// ```swift
  /// x[0]                // the first row
  /// x[.all, -1]         // the last column
  /// x[1..<3, 0...]      // rows 1 and 2
  /// x[..., 0]           // the first elements along the last axis
  /// x[ids]              // the rows at int32 positions; also x[[2, 0, 1]]
  /// x[rows, columns]    // the elements at pairs of positions, broadcast
  /// x[x .< 0]           // the elements where a mask is true, as a vector
  /// x[0..<2] = y        // writes, broadcasting y
  /// x[x .< 0] = 0       // writes a number
  /// ```
  /// Positions and ranges give a view, whatever the size of the tensor. A position or range that is
  /// not within its axis, and a mask of another shape than its axes, stop the program.
  ///
  /// A tensor or an array of positions picks copies of elements, as NumPy does. An int32 tensor
  /// replaces its axis by its own shape. A bool tensor is a mask of as many axes as it has, which
  /// become one; it stands for the positions of its true elements. Several tensors are broadcast
  /// and give one result for each tuple of positions; their axes are replaced together, in the
  /// place of the first one if tensors and single positions follow one another, otherwise in front
  /// of all other axes.
  ///
  /// Assignment copies the tensor first if it shares its storage. Where positions repeat, the last
  /// value stays, also in `x[ids] += v`; ``adding(_:at:)`` adds all of them. Everything is
  /// differentiable: the gradient of an element that was read several times is added up, and that
  /// of elements that were written flows to the new values.
  public subscript(_ indices: any TensorIndexing...) -> Tensor {
    get { self[indices.map(\.tensorIndex)] }
    set { self[indices.map(\.tensorIndex)] = newValue }
  }

  /// Writes a number to the elements at the given positions: `x[x .< 0] = 0`.
  ///
  /// It stops the program if the dtype cannot hold the number. What is read is a tensor, and the
  /// value of a variable is written as one: `x[0] = Tensor(rate)`.
  @_disfavoredOverload
  public subscript(_ indices: any TensorIndexing...) -> NumberLiteral {
    @available(*, unavailable, message: "x[i] is a tensor; its only number is x[i].scalar()")
    get { NumberLiteral(self[indices.map(\.tensorIndex)].scalar()) }
    set { fill(indices.map(\.tensorIndex), with: newValue.value) }
  }

  /// The elements at the given positions, with the same number of first axes taken whole as the
  /// other indices leave: `x[..., 0]`; see the subscript of single indices.
  public subscript(_ ellipsis: UnboundedRange, _ indices: any TensorIndexing...) -> Tensor {
    get { self[[.ellipsis] + indices.map(\.tensorIndex)] }
    set { self[[.ellipsis] + indices.map(\.tensorIndex)] = newValue }
  }

  /// Writes a number to the elements at the given positions: `x[..., 0] = 1`.
  @_disfavoredOverload
  public subscript(_ ellipsis: UnboundedRange, _ indices: any TensorIndexing...) -> NumberLiteral {
    @available(*, unavailable, message: "x[i] is a tensor; its only number is x[i].scalar()")
    get { NumberLiteral(self[[.ellipsis] + indices.map(\.tensorIndex)].scalar()) }
    set { fill([.ellipsis] + indices.map(\.tensorIndex), with: newValue.value) }
  }

  /// The elements at the given positions, with an ellipsis after the first index: `x[0, ..., 1]`.
  ///
  /// Further back it is written as `.ellipsis`.
  public subscript(
    _ first: any TensorIndexing, _ ellipsis: UnboundedRange, _ others: any TensorIndexing...
  ) -> Tensor {
    get { self[[first.tensorIndex, .ellipsis] + others.map(\.tensorIndex)] }
    set { self[[first.tensorIndex, .ellipsis] + others.map(\.tensorIndex)] = newValue }
  }

  /// Writes a number to the elements at the given positions: `x[0, ..., 1] = 1`.
  @_disfavoredOverload
  public subscript(
    _ first: any TensorIndexing, _ ellipsis: UnboundedRange, _ others: any TensorIndexing...
  ) -> NumberLiteral {
    @available(*, unavailable, message: "x[i] is a tensor; its only number is x[i].scalar()")
    get {
      NumberLiteral(self[[first.tensorIndex, .ellipsis] + others.map(\.tensorIndex)].scalar())
    }
    set {
      fill([first.tensorIndex, .ellipsis] + others.map(\.tensorIndex), with: newValue.value)
    }
  }

  /// The elements at the given positions; see the subscript of single indices.
  public subscript(_ indices: [TensorIndex]) -> Tensor {
    get {
      if !indices.contains(where: \.isTensor) { return viewed(at: indices) }
      return traced(
        "subscript", [self] + indices.tensors, attributes: TensorIndex.attributes(of: indices)
      ) {
        AdvancedIndices(indices, of: self).read(self)
      }
    }
    set {
      let picks =
        indices.contains(where: \.isTensor) ? AdvancedIndices(indices, of: self) : nil
      if node == nil && newValue.node == nil && !Trace.isRunning {
        let isObserved = Observation.isOn
        if isObserved { Observation.begin() }
        makeUnique()
        write(newValue, at: indices, picks)
        if isObserved { _ = Observation.end("assignment", of: [newValue], value: newValue) }
        return
      }
      self = record(
        "assignment", self, newValue, constants: indices.tensors,
        attributes: TensorIndex.attributes(of: indices)
      ) { base, value in
        let result = Elementwise.copy(base)
        result.write(value, at: indices, picks)
        return result
      } lhs: { dy, _ in
        var gradient = dy
        gradient[indices] = Tensor(0, dtype: dy.dtype)
        return gradient
      } rhs: { dy, _ in
        let slope = dy[indices]
        if picks?.mayRepeat != true { return slope }
        // Values that others were written over have no gradient.
        let numbers = Self.numbers(slope.shape)
        var owners = Self.zeros(dy.shape, dtype: .int32)
        owners[indices] = numbers
        return select(owners[indices] .== numbers, slope, Tensor(0, dtype: dy.dtype))
      }
    }
  }

  /// The tensor with values, broadcast, added to the elements at the given positions.
  ///
  /// Values at repeated positions are added up, in order, where `x[ids] += values` keeps the last
  /// sum:
  /// ```swift
  /// counts.adding(Tensor(1), at: ids)       // np.add.at(counts, ids, 1)
  /// ```
  /// - Parameters:
  ///   - values: The values, which broadcast to the shape of the elements.
  ///   - index: The positions, as in a subscript.
  /// - Returns: The sums, in the shape of the tensor.
  public func adding<each Index: TensorIndexing>(
    _ values: Tensor, at index: repeat each Index
  ) -> Tensor {
    var indices = [TensorIndex]()
    repeat indices.append((each index).tensorIndex)
    require(dtype != .bool, "adding: not defined for bool")
    require(values.dtype == dtype, "adding: \(DType.differ(dtype, values.dtype))")
    let picks =
      indices.contains(where: \.isTensor)
      ? AdvancedIndices(indices, of: self, in: "adding") : nil
    let target = picks?.shape ?? view(at: indices, in: "adding").shape
    require(
      values.shape.broadcast(with: target) == target,
      "adding: shape \(values.shape) does not broadcast to \(target)")
    return traced(
      "adding", [self, values] + indices.tensors, attributes: TensorIndex.attributes(of: indices)
    ) {
      if let picks { return self + picks.spread(values, into: shape) }
      var result = self
      result[indices] = result[indices] + values
      return result
    }
  }

  /// The tensor with a number in place of the elements where a bool mask, broadcast, is true; dx is
  /// dy where it is false and 0 elsewhere.
  ///
  /// `x[mask] = 0` does the same in place for a mask of the first axes.
  public func filled(with number: Double, where mask: Tensor) -> Tensor {
    require(mask.dtype == .bool, "filled: the mask is \(mask.dtype), not bool")
    requireHeld(number, by: dtype, for: "filled")
    require(
      mask.shape.broadcast(with: shape) == shape,
      "filled: a mask of shape \(mask.shape) does not broadcast to \(shape)")
    return select(mask, Tensor(number, dtype: dtype), self)
  }
}

// MARK: - Along one axis

extension Tensor {
  /// The elements at the positions of an index along one axis, and everything along the others.
  subscript(along axis: Int, index: TensorIndex) -> Tensor {
    get { index.isTensor ? self[indices(index, along: axis)] : viewed(at: index, along: axis) }
    set { self[indices(index, along: axis)] = newValue }
  }

  private func indices(_ index: TensorIndex, along axis: Int) -> [TensorIndex] {
    let axis = shape.axis(axis, in: "subscript")
    return [TensorIndex](repeating: .all, count: axis) + [index]
  }

  /// A view of the elements at an index along one axis that is not a tensor.
  private func viewed(at index: TensorIndex, along axis: Int) -> Tensor {
    let axis = shape.axis(axis, in: "subscript")
    return record(
      "subscript", self,
      attributes: TensorIndex.attributes(of: indices(index, along: axis))
    ) { x in
      switch index.kind {
      case .position(let position):
        let size = x.shape.size(axis)
        let start = position < 0 ? position + size : position
        if start < 0 || start >= size {
          TensorIndex.failOutOfRange(position, axis, of: x.shape, in: "subscript")
        }
        return Views.select(x, axis: axis, position: start)
      case .range(let start, let end, let step) where step != 0:
        guard let range = TensorIndex.resolve(start, end, step, size: x.shape.size(axis)) else {
          break
        }
        return Views.slice(x, axis: axis, start: range.first, count: range.count, step: step)
      default: break
      }
      return x.view(at: indices(index, along: axis))
    } adding: { gradient, dy in
      gradient.add(dy, at: [TensorIndex](repeating: .all, count: axis) + [index])
    }
  }

  /// A view of `count` elements along one axis from `start` on.
  func slice(along axis: Int, start: Int, count: Int) -> Tensor {
    self[along: axis, TensorIndex.range(start: start, end: start + count)]
  }
}

// MARK: - Views

extension Tensor {
  /// The int32 numbers 0, 1, … in row order.
  static func numbers(_ shape: Shape) -> Tensor {
    Tensor((0..<Int32(shape.elementCount)).map { $0 }, shape: shape)
  }

  private mutating func fill(_ indices: [TensorIndex], with number: Double) {
    requireHeld(number, by: dtype, for: "assignment")
    let value = Tensor(number, dtype: dtype)
    if indices.count == 1, case .tensor(let mask) = indices[0].kind, mask.dtype == .bool,
      mask.rank > 0, mask.shape.elementsEqual(shape.prefix(mask.rank))
    {
      // Selecting is faster than finding the true elements.
      let ones = repeatElement(1, count: rank - mask.rank)
      self = select(mask.reshaped(to: Shape(Array(mask.shape) + ones)), value, self)
    } else {
      self[indices] = value
    }
  }

  /// A view of the elements at indices that include no tensor.
  func viewed(at indices: [TensorIndex]) -> Tensor {
    if indices.allSatisfy(\.keepsAxis) {
      // Every element is in the view, so that its gradient is a view as well.
      return record("subscript", self, attributes: TensorIndex.attributes(of: indices)) {
        $0.view(at: indices)
      } pullback: { dy, _ in
        dy.viewed(at: indices)
      }
    }
    return record("subscript", self, attributes: TensorIndex.attributes(of: indices)) {
      $0.view(at: indices)
    } adding: { gradient, dy in
      gradient.add(dy, at: indices)
    }
  }

  /// Writes values, broadcast, to elements of uniquely held storage.
  private func write(_ values: Tensor, at indices: [TensorIndex], _ picks: AdvancedIndices?) {
    if let picks {
      picks.write(values, over: self)
    } else {
      Views.assign(values, over: view(at: indices))
    }
  }

  /// A view of the elements at indices that include no tensor, without a graph.
  func view(at indices: [TensorIndex], in operation: StaticString = "subscript") -> Tensor {
    let taken = TensorIndex.checkedAxisCount(indices, of: shape, in: operation)
    var (shape, strides, offset) = (Shape(), Strides(), self.offset)
    var axis = 0
    for index in indices {
      switch index.kind {
      case .position(let position):
        let size = self.shape.size(axis)
        let start = position < 0 ? position + size : position
        if start < 0 || start >= size {
          TensorIndex.failOutOfRange(position, axis, of: self.shape, in: operation)
        }
        offset += start * self.strides[axis]
        axis += 1
      case .range(let start, let end, let step):
        require(step != 0, "\(operation): the step must not be 0")
        let size = self.shape.size(axis)
        guard let range = TensorIndex.resolve(start, end, step, size: size) else {
          TensorIndex.failOutOfRange(start, end, axis, of: self.shape, in: operation)
        }
        strides[shape.rank] = self.strides[axis] * step
        if range.count > 0 { offset += range.first * self.strides[axis] }
        shape.append(range.count)
        axis += 1
      case .ellipsis:
        for _ in taken..<self.shape.rank {
          strides[shape.rank] = self.strides[axis]
          shape.append(self.shape.size(axis))
          axis += 1
        }
      case .newAxis: shape.append(1)
      case .tensor: break
      }
    }
    while axis < self.shape.rank {
      strides[shape.rank] = self.strides[axis]
      shape.append(self.shape.size(axis))
      axis += 1
    }
    return Tensor(viewing: self, shape: shape, strides: strides, offset: offset)
  }
}

// MARK: - Checks

extension TensorIndex {
  /// The number of axes that indices take from a shape.
  ///
  /// More than there are stop the program, as do two ellipses.
  static func checkedAxisCount(
    _ indices: [TensorIndex], of shape: Shape, in operation: StaticString
  ) -> Int {
    var (count, ellipses) = (0, 0)
    for index in indices {
      count += index.axisCount
      if index.isEllipsis { ellipses += 1 }
    }
    require(
      count <= shape.rank,
      """
      \(operation): \(counted(count, "index", "indices")) for shape \(shape) of rank \
      \(shape.rank)
      """)
    require(
      ellipses <= 1, "\(operation): \(ellipses) ellipses for shape \(shape), at most 1 is allowed")
    return count
  }

  static func failOutOfRange(
    _ position: Int, _ axis: Int, of shape: Shape, in operation: StaticString
  ) -> Never {
    fail(
      """
      \(operation): position \(position) is out of range for axis \(axis) of size \(shape[axis]) \
      of shape \(shape)
      """)
  }

  fileprivate static func failOutOfRange(
    _ start: Int?, _ end: Int?, _ axis: Int, of shape: Shape, in operation: StaticString
  ) -> Never {
    let first = start.map(String.init) ?? "the start"
    let last = end.map(String.init) ?? "the end"
    fail(
      """
      \(operation): the range from \(first) to \(last) is not within axis \(axis) of size \
      \(shape[axis]) of shape \(shape)
      """)
  }
}

// MARK: - Traces

extension [TensorIndex] {
  /// The tensors among the indices.
  fileprivate var tensors: [Tensor] {
    compactMap { if case .tensor(let tensor) = $0.kind { tensor } else { nil } }
  }
}

extension TensorIndex {
  /// Indices as attributes: for each one a kind, and three integers whose meaning depends on it.
  ///
  /// A bound that is an end of the axis is `nil` in Swift, here the least or greatest integer.
  fileprivate static func attributes(of indices: [TensorIndex]) -> OperationAttributes {
    var kinds = [String]()
    var numbers = [Int]()
    for index in indices {
      switch index.kind {
      case .position(let position):
        kinds.append("position")
        numbers += [position, 0, 0]
      case .range(let start, let end, let step):
        kinds.append("range")
        numbers += [
          start ?? (step > 0 ? 0 : Int.max), end ?? (step > 0 ? Int.max : Int.min), step,
        ]
      case .newAxis:
        kinds.append("newAxis")
        numbers += [0, 0, 0]
      case .ellipsis:
        kinds.append("ellipsis")
        numbers += [0, 0, 0]
      case .tensor(let tensor):
        kinds.append(tensor.dtype == .bool ? "mask" : "positions")
        numbers += [0, 0, 0]
      }
    }
    return ["kinds": .text(kinds.joined(separator: " ")), "numbers": .integers(numbers)]
  }
}
