import CKernels

extension FusedLoop {
  /// The memory of one task: an operand for each of the loop's, which moves on block by block, and
  /// scratch memory.
  private struct Task {
    let operands: UnsafeMutableBufferPointer<ck_link>
    let scratch: UnsafeMutableRawPointer
  }

  /// Computes all elements, and what is computed from their sums.
  func run() {
    if let first = sums.first {
      runWithSums(count: first.count, length: first.length, first.pieceLength, first.pieces)
    } else {
      forEachChunk(of: count, grain: grain) { range in
        withTask(at: range.lowerBound) { compute(range, $0) }
      }
    }
    for step in lastSteps {
      withUnsafeTemporaryAllocation(of: ck_link.self, capacity: step.places.count) { operands in
        for (index, place) in step.places.enumerated() {
          operands.initializeElement(
            at: index, to: ck_link(x: place.start, op: 0, step: Int32(place.step)))
        }
        step.kernel.run(operands, step.count)
      }
    }
  }

  /// Computes all elements and their sums, cut into the pieces of sums of elements in memory.
  private func runWithSums(count: Int, length: Int, _ pieceLength: Int, _ pieces: Int) {
    let partials = sums.map { sums in
      pieces > 1 ? Tensor(uninitialized: [count * pieces], dtype: sums.dtype) : nil
    }
    let targets = zip(sums, partials).map { $1?.pointer ?? $0.start }
    forEachChunk(of: count * pieces, each: pieceLength, grain: Grain.elements) { range in
      func start(of piece: Int) -> Int { piece / pieces * length + piece % pieces * pieceLength }
      let laneCount = Int(CK_SUM_LANES)
      withTask(at: start(of: range.lowerBound)) { task in
        withScratch(of: Double.self, count: laneCount * sums.count) { lanes in
          guard let base = lanes.baseAddress else { return }
          for piece in range {
            let first = start(of: piece)
            let end = min(first + pieceLength, (piece / pieces + 1) * length)
            lanes.initialize(repeating: 0)
            compute(first..<end, task, addingTo: base)
            for (index, sums) in sums.enumerated() {
              sums.lanes(
                base + index * laneCount, targets[index] + piece * sums.dtype.byteCount)
            }
          }
        }
      }
    }
    for (sums, partial) in zip(sums, partials) {
      guard let partial else { continue }
      let results = Reduction.totals(of: partial, count: count)
      sums.start.copyMemory(from: results.pointer, byteCount: count * sums.dtype.byteCount)
    }
  }

  /// Calls `body` with the memory of a task that begins with some element.
  private func withTask(at start: Int, _ body: (Task) -> Void) {
    withScratch(byteCount: slotCount * Self.slotSize) { scratch in
      withUnsafeTemporaryAllocation(of: ck_link.self, capacity: operands.count) { links in
        for (index, operand) in operands.enumerated() {
          let place = operand.place
          let x = place.start.map { $0 + start * place.advance } ?? scratch + place.offset
          links.initializeElement(
            at: index,
            to: ck_link(x: x, op: Int32(operand.link.rawValue), step: Int32(place.step)))
        }
        body(Task(operands: links, scratch: scratch))
      }
    }
  }

  /// Computes some elements, to which the operands point, and adds them to the lanes of the sums.
  private func compute(
    _ range: Range<Int>, _ task: Task, addingTo lanes: UnsafeMutablePointer<Double>? = nil
  ) {
    let kernels = Execution.current.kernels
    let isWhole = slotCount == 0 && sums.isEmpty
    let blockLength = isWhole ? range.count : Self.blockLength
    operands.withUnsafeBufferPointer { operands in
      steps.withUnsafeBufferPointer { steps in
        var start = range.lowerBound
        while start < range.upperBound {
          var end = min(range.upperBound, start + blockLength)
          // Blocks end where long rows do, so that these need not be gathered; but those of sums
          // are cut as they are in memory.
          if sums.isEmpty {
            for row in rowLengths { end = min(end, (start / row + 1) * row) }
          }
          if !nests.isEmpty { gather(operands, start..<end, task, kernels) }
          for step in steps {
            let links = UnsafeMutableBufferPointer(rebasing: task.operands[step.operands])
            switch step.work {
            case .kernel(let kernel): kernel.run(links, end - start)
            case .links(let run): run(links.baseAddress, links.count, end - start)
            }
          }
          for index in operands.indices where operands[index].place.nest < 0 {
            task.operands[index].x += (end - start) * operands[index].place.advance
          }
          if let lanes {
            for (index, sums) in sums.enumerated() {
              let place = sums.elements
              let elements =
                place.start.map { $0 + start * place.size } ?? task.scratch + place.offset
              sums.block(elements, end - start, lanes + index * Int(CK_SUM_LANES))
            }
          }
          start = end
        }
      }
    }
  }

  /// Points to the elements of tensors that are broadcast along rows; those of several short rows
  /// are copied to scratch memory.
  private func gather(
    _ operands: UnsafeBufferPointer<Operand>, _ block: Range<Int>, _ task: Task,
    _ kernels: OpaquePointer
  ) {
    for index in operands.indices where operands[index].place.nest >= 0 {
      let place = operands[index].place
      guard let start = place.start else { continue }
      let (offset, isOneRun) = nests[place.nest].position(of: block)
      if isOneRun {
        task.operands[index].x = start + offset * place.size
        task.operands[index].step = Int32(nests[place.nest].runStep(0))
      } else {
        let target = task.scratch + place.offset
        nests[place.nest].gather(block, from: start, size: place.size, into: target, kernels)
        task.operands[index].x = target
        task.operands[index].step = 1
      }
    }
  }
}

extension PendingOperation.Kernel {
  /// Computes `count` elements; the operands are the inputs and the result.
  fileprivate func run(_ operands: UnsafeMutableBufferPointer<ck_link>, _ count: Int) {
    func step(_ index: Int) -> Int { Int(operands[index].step) }
    switch self {
    case .unary(let kernel, _):
      kernel(operands[0].x, step(0), operands[1].x, count)
    case .binary(let kernel, _):
      kernel(operands[0].x, step(0), operands[1].x, step(1), operands[2].x, count)
    case .select(let kernel):
      kernel(
        operands[0].x.assumingMemoryBound(to: UInt8.self), step(0), operands[1].x, step(1),
        operands[2].x, step(2), operands[3].x, count)
    case .sums: break
    }
  }
}

extension LoopNest {
  /// The offset of the first of some elements of the only operand, and whether they belong to one
  /// run.
  fileprivate func position(of elements: Range<Int>) -> (offset: Int, isOneRun: Bool) {
    let (run, first) = elements.lowerBound.quotientAndRemainder(dividingBy: runLength)
    var offset = first * runStep(0)
    var rest = run
    // Divisions take long, and the outermost level needs none.
    for level in stride(from: depth - 2, to: 0, by: -1) {
      let (outer, index) = rest.quotientAndRemainder(dividingBy: sizes[level])
      offset += index * steps[0][level]
      rest = outer
    }
    if depth > 1 { offset += rest * steps[0][0] }
    return (offset, first + elements.count <= runLength)
  }

  /// Copies elements of the only operand to consecutive memory.
  fileprivate func gather(
    _ elements: Range<Int>, from start: UnsafeMutableRawPointer, size: Int,
    into target: UnsafeMutableRawPointer, _ kernels: OpaquePointer
  ) {
    guard let move = ck_move(kernels, size) else { return }
    var first = elements.lowerBound
    while first < elements.upperBound {
      let (run, column) = first.quotientAndRemainder(dividingBy: runLength)
      let left = elements.upperBound - first
      // A part of a run, or runs that follow one another along the level around them.
      var (rows, columns) = (1, min(left, runLength - column))
      if columns == runLength, depth > 1 {
        rows = min(left / runLength, sizes[depth - 2] - run % sizes[depth - 2])
      }
      let levels: InlineArray<2, ck_level> = [
        ck_level(size: rows, from: depth > 1 ? rowStep(0) : 0, to: runLength),
        ck_level(size: columns, from: runStep(0), to: 1),
      ]
      levels.span.withUnsafeBufferPointer {
        move(
          $0.baseAddress, $0.count, start + position(of: first..<first + 1).offset * size,
          target + (first - elements.lowerBound) * size)
      }
      first += rows * columns
    }
  }
}
