/// The nested loops over the elements of up to three operands broadcast to one shape, in row order.
///
/// Axes along which all operands step evenly are merged, so that most nests are a single run for a
/// kernel.
struct LoopNest {
  private(set) var sizes = InlineArray<8, Int>(repeating: 1)
  private(set) var steps: InlineArray<3, Strides>
  private(set) var depth = 0
  let operandCount: Int

  /// The length of the innermost run.
  private(set) var runLength = 1
  /// The number of runs.
  private(set) var runCount = 1

  init(over shape: Shape, _ a: Tensor) {
    self.init(over: shape, InlineArray<3, Strides> { _ in a.strides(broadcastTo: shape) }, 1)
  }

  init(over shape: Shape, _ a: Tensor, _ b: Tensor) {
    self.init(
      over: shape, [a.strides(broadcastTo: shape), b.strides(broadcastTo: shape), Strides()], 2)
  }

  init(over shape: Shape, _ a: Tensor, _ b: Tensor, _ c: Tensor) {
    self.init(
      over: shape,
      [
        a.strides(broadcastTo: shape), b.strides(broadcastTo: shape),
        c.strides(broadcastTo: shape),
      ], 3)
  }

  private init(over shape: Shape, _ strides: InlineArray<3, Strides>, _ operandCount: Int) {
    steps = InlineArray(repeating: Strides())
    self.operandCount = operandCount
    for axis in 0..<shape.rank where shape.size(axis) != 1 {
      let size = shape.size(axis)
      if depth > 0 && canMerge(axis, of: size, strides) {
        sizes[depth - 1] *= size
        for i in 0..<operandCount { steps[i][depth - 1] = strides[i][axis] }
      } else {
        sizes[depth] = size
        for i in 0..<operandCount { steps[i][depth] = strides[i][axis] }
        depth += 1
      }
    }
    if depth > 0 {
      runLength = sizes[depth - 1]
      for level in 0..<depth - 1 { runCount *= sizes[level] }
    }
    if runLength == 0 { runCount = 0 }
  }

  private func canMerge(_ axis: Int, of size: Int, _ strides: InlineArray<3, Strides>) -> Bool {
    for i in 0..<operandCount where steps[i][depth - 1] != strides[i][axis] * size { return false }
    return true
  }

  /// Returns the step of an operand within a run.
  func runStep(_ operand: Int) -> Int { depth == 0 ? 0 : steps[operand][depth - 1] }

  /// Returns the step of an operand from one run to the next along the level around them.
  func rowStep(_ operand: Int) -> Int { steps[operand][depth - 2] }

  /// Whether a kernel for rows is the best for the runs of two operands: they are long enough for
  /// vectors, are read in order, or of one number, and many follow one another.
  var hasRows: Bool {
    let (first, second) = (runStep(0), runStep(1))
    return runCount > 1 && runLength >= Self.shortestRow
      && runLength * sizes[depth - 2] >= Self.fewestElements && (first == 1 || first == 0)
      && (second == 1 || second == 0) && first + second > 0
  }

  private static let shortestRow = 16
  private static let fewestElements = 512

  /// Calls `body` for runs that together visit all elements, with the offsets of the operands and
  /// of the result in elements and the length of the run.
  ///
  /// The runs are spread over threads in tasks that depend on the nest and `grain`, a number of
  /// elements, alone.
  func forEachRun(grain: Int, _ body: (InlineArray<3, Int>, Int, Int) -> Void) {
    if runCount <= 1 {
      if runCount == 0 { return }
      let (s0, s1, s2) = (runStep(0), runStep(1), runStep(2))
      forEachChunk(of: runLength, grain: grain) { range in
        let start = range.lowerBound
        body([start * s0, start * s1, start * s2], start, range.count)
      }
      return
    }
    forEachChunk(of: runCount, each: runLength, grain: grain) { runs in
      var index = indices(ofRun: runs.lowerBound)
      var offsets = self.offsets(at: index)
      for run in runs {
        body(offsets, run * runLength, runLength)
        var level = depth - 2
        while level >= 0 {
          index[level] += 1
          for i in 0..<operandCount { offsets[i] += steps[i][level] }
          if index[level] < sizes[level] { break }
          for i in 0..<operandCount { offsets[i] -= steps[i][level] * sizes[level] }
          index[level] = 0
          level -= 1
        }
      }
    }
  }

  /// Calls `body` for groups of runs that follow one another along the level around them, with the
  /// offsets of the operands and of the result at the first run and the number of runs.
  ///
  /// The tasks are those of `forEachRun`. There must be more than one run.
  func forEachGroupOfRuns(grain: Int, _ body: (InlineArray<3, Int>, Int, Int) -> Void) {
    let size = sizes[depth - 2]
    forEachChunk(of: runCount, each: runLength, grain: grain) { runs in
      var run = runs.lowerBound
      while run < runs.upperBound {
        let count = Swift.min(size - run % size, runs.upperBound - run)
        body(offsets(at: indices(ofRun: run)), run * runLength, count)
        run += count
      }
    }
  }

  private func indices(ofRun run: Int) -> InlineArray<8, Int> {
    var (rest, index) = (run, InlineArray<8, Int>(repeating: 0))
    for level in stride(from: depth - 2, through: 0, by: -1) {
      index[level] = rest % sizes[level]
      rest /= sizes[level]
    }
    return index
  }

  private func offsets(at index: InlineArray<8, Int>) -> InlineArray<3, Int> {
    var offsets = InlineArray<3, Int>(repeating: 0)
    for level in 0..<Swift.max(0, depth - 1) {
      for i in 0..<operandCount { offsets[i] += index[level] * steps[i][level] }
    }
    return offsets
  }
}
