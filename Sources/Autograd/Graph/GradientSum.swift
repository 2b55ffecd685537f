import Tensor

/// The sum of the gradients that have arrived at a tensor, some of them at views of a part of it.
///
/// Parts along one axis that do not overlap, as those of ``Tensor/split(into:along:)`` and the
/// steps of a sequence, are written to memory without zeros, and only what no part covers is
/// filled with zeros at the end.
struct GradientSum {
  private var sum: Tensor
  /// What has been written, or `nil` if all elements have been.
  private var written: WrittenRanges?

  init(_ sum: consuming Tensor) {
    self.sum = sum
  }

  /// Creates a sum that nothing has arrived at.
  init(of shape: Shape, dtype: DType) {
    sum = Tensor(uninitialized: shape, dtype: dtype)
    written = WrittenRanges()
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
    if dy.graph == nil, written != nil, let (axis, range) = sum.shape.run(of: indices),
      written?.insert(range, along: axis) == true
    {
      Views.assign(dy, over: sum.view(at: indices))
      if written?.covers(sum.shape) == true { written = nil }
      return
    }
    fillRest()
    sum[indices] += dy
  }

  /// Writes zeros where nothing was written.
  private mutating func fillRest() {
    guard let ranges = written.take() else { return }
    if ranges.isEmpty || sum.rank == 0 {
      sum = Elementwise.copy(Tensor.zeros(sum.shape, dtype: sum.dtype))
      return
    }
    let zero = Tensor.zeros([], dtype: sum.dtype)
    for rest in ranges.gaps(in: sum.shape) {
      let view = Views.slice(sum, axis: ranges.axis, start: rest.lowerBound, count: rest.count)
      Views.assign(Views.broadcast(zero, to: view.shape), over: view)
    }
  }
}

/// Ranges along an axis, in order, none of which touches another.
private struct WrittenRanges {
  private(set) var axis = 0
  private var ranges: [Range<Int>] = []

  var isEmpty: Bool { ranges.isEmpty }

  func covers(_ shape: Shape) -> Bool { ranges.count == 1 && ranges[0].count == shape[axis] }

  /// Adds a range unless it is along another axis, or some of it is there already.
  ///
  /// - Returns: Whether it was added.
  mutating func insert(_ range: Range<Int>, along axis: Int) -> Bool {
    if range.isEmpty { return true }
    if isEmpty { self.axis = axis }
    guard self.axis == axis else { return false }
    // Those from `first` up to `end` touch the new one and are joined with it.
    let first = ranges.firstIndex { $0.upperBound >= range.lowerBound } ?? ranges.count
    var (end, joined) = (first, range)
    if end < ranges.count, ranges[end].upperBound == range.lowerBound {
      joined = ranges[end].lowerBound..<range.upperBound
      end += 1
    }
    if end < ranges.count, ranges[end].lowerBound <= range.upperBound {
      guard ranges[end].lowerBound == range.upperBound else { return false }
      joined = joined.lowerBound..<ranges[end].upperBound
      end += 1
    }
    ranges.replaceSubrange(first..<end, with: CollectionOfOne(joined))
    return true
  }

  /// The ranges between those that are there.
  func gaps(in shape: Shape) -> [Range<Int>] {
    let starts = [0] + ranges.map(\.upperBound)
    let ends = ranges.map(\.lowerBound) + [shape[axis]]
    return zip(starts, ends).map { $0..<$1 }.filter { !$0.isEmpty }
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
