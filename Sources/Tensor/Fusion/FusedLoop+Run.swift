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
    if let sums {
      run(sums)
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
  private func run(_ sums: Sums) {
    let size = sums.dtype.byteCount
    let total = sums.count * sums.pieces
    let partial = sums.pieces > 1 ? Tensor(uninitialized: [total], dtype: sums.dtype) : nil
    let target = partial?.pointer ?? sums.start
    forEachChunk(of: total, grain: Grain.items(Grain.elements, each: sums.pieceLength)) { pieces in
      func start(of piece: Int) -> Int {
        piece / sums.pieces * sums.length + piece % sums.pieces * sums.pieceLength
      }
      withTask(at: start(of: pieces.lowerBound)) { task in
        for piece in pieces {
          let first = start(of: piece)
          let end = min(first + sums.pieceLength, (piece / sums.pieces + 1) * sums.length)
          withUnsafeTemporaryAllocation(of: Double.self, capacity: Int(CK_SUM_LANES)) { lanes in
            lanes.initialize(repeating: 0)
            compute(first..<end, task, adding: sums, to: lanes.baseAddress)
            sums.lanes(lanes.baseAddress, target + piece * size)
          }
        }
      }
    }
    if let partial {
      let results = Reduction.totals(of: partial, count: sums.count)
      sums.start.copyMemory(from: results.pointer, byteCount: sums.count * size)
    }
  }

  /// Calls `body` with the memory of a task that begins with some element.
  private func withTask(at start: Int, _ body: (Task) -> Void) {
    withUnsafeTemporaryAllocation(
      byteCount: max(1, slotCount * Self.slotSize), alignment: 64
    ) { scratch in
      withUnsafeTemporaryAllocation(of: ck_link.self, capacity: operands.count) { links in
        guard let scratch = scratch.baseAddress else { return }
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

  /// Computes some elements, to which the operands point, and adds them to the lanes of a sum.
  private func compute(
    _ range: Range<Int>, _ task: Task, adding sums: Sums? = nil,
    to lanes: UnsafeMutablePointer<Double>? = nil
  ) {
    let kernels = Execution.current.kernels
    let isWhole = slotCount == 0 && sums == nil
    let blockLength = isWhole ? range.count : Self.blockLength
    operands.withUnsafeBufferPointer { operands in
      steps.withUnsafeBufferPointer { steps in
        var start = range.lowerBound
        while start < range.upperBound {
          var end = min(range.upperBound, start + blockLength)
          // Blocks end where long rows do, so that these need not be gathered; but those of sums
          // are cut as they are in memory.
          if sums == nil {
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
          if let sums {
            let place = sums.elements
            let elements =
              place.start.map { $0 + start * place.size } ?? task.scratch + place.offset
            sums.block(elements, end - start, lanes)
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
      let nest = nests[place.nest]
      guard let start = place.start else { continue }
      let (offset, isOneRun) = nest.position(of: block)
      if isOneRun {
        task.operands[index].x = start + offset * place.size
        task.operands[index].step = Int32(nest.runStep(0))
      } else {
        let target = task.scratch + place.offset
        nest.gather(block, from: start, size: place.size, into: target, kernels)
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
    for level in stride(from: depth - 2, through: 0, by: -1) {
      offset += rest % sizes[level] * steps[0][level]
      rest /= sizes[level]
    }
    return (offset, first + elements.count <= runLength)
  }

  /// Copies elements of the only operand to consecutive memory.
  fileprivate func gather(
    _ elements: Range<Int>, from start: UnsafeMutableRawPointer, size: Int,
    into target: UnsafeMutableRawPointer, _ kernels: OpaquePointer
  ) {
    guard let copy = ck_copy(kernels, size) else { return }
    var first = elements.lowerBound
    while first < elements.upperBound {
      let end = min(elements.upperBound, (first / runLength + 1) * runLength)
      copy(
        start + position(of: first..<end).offset * size, runStep(0),
        target + (first - elements.lowerBound) * size, 1, end - first)
      first = end
    }
  }
}
