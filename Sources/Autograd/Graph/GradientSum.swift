import Tensor

/// The sum of the gradients that have arrived at a tensor, some of them at views of a part of it.
///
/// Parts that follow one another along an axis, as those of ``Tensor/split(into:along:)`` and the
/// steps of a sequence do, are written to memory without zeros, and only what no part covers is
/// filled with zeros at the end.
struct GradientSum {
  private var sum: Tensor
  /// The range along an axis that has been written.
  ///
  /// It is `nil` if all elements have been.
  private var written: (axis: Int, range: Range<Int>)?

  init(_ sum: consuming Tensor) {
    self.sum = sum
  }

  /// Creates a sum that nothing has arrived at.
  init(of shape: Shape, dtype: DType) {
    sum = Tensor(uninitialized: shape, dtype: dtype)
    written = (0, 0..<0)
  }

  /// The sum of all that has arrived.
  consuming func finished() -> Tensor {
    fillRest()
    return sum
  }

  /// Adds the gradient of the whole tensor.
  mutating func add(_ dy: consuming Tensor) {
    fillRest()
    sum += dy
  }

  /// Adds the gradient of the view of the elements at indices that include no tensor.
  mutating func add(_ dy: Tensor, at indices: [TensorIndex]) {
    // What carries a graph is added by operations that do too.
    if dy.graph == nil, let written, let (axis, range) = sum.shape.run(of: indices),
      written.range.isEmpty || written.axis == axis,
      let joined = written.range.joined(with: range)
    {
      Views.assign(dy, over: sum.view(at: indices))
      self.written = joined.count == sum.shape[axis] ? nil : (axis, joined)
      return
    }
    fillRest()
    sum[indices] += dy
  }

  /// Writes zeros where nothing was written.
  private mutating func fillRest() {
    guard let (axis, range) = written else { return }
    written = nil
    if range.isEmpty || sum.rank == 0 {
      sum = Elementwise.copy(Tensor.zeros(sum.shape, dtype: sum.dtype))
      return
    }
    let zero = Tensor.zeros([], dtype: sum.dtype)
    for rest in [0..<range.lowerBound, range.upperBound..<sum.shape[axis]] where !rest.isEmpty {
      let view = Views.slice(sum, axis: axis, start: rest.lowerBound, count: rest.count)
      Views.assign(Views.broadcast(zero, to: view.shape), over: view)
    }
  }
}

extension Range<Int> {
  /// The two ranges as one, if they follow one another or one of them is empty.
  fileprivate func joined(with other: Range<Int>) -> Range<Int>? {
    if isEmpty { return other }
    if other.isEmpty { return self }
    if upperBound == other.lowerBound { return lowerBound..<other.upperBound }
    if other.upperBound == lowerBound { return other.lowerBound..<upperBound }
    return nil
  }
}

extension Shape {
  /// The axis, and the range along it, whose elements indices pick in order if they take all other
  /// axes whole.
  fileprivate func run(of indices: [TensorIndex]) -> (axis: Int, range: Range<Int>)? {
    var found: (axis: Int, range: Range<Int>)?
    var axis = 0
    for (place, index) in indices.enumerated() {
      switch index.kind {
      case .newAxis: continue
      case .ellipsis: axis = rank - indices[(place + 1)...].reduce(0) { $0 + $1.axisCount }
      case .range(nil, nil, 1): axis += 1
      case .position(let position):
        let start = position < 0 ? position + size(axis) : position
        if found != nil { return nil }
        found = (axis, start..<start + 1)
        axis += 1
      case .range(let start, let end, 1):
        let range = TensorIndex.resolve(start, end, 1, size: size(axis))
        guard found == nil, let range else { return nil }
        found = (axis, range.first..<range.first + range.count)
        axis += 1
      case .range, .tensor: return nil
      }
    }
    return found
  }
}
