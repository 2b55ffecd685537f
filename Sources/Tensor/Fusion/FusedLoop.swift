import CKernels

/// The computation of a chain of element-wise operations, block by block, and of sums of the last
/// one's elements.
struct FusedLoop {
  /// Where the elements of an input or a result are.
  private struct Place {
    /// The first element in memory, or `nil` for a block of scratch memory.
    var start: UnsafeMutableRawPointer?
    /// The position of the block in scratch memory, in bytes.
    var offset = 0
    /// The step from an element to the next, 0 for one number.
    var step = 1
    /// The bytes of an element.
    var size = 0
    /// The number of the loops over a tensor that is broadcast, whose elements are gathered into
    /// the block; −1 for others.
    var nest = -1
  }

  // Without references, so that the loop counts none.
  private struct Step {
    var kernel: PendingOperation.Kernel
    var inputs = InlineArray<3, Place>(repeating: Place())
    var result: Place
  }

  /// The length from which gathering the rows of a broadcast tensor costs little.
  static let shortRun = 64
  /// The length from which a row is read where it is, or summed.
  static let longRun = 256
  /// The elements of a block; those that a sum adds to its lanes at once.
  private static let blockLength = Int(CK_SUM_BLOCK)
  /// The bytes of a block of scratch memory.
  private static let slotSize = 8 * blockLength

  /// Sums of consecutive elements.
  private struct Sums {
    var block: ck_sum_block_fn
    var lanes: ck_sum_lanes_fn
    var count: Int
    /// The elements of a sum.
    var length: Int
    var elements: Place
    var dtype: DType
    /// The first sum.
    var start: UnsafeMutableRawPointer

    /// Long sums are cut into pieces, as those of elements in memory are.
    var pieceLength: Int { min(length, Grain.elements) }
    var pieces: Int { (length + pieceLength - 1) / pieceLength }
  }

  private let count: Int
  private let grain: Int
  private var steps: [Step] = []
  /// The number of the first steps, which are computed block by block.
  private let blockwiseCount: Int
  private var sums: Sums?
  /// The operations of sums, which are computed last.
  private var lastSteps: [(step: Step, count: Int)] = []
  private var nests: [LoopNest] = []
  /// The lengths of their long rows.
  private var rowLengths: [Int] = []
  private var slotCount = 0
  /// The memory of the results, by the operation; `nil` for those that are not written to memory.
  private(set) var memory: [UnsafeMutableRawPointer?] = []
  // These keep in memory what the loop reads: another thread that computes the same operations may
  // release it.
  private var inputs: [Tensor] = []
  private var results: [Storage] = []

  /// Plans the computation; call it under the lock of the operations.
  init(_ chain: PendingOperation.Chain) {
    let operations = chain.operations
    let blockwise = operations.filter { !$0.isOfSums }
    count = blockwise.last?.shape.elementCount ?? 0
    blockwiseCount = blockwise.count
    grain = blockwise.map { Grain.elements($0.dtype) }.reduce(Grain.elements, min)
    var lastUse = Array(operations.indices)
    for (index, operation) in operations.enumerated() {
      for case .operation(let input) in operation.inputs {
        if let source = chain.index(of: input) { lastUse[source] = index }
      }
    }
    var freeSlots: [Int] = []
    for (index, operation) in operations.enumerated() {
      var step = Step(kernel: operation.kernel, result: Place(size: operation.dtype.byteCount))
      // The slots that are free after this operation.
      var released: [Int] = []
      for (position, input) in operation.inputs.enumerated() {
        switch input {
        case .operation(let source):
          if let place = chain.index(of: source) {
            step.inputs[position] = steps[place].result
          } else if let result = source.result {
            results.append(result)
            step.inputs[position] = Place(start: result.pointer, size: source.dtype.byteCount)
          }
        case .tensor(let x):
          inputs.append(x)
          if case .sums = operation.kernel {
            step.inputs[position] = Place(start: x.pointer, size: x.dtype.byteCount)
            continue
          }
          step.inputs[position] = place(of: x, in: operation.shape)
          if step.inputs[position].nest >= 0 {
            step.inputs[position].offset = takeSlot(&freeSlots)
            released.append(step.inputs[position].offset)
          }
        }
      }
      if let output = chain.outputs[index] {
        step.result.start = output.allocate()
      } else if !operation.isOfSums {
        step.result.offset = takeSlot(&freeSlots)
      }
      memory.append(step.result.start)
      if operation.isOfSums {
        addLast(step, operation)
        continue
      }
      steps.append(step)
      for source in 0...index where lastUse[source] == index && steps[source].result.start == nil {
        released.append(steps[source].result.offset)
      }
      freeSlots += released
    }
  }

  /// Adds sums, or an operation of sums, whose result is always in memory.
  private mutating func addLast(_ step: Step, _ operation: PendingOperation) {
    var step = step
    if step.result.start == nil {
      let storage = Storage(byteCount: operation.shape.elementCount * operation.dtype.byteCount)
      results.append(storage)
      step.result.start = storage.pointer
    }
    if case .sums(let block, let lanes, let length) = operation.kernel,
      let start = step.result.start
    {
      sums = Sums(
        block: block, lanes: lanes, count: operation.shape.elementCount, length: length,
        elements: step.inputs[0], dtype: operation.dtype, start: start)
    } else {
      lastSteps.append((step, operation.shape.elementCount))
    }
    steps.append(step)
  }

  private mutating func takeSlot(_ free: inout [Int]) -> Int {
    if let offset = free.popLast() { return offset }
    slotCount += 1
    return (slotCount - 1) * Self.slotSize
  }

  private mutating func place(of x: Tensor, in shape: Shape) -> Place {
    var place = Place(start: x.pointer, size: x.dtype.byteCount)
    if x.isContiguous && x.elementCount == shape.elementCount { return place }
    let nest = LoopNest(over: shape, x)
    if nest.depth <= 1 {
      place.step = nest.runStep(0)
    } else {
      place.nest = nests.count
      nests.append(nest)
      if nest.runLength >= Self.longRun { rowLengths.append(nest.runLength) }
    }
    return place
  }

  /// A call of a kernel for one block after the other.
  private struct Call {
    var kernel: PendingOperation.Kernel
    /// The first elements of the inputs and of the result.
    var pointers: InlineArray<4, UnsafeMutableRawPointer>
    /// The steps of the inputs in elements.
    var steps: InlineArray<3, Int>
    /// The bytes that the pointers advance for an element; 0 in scratch memory.
    var advances: InlineArray<4, Int>
    /// Whether an input is broadcast along rows.
    var hasNests: Bool

    init(_ step: Step, at start: Int, _ scratch: UnsafeMutableRawPointer) {
      kernel = step.kernel
      let places: InlineArray<4, Place> = [
        step.inputs[0], step.inputs[1], step.inputs[2], step.result,
      ]
      advances = InlineArray { places[$0].start == nil ? 0 : places[$0].step * places[$0].size }
      pointers = InlineArray { [advances] index in
        places[index].start.map { $0 + start * advances[index] }
          ?? scratch + places[index].offset
      }
      steps = InlineArray { places[$0].step }
      hasNests = places[0].nest >= 0 || places[1].nest >= 0 || places[2].nest >= 0
    }

    func run(_ count: Int) {
      switch kernel {
      case .unary(let kernel):
        kernel(pointers[0], steps[0], pointers[3], count)
      case .binary(let kernel):
        kernel(pointers[0], steps[0], pointers[1], steps[1], pointers[3], count)
      case .select(let kernel):
        kernel(
          pointers[0].assumingMemoryBound(to: UInt8.self), steps[0], pointers[1], steps[1],
          pointers[2], steps[2], pointers[3], count)
      case .sums: break
      }
    }

    mutating func advance(_ count: Int) {
      for index in 0..<4 { pointers[index] += count * advances[index] }
    }
  }

  /// Computes all elements, and what is computed from their sums.
  func run() {
    if let sums {
      run(sums)
    } else {
      forEachChunk(of: count, grain: grain) { range in
        withCalls(at: range.lowerBound) { calls, scratch in
          compute(range, calls, scratch)
        }
      }
    }
    for (step, count) in lastSteps {
      withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { none in
        if let none = none.baseAddress { Call(step, at: 0, none).run(count) }
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
      withCalls(at: start(of: pieces.lowerBound)) { calls, scratch in
        for piece in pieces {
          let first = start(of: piece)
          let end = min(first + sums.pieceLength, (piece / sums.pieces + 1) * sums.length)
          withUnsafeTemporaryAllocation(of: Double.self, capacity: Int(CK_SUM_LANES)) { lanes in
            lanes.initialize(repeating: 0)
            compute(first..<end, calls, scratch, adding: sums, to: lanes.baseAddress)
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

  /// Calls `body` with the calls of the kernels of a task, from an element on, and its memory.
  private func withCalls(
    at start: Int, _ body: (UnsafeMutableBufferPointer<Call>, UnsafeMutableRawPointer) -> Void
  ) {
    withUnsafeTemporaryAllocation(
      byteCount: max(1, slotCount * Self.slotSize), alignment: 64
    ) { scratch in
      withUnsafeTemporaryAllocation(of: Call.self, capacity: blockwiseCount) { calls in
        guard let scratch = scratch.baseAddress else { return }
        for index in 0..<blockwiseCount {
          calls.initializeElement(at: index, to: Call(steps[index], at: start, scratch))
        }
        body(calls, scratch)
      }
    }
  }

  /// Computes some elements, to which the calls point, and adds them to the lanes of a sum.
  private func compute(
    _ range: Range<Int>, _ calls: UnsafeMutableBufferPointer<Call>,
    _ scratch: UnsafeMutableRawPointer, adding sums: Sums? = nil,
    to lanes: UnsafeMutablePointer<Double>? = nil
  ) {
    let kernels = Execution.current.kernels
    let isWhole = slotCount == 0 && nests.isEmpty && sums == nil
    let blockLength = isWhole ? range.count : Self.blockLength
    steps.withUnsafeBufferPointer { steps in
      var start = range.lowerBound
      while start < range.upperBound {
        var end = min(range.upperBound, start + blockLength)
        // Blocks end where long rows do, so that these need not be gathered; but those of sums are
        // cut as they are in memory.
        if sums == nil {
          for row in rowLengths { end = min(end, (start / row + 1) * row) }
        }
        for index in calls.indices {
          if calls[index].hasNests {
            gather(steps[index], start..<end, scratch, kernels, into: &calls[index])
          }
          calls[index].run(end - start)
          calls[index].advance(end - start)
        }
        if let sums {
          let place = sums.elements
          let elements = place.start.map { $0 + start * place.size } ?? scratch + place.offset
          sums.block(elements, end - start, lanes)
        }
        start = end
      }
    }
  }

  /// Points a call to the elements of tensors that are broadcast along rows; those of several short
  /// rows are copied to scratch memory.
  private func gather(
    _ step: Step, _ block: Range<Int>, _ scratch: UnsafeMutableRawPointer,
    _ kernels: OpaquePointer, into call: inout Call
  ) {
    for index in 0..<3 where step.inputs[index].nest >= 0 {
      let place = step.inputs[index]
      let nest = nests[place.nest]
      guard let start = place.start else { continue }
      let (offset, isOneRun) = nest.position(of: block)
      if isOneRun {
        call.pointers[index] = start + offset * place.size
        call.steps[index] = nest.runStep(0)
      } else {
        call.pointers[index] = scratch + place.offset
        call.steps[index] = 1
        nest.gather(block, from: start, size: place.size, into: call.pointers[index], kernels)
      }
      call.advances[index] = 0
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
