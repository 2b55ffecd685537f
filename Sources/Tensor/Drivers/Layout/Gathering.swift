import CKernels

/// Reads and writes elements and slices by int32 index.
package enum Gathering {
  /// Returns the elements of `x` at indices along an axis: y[.., i, ..] = x[.., indices[.., i, ..],
  /// ..].
  ///
  /// The shapes of `x` and the indices agree along the other axes.
  package static func gather(
    _ x: Tensor, _ indices: Tensor, along axis: Int, name: StaticString
  ) -> Tensor {
    let axis = checkedAxis(x.shape, indices, along: axis, name: name)
    let result = Tensor(uninitialized: indices.shape, dtype: x.dtype)
    let picks = Indices(indices, of: x.shape, axis, name)
    take(x, picks, into: result)
    return result
  }

  /// Returns zeros of `shape` with `values` added at the elements that ``gather(_:_:along:name:)``
  /// with the same indices reads.
  package static func scatterAdd(
    _ values: Tensor, _ indices: Tensor, along axis: Int, into shape: Shape, name: StaticString
  ) -> Tensor {
    let axis = checkedAxis(shape, indices, along: axis, name: name)
    require(
      values.shape == indices.shape,
      "\(name): shapes \(values.shape) of the values and \(indices.shape) of the indices differ")
    guard let kernel = ck_put_sum(Execution.current.kernels, values.dtype.code) else {
      fail("\(name): \(values.dtype.isUndefined)")
    }
    let result = Elementwise.copy(Tensor.zeros(shape, dtype: values.dtype))
    put(values, Indices(indices, of: shape, axis, name), into: result, kernel)
    return result
  }

  /// Returns a copy of `base` with `values` written to the elements that
  /// ``gather(_:_:along:name:)`` with the same indices reads, in order.
  package static func scatter(
    _ values: Tensor, _ indices: Tensor, along axis: Int, over base: Tensor, name: StaticString
  ) -> Tensor {
    let axis = checkedAxis(base.shape, indices, along: axis, name: name)
    require(
      values.shape == indices.shape && values.dtype == base.dtype,
      """
      \(name): values of \(values.dtype) \(values.shape) for indices of shape \(indices.shape) \
      and a tensor of \(base.dtype)
      """
    )
    let result = Elementwise.copy(base)
    let kernel = ck_put(Execution.current.kernels, base.dtype.byteCount)
    put(values, Indices(indices, of: base.shape, axis, name), into: result, kernel)
    return result
  }

  /// Writes slices over those of a contiguous tensor at positions in adjacent axes, joined to one,
  /// in order.
  static func put(_ slices: Tensor, over x: Tensor, at positions: Tensor, along axes: [Int]) {
    let first = axes[0]
    let joined = Shape(
      Array(x.shape[..<first]) + [axes.reduce(1) { $0 * x.shape[$1] }]
        + x.shape[(first + axes.count)...])
    // The positions lead the axes of the slices.
    var order = Array(1..<slices.rank)
    order.insert(0, at: first)
    let values = Views.permute(slices, order: order, name: "assignment")
    let kernel = ck_put(Execution.current.kernels, x.dtype.byteCount)
    put(values, Indices(positions: positions, of: joined, first, "assignment"), into: x, kernel)
  }

  private static func checkedAxis(
    _ shape: Shape, _ indices: Tensor, along axis: Int, name: StaticString
  ) -> Int {
    let axis = shape.axis(axis, in: name)
    require(
      indices.dtype == .int32,
      """
      \(name): the indices are \(indices.dtype), not int32; convert them: 'x.converted(to: \
      .int32)'
      """
    )
    require(
      indices.rank + 1 != shape.rank,
      """
      \(name): indices of shape \(indices.shape) for shape \(shape) lack an axis, \
      which 'indices.expanded(along: \(axis))' gives them
      """)
    require(
      indices.rank == shape.rank
        && indices.shape.removing(axis: axis) == shape.removing(axis: axis),
      "\(name): shapes \(shape) and \(indices.shape) differ along an axis other than \(axis)")
    return axis
  }

  /// Returns whether all int32 positions are from 0 up to `size`.
  package static func areWithin(_ positions: Tensor, size: Int) -> Bool {
    let numbers = positions.contiguous
    return ck_first_outside(
      numbers.pointer.assumingMemoryBound(to: Int32.self), numbers.elementCount,
      Int32(size)) == numbers.elementCount
  }

  /// Returns the slices of `x` at the positions in a vector along an axis, which are counted from
  /// its start.
  package static func indexSelect(
    _ x: Tensor, _ positions: Tensor, along axis: Int, name: StaticString
  ) -> Tensor {
    let axis = x.shape.axis(axis, in: name)
    return x.withoutRepeats(exceptAlong: axis..<axis + 1) { x in
      slices(of: x, Indices(positions: positions, of: x.shape, axis, name), axis)
    }
  }

  /// Stops at an index that is not one of `size` rows.
  package static func requireRow(_ index: Int, of size: Int) {
    require(
      index >= 0 && index < size,
      "rows: index \(index) is out of range for axis 0 of size \(size)")
  }

  /// Returns the slices of `x` at the given indices along the first axis, as a constant.
  package static func rows(_ x: Tensor, at indices: some Collection<Int>) -> Tensor {
    require(x.rank > 0, "rows: a scalar has no rows")
    let size = x.shape[0]
    let positions = indices.map { index in
      requireRow(index, of: size)
      return Int32(index)
    }
    let vector = Tensor(positions, shape: [positions.count])
    return slices(of: x, Indices(positions: vector, of: x.shape, 0, "rows"), 0)
  }

  private static func slices(of x: Tensor, _ picks: Indices, _ axis: Int) -> Tensor {
    var shape = x.shape
    shape[axis] = picks.layout.length
    let result = Tensor(uninitialized: shape, dtype: x.dtype)
    take(x, picks, into: result)
    return result
  }

  /// Returns zeros of `shape` with the slices of `values` added at the positions in a vector along
  /// an axis, in order.
  ///
  /// - Complexity: If the positions are few, proportional to the size of `values`, however large
  ///   the result.
  package static func indexAdd(
    _ values: Tensor, _ positions: Tensor, along axis: Int, into shape: Shape, name: StaticString
  ) -> Tensor {
    let axis = shape.axis(axis, in: name)
    let size = shape[axis]
    return values.withoutRepeats(exceptAlong: axis..<axis + 1) { values in
      var shape = values.shape
      shape[axis] = size
      return addSlices(values, positions, along: axis, into: shape, name)
    }
  }

  private static func addSlices(
    _ values: Tensor, _ positions: Tensor, along axis: Int, into shape: Shape, _ name: StaticString
  ) -> Tensor {
    let picks = Indices(positions: positions, of: shape, axis, name)
    guard let kernel = ck_put_sum(Execution.current.kernels, values.dtype.code) else {
      fail("\(name): \(values.dtype.isUndefined)")
    }
    if picks.blocks >= manyBlocks && values.dtype.isFloatingPoint {
      return Blending(along: axis, of: shape[axis], positions: positions).spread(values)
    }
    let parts = picks.blocks == 1 ? picks.layout.length / (4 * Swift.max(1, shape[axis])) : 1
    if parts > 1 && picks.layout.inner <= narrowSlice
      && values.elementCount >= 2 * Grain.indexedElements
    {
      return Views.reshape(
        addParts(values, picks, count: Swift.min(parts, 8), size: shape.elementCount, kernel, name),
        to: shape)
    }
    let result = zeros(
      shape, values.dtype, written: picks.blocks * picks.layout.length,
      sliceSize: picks.layout.inner * values.dtype.byteCount)
    put(values, picks, into: result, kernel)
    return result
  }

  /// Returns the sums of narrow slices for fewer positions than slices: those of consecutive parts
  /// of them, which tasks can add apart, added up.
  private static func addParts(
    _ values: Tensor, _ picks: Indices, count parts: Int, size: Int, _ kernel: ck_put_fn,
    _ name: StaticString
  ) -> Tensor {
    let sums = Elementwise.copy(Tensor.zeros([parts, size], dtype: values.dtype))
    let source = values.contiguous
    let (from, to, bytes) = (source.pointer, sums.pointer, values.dtype.byteCount)
    let length = (picks.layout.length + parts - 1) / parts
    forEachChunk(of: parts, grain: 1) { range in
      for part in range {
        let start = Swift.min(part * length, picks.layout.length)
        var layout = picks.layout
        layout.index += start
        layout.length = Swift.min(length, picks.layout.length - start)
        kernel(
          &layout, from + start * layout.inner * bytes, to + part * size * bytes, 0, 0,
          layout.inner)
      }
    }
    withExtendedLifetime((source, picks)) {}
    return Reduction.reduce(
      CK_REDUCE_SUM, sums, along: AxisMask(axis: 0), keepingAxes: false, name: name)
  }

  /// The most elements of a slice that one task adds.
  private static let narrowSlice = 64

  /// The blocks from which on each is filled with zeros and added to by one task.
  private static let manyBlocks = 16

  /// Returns zeros to which `count` slices are about to be written.
  ///
  /// If filling the whole tensor would be most of the work, only the pages that are touched get
  /// filled.
  private static func zeros(
    _ shape: Shape, _ dtype: DType, written count: Int, sliceSize: Int
  ) -> Tensor {
    let page = 4096
    let pages = shape.elementCount * dtype.byteCount / page
    // A fresh page costs about as much as filling ten pages in use.
    let isSparse = pages >= 256 && count * (sliceSize / page + 2) * 10 <= pages
    return isSparse
      ? Tensor(untouchedZeros: shape, dtype: dtype)
      : Elementwise.copy(Tensor.zeros(shape, dtype: dtype))
  }
}

extension Gathering {
  /// Checked indices along an axis of a shape, and how the elements of a tensor of rows correspond
  /// to them.
  private struct Indices {
    /// Keeps the numbers that the layout points to.
    private let storage: Tensor
    let layout: ck_indexing
    /// The number of blocks: the product of the sizes of the axes before the axis.
    let blocks: Int

    /// An index for each element of the tensor of rows.
    init(_ indices: Tensor, of shape: Shape, _ axis: Int, _ name: StaticString) {
      let length = indices.shape[axis]
      let inner = shape.around(axis).inner
      self.init(
        indices, shape, axis, length: length, blockStep: length * inner, rowStep: inner,
        columnStep: 1
      ) {
        "\(name): index \($0) is out of range for axis \(axis) of size \(shape[axis])"
      }
    }

    /// A vector of positions, one for each slice.
    init(positions: Tensor, of shape: Shape, _ axis: Int, _ name: StaticString) {
      require(
        positions.dtype == .int32,
        """
        \(name): the positions are \(positions.dtype), not int32; convert them: 'x.converted(to: \
        .int32)'
        """
      )
      self.init(
        positions, shape, axis, length: positions.elementCount, blockStep: 0, rowStep: 1,
        columnStep: 0
      ) {
        "\(name): position \($0) is out of range for axis \(axis) of size \(shape[axis])"
      }
    }

    private init(
      _ indices: Tensor, _ shape: Shape, _ axis: Int, length: Int, blockStep: Int, rowStep: Int,
      columnStep: Int, _ message: (Int32) -> String
    ) {
      storage = indices.contiguous
      let numbers = storage.pointer.assumingMemoryBound(to: Int32.self)
      let (outer, size, inner) = shape.around(axis)
      let bad = ck_first_outside(numbers, storage.elementCount, Int32(size))
      if bad < storage.elementCount { fail(message(numbers[bad])) }
      blocks = outer
      layout = ck_indexing(
        index: numbers, length: length, size: size, inner: inner, block_step: blockStep,
        row_step: rowStep, column_step: columnStep)
    }
  }

  /// Reads the rows of `result` at the indices.
  private static func take(_ x: Tensor, _ picks: Indices, into result: Tensor) {
    guard result.elementCount > 0,
      let kernel = ck_take(Execution.current.kernels, x.dtype.byteCount)
    else { return }
    let source = x.contiguous
    let (from, to) = (source.pointer, result.pointer)
    withUnsafePointer(to: picks.layout) { layout in
      forEachChunk(
        of: picks.blocks * picks.layout.length, each: picks.layout.inner,
        grain: Grain.indexedElements
      ) { rows in
        kernel(layout, from, to, rows.lowerBound, rows.upperBound)
      }
    }
    withExtendedLifetime((source, picks)) {}
  }

  /// Writes the rows of `values` to `result` at the indices, in order.
  ///
  /// Tasks are blocks, or columns of a block, so that they never write the same element.
  private static func put(
    _ values: Tensor, _ picks: Indices, into result: Tensor, _ kernel: ck_put_fn?
  ) {
    guard values.elementCount > 0, let kernel else { return }
    let source = values.contiguous
    let (from, to, layout) = (source.pointer, result.pointer, picks.layout)
    // Columns enough for whole cache lines, and for tasks of some microseconds.
    let columns = Swift.min(
      layout.inner, Swift.max(narrowSlice, Grain.items(Grain.indexedElements, each: layout.length)))
    let across = (layout.inner + columns - 1) / columns
    withUnsafePointer(to: layout) { layout in
      forEachChunk(
        of: picks.blocks * across, each: picks.layout.length * columns,
        grain: Grain.indexedElements
      ) { tasks in
        for task in tasks {
          let column = task % across * columns
          kernel(
            layout, from, to, task / across, column,
            Swift.min(layout.pointee.inner, column + columns))
        }
      }
    }
    withExtendedLifetime((source, picks)) {}
  }
}
