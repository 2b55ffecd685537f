import Autograd
import Tensor

/// An array of numbers in plain Swift, with which the references of the op table compute.
///
/// It shares no code with the library and is written for clarity, not speed.
package struct PlainArray: Equatable {
  package var shape: [Int]
  package var values: [Double]

  package init(shape: [Int], values: [Double]) {
    self.shape = shape
    self.values = values
  }

  /// Creates an array from a function of the multi-index of an element.
  init(shape: [Int], _ element: ([Int]) -> Double) {
    self.shape = shape
    values = []
    Self.forEachIndex(of: shape) { values.append(element($0)) }
  }

  var rank: Int { shape.count }

  /// The element at a multi-index.
  subscript(index: [Int]) -> Double {
    get { values[position(of: index)] }
    set { values[position(of: index)] = newValue }
  }

  private func position(of index: [Int]) -> Int {
    var position = 0
    for (axis, i) in index.enumerated() { position = position * shape[axis] + i }
    return position
  }

  /// Calls `body` with each multi-index in row-major order.
  static func forEachIndex(of shape: [Int], _ body: ([Int]) -> Void) {
    if shape.contains(0) { return }
    var index = [Int](repeating: 0, count: shape.count)
    while true {
      body(index)
      var axis = shape.count - 1
      while axis >= 0 {
        index[axis] += 1
        if index[axis] < shape[axis] { break }
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}

// MARK: - Element by element

extension PlainArray {
  func map(_ function: (Double) -> Double) -> PlainArray {
    PlainArray(shape: shape, values: values.map(function))
  }

  /// The array broadcast to a shape.
  func broadcast(to target: [Int]) -> PlainArray {
    if shape == target { return self }
    return PlainArray(shape: target) { index in
      let own = index.suffix(rank)
      return self[zip(own, shape).map { $1 == 1 ? 0 : $0 }]
    }
  }

  /// The shape to which two shapes broadcast.
  static func broadcast(_ a: [Int], _ b: [Int]) -> [Int] {
    let rank = max(a.count, b.count)
    let (a, b) = (
      [Int](repeating: 1, count: rank - a.count) + a,
      [Int](repeating: 1, count: rank - b.count) + b
    )
    return zip(a, b).map { $0 == 1 ? $1 : $0 }
  }

  static func map(
    _ a: PlainArray, _ b: PlainArray, _ function: (Double, Double) -> Double
  ) -> PlainArray {
    let shape = broadcast(a.shape, b.shape)
    let pairs = zip(a.broadcast(to: shape).values, b.broadcast(to: shape).values)
    return PlainArray(shape: shape, values: pairs.map(function))
  }
}

// MARK: - Along axes

extension PlainArray {
  /// The results of a function of the elements along some axes, which are dropped or kept with size
  /// 1.
  func reduced(
    along axes: [Int], keepingAxes: Bool = false, _ function: ([Double]) -> Double
  ) -> PlainArray {
    let axes = Set(axes.map { $0 < 0 ? $0 + rank : $0 })
    var runs = Self.runs(
      count: shape.enumerated().reduce(1) {
        axes.contains($1.offset) ? $0 : $0 * $1.element
      })
    let kept = shape.enumerated().map { axes.contains($0.offset) ? 1 : $0.element }
    let places = PlainArray(shape: kept, values: runs.indices.map(Double.init))
    Self.forEachIndex(of: shape) { index in
      let place = places[index.enumerated().map { axes.contains($0.offset) ? 0 : $0.element }]
      runs[Int(place)].append(self[index])
    }
    let dropped = shape.enumerated().filter { !axes.contains($0.offset) }.map(\.element)
    return PlainArray(shape: keepingAxes ? kept : dropped, values: runs.map(function))
  }

  private static func runs(count: Int) -> [[Double]] { [[Double]](repeating: [], count: count) }

  /// The results of a function of each run of elements along an axis; the runs keep their length.
  func mapRuns(along axis: Int, _ function: ([Double]) -> [Double]) -> PlainArray {
    let axis = axis < 0 ? axis + rank : axis
    var result = self
    var outer = shape
    outer[axis] = min(shape[axis], 1)
    Self.forEachIndex(of: outer) { start in
      func index(_ i: Int) -> [Int] {
        var index = start
        index[axis] = i
        return index
      }
      let run = function((0..<shape[axis]).map { self[index($0)] })
      for (i, value) in run.enumerated() { result[index(i)] = value }
    }
    return result
  }

  /// The array with its axes in another order: axis i of the result is axis `axes[i]`.
  func permuted(_ axes: [Int]) -> PlainArray {
    let axes = axes.map { $0 < 0 ? $0 + rank : $0 }
    return PlainArray(shape: axes.map { shape[$0] }) { index in
      var source = index
      for (i, axis) in axes.enumerated() { source[axis] = index[i] }
      return self[source]
    }
  }

  func reshaped(_ shape: [Int]) -> PlainArray { PlainArray(shape: shape, values: values) }

  /// The matrix product over the last two axes; the axes before them are broadcast.
  static func product(_ a: PlainArray, _ b: PlainArray) -> PlainArray {
    let (m, k, n) = (a.shape[a.rank - 2], a.shape[a.rank - 1], b.shape[b.rank - 1])
    let batch = broadcast(Array(a.shape.dropLast(2)), Array(b.shape.dropLast(2)))
    let (a, b) = (a.broadcast(to: batch + [m, k]), b.broadcast(to: batch + [k, n]))
    var values = [Double]()
    for matrix in 0..<batch.reduce(1, *) {
      for i in 0..<m {
        for j in 0..<n {
          var sum = 0.0
          for p in 0..<k {
            sum += a.values[(matrix * m + i) * k + p] * b.values[(matrix * k + p) * n + j]
          }
          values.append(sum)
        }
      }
    }
    return PlainArray(shape: batch + [m, n], values: values)
  }
}
