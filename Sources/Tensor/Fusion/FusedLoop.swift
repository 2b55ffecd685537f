import CKernels

/// The computation of a chain of element-wise operations, block by block.
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
  /// The length from which a row is read where it is.
  private static let longRun = 256
  /// The elements of a block.
  private static let blockLength = 1024
  /// The bytes of a block of scratch memory.
  private static let slotSize = 8 * blockLength

  private let count: Int
  private let grain: Int
  private var steps: [Step] = []
  private var nests: [LoopNest] = []
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
    count = operations[operations.count - 1].shape.elementCount
    grain = operations.map { Grain.elements($0.dtype) }.reduce(Grain.elements, min)
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
          step.inputs[position] = place(of: x, in: operation.shape)
          if step.inputs[position].nest >= 0 {
            step.inputs[position].offset = takeSlot(&freeSlots)
            released.append(step.inputs[position].offset)
          }
        }
      }
      if let output = chain.outputs[index] {
        step.result.start = output.allocate()
      } else {
        step.result.offset = takeSlot(&freeSlots)
      }
      memory.append(step.result.start)
      steps.append(step)
      for source in 0...index where lastUse[source] == index && steps[source].result.start == nil {
        released.append(steps[source].result.offset)
      }
      freeSlots += released
    }
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
      }
    }

    mutating func advance(_ count: Int) {
      for index in 0..<4 { pointers[index] += count * advances[index] }
    }
  }

  /// Computes all elements.
  func run() {
    let kernels = Execution.current.kernels
    // Blocks end where long rows do, so that these need not be gathered.
    let rows = nests.map(\.runLength).filter { $0 >= Self.longRun }
    let blockLength = slotCount == 0 && nests.isEmpty ? count : Self.blockLength
    steps.withUnsafeBufferPointer { steps in
      forEachChunk(of: count, grain: grain) { range in
        let scratchSize = max(1, slotCount * Self.slotSize)
        withUnsafeTemporaryAllocation(byteCount: scratchSize, alignment: 64) { scratch in
          withUnsafeTemporaryAllocation(of: Call.self, capacity: steps.count) { calls in
            guard let scratch = scratch.baseAddress else { return }
            for index in steps.indices {
              calls.initializeElement(
                at: index, to: Call(steps[index], at: range.lowerBound, scratch))
            }
            var start = range.lowerBound
            while start < range.upperBound {
              var end = min(range.upperBound, start + blockLength)
              for row in rows { end = min(end, (start / row + 1) * row) }
              for index in steps.indices {
                if calls[index].hasNests {
                  gather(steps[index], start..<end, scratch, kernels, into: &calls[index])
                }
                calls[index].run(end - start)
                calls[index].advance(end - start)
              }
              start = end
            }
          }
        }
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
