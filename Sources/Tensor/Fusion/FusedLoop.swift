import CKernels

/// The computation of a chain of element-wise operations, block by block, and of sums of their
/// elements.
///
/// Consecutive operations of arithmetic run as one chain of links, whose values stay in registers;
/// the others call their kernels.
struct FusedLoop {
  /// Where the elements of an operand are.
  struct Place {
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

    /// The bytes from an element to the next; 0 in a block, where every block starts anew.
    var advance: Int { start == nil ? 0 : step * size }
  }

  /// What is computed of each block; without references, so that the loop counts none.
  struct Step {
    enum Work {
      /// The operands are the inputs and the result.
      case kernel(PendingOperation.Kernel)
      /// Each operand is that of a link.
      case links(ck_chain_fn)
    }
    let work: Work
    /// The range of its operands.
    var operands: Range<Int>
  }

  struct Operand {
    var place: Place
    var link = CK_LINK_NONE
  }

  /// Sums of consecutive elements.
  struct Sums {
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
    var pieceLength: Int { Reduction.pieceLength(of: length) }
    var pieces: Int { (length + pieceLength - 1) / pieceLength }
  }

  /// An operation of sums, which is computed once.
  struct LastStep {
    var kernel: PendingOperation.Kernel
    var places: [Place]
    var count: Int
  }

  /// The length from which gathering the rows of a broadcast tensor costs little.
  static let shortRun = 64
  /// The length from which a row is read where it is, or summed.
  static let longRun = 256
  /// The elements of a block; those that a sum adds to its lanes at once.
  static let blockLength = Int(CK_SUM_BLOCK)
  /// The bytes of a block of scratch memory.
  static let slotSize = 8 * blockLength

  let count: Int
  let grain: Int
  private(set) var steps: [Step] = []
  private(set) var operands: [Operand] = []
  /// Those of one loop have the same length.
  private(set) var sums: [Sums] = []
  private(set) var lastSteps: [LastStep] = []
  private(set) var nests: [LoopNest] = []
  /// The lengths of their long rows.
  private(set) var rowLengths: [Int] = []
  private(set) var slotCount = 0
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
    let count = self.count
    grain =
      blockwise.map { Grain.elements($0.dtype, isFast: true, of: count) }.min() ?? Grain.elements
    /// The operations that read the result of each.
    var readers = operations.map { _ in [Int]() }
    for (index, operation) in operations.enumerated() {
      for case .operation(let input) in operation.inputs {
        if let source = chain.index(of: input) { readers[source].append(index) }
      }
    }
    var places: [Place] = []
    var freeSlots: [Int] = []
    for (index, operation) in operations.enumerated() {
      let follows = index > 0 && operation.isLinked(to: operations[index - 1])
      let isFollowed =
        index + 1 < operations.count && operation.isLinked(to: operations[index + 1])
      let inputs = operation.inputs.map { place(of: $0, for: operation, chain, places) }
      let result = place(
        ofResult: operation, chain.outputs[index],
        staysInRegister: isFollowed && readers[index] == [index + 1], &freeSlots)
      places.append(result)
      memory.append(result.start)
      if operation.isOfSums {
        addLast(operation, inputs, result)
      } else if follows || isFollowed {
        if !follows { beginLinks(operation.dtype) }
        addLinks(
          operation.kernel.link, inputs,
          inRegister: follows ? operation.firstInput(from: operations[index - 1]) : nil)
        if result.step != 0 { addOperand(result, CK_LINK_STORE) }
      } else {
        steps.append(
          Step(work: .kernel(operation.kernel), operands: operands.endIndex..<operands.endIndex))
        for place in inputs + [result] { addOperand(place) }
      }
      for (source, place) in places.enumerated()
      where place.start == nil && place.step != 0 && (readers[source].last ?? source) == index {
        freeSlots.append(place.offset)
      }
    }
  }

  private mutating func place(
    of input: PendingOperation.Input, for operation: PendingOperation,
    _ chain: PendingOperation.Chain, _ places: [Place]
  ) -> Place {
    switch input {
    case .operation(let source):
      if let index = chain.index(of: source) { return places[index] }
      guard let result = source.result else { fail("fused: an input is not computed") }
      results.append(result)
      return Place(start: result.pointer, size: source.dtype.byteCount)
    case .tensor(let x):
      inputs.append(x)
      var place = Place(start: x.pointer, size: x.dtype.byteCount)
      if case .sums = operation.kernel { return place }
      if x.isContiguous && x.elementCount == operation.shape.elementCount { return place }
      let nest = LoopNest(over: operation.shape, x)
      if nest.depth <= 1 {
        place.step = nest.runStep(0)
      } else {
        place.nest = nests.count
        nests.append(nest)
        if nest.runLength >= Self.longRun { rowLengths.append(nest.runLength) }
        // Always a new slot: it is filled before the links run that may still use another.
        place.offset = takeSlot()
      }
      return place
    }
  }

  /// The place of a result; one that stays in registers has no memory, and the step 0.
  private mutating func place(
    ofResult operation: PendingOperation, _ output: Storage?, staysInRegister: Bool,
    _ freeSlots: inout [Int]
  ) -> Place {
    var place = Place(size: operation.dtype.byteCount)
    if let output {
      place.start = output.allocate()
    } else if operation.isOfSums {
      let storage = Storage(byteCount: operation.shape.elementCount * operation.dtype.byteCount)
      results.append(storage)
      place.start = storage.pointer
    } else if staysInRegister {
      place.step = 0
    } else {
      place.offset = freeSlots.popLast() ?? takeSlot()
    }
    return place
  }

  private mutating func takeSlot() -> Int {
    slotCount += 1
    return (slotCount - 1) * Self.slotSize
  }

  /// Adds sums, or an operation of sums.
  private mutating func addLast(
    _ operation: PendingOperation, _ inputs: [Place], _ result: Place
  ) {
    let count = operation.shape.elementCount
    if case .sums(let block, let lanes, let length) = operation.kernel, let start = result.start {
      sums.append(
        Sums(
          block: block, lanes: lanes, count: count, length: length, elements: inputs[0],
          dtype: operation.dtype, start: start))
    } else {
      lastSteps.append(LastStep(kernel: operation.kernel, places: inputs + [result], count: count))
    }
  }

  private mutating func beginLinks(_ dtype: DType) {
    guard let run = ck_chain(Execution.current.kernels, dtype.code) else {
      fail("fused: no links of \(dtype)")
    }
    steps.append(Step(work: .links(run), operands: operands.endIndex..<operands.endIndex))
  }

  /// Adds the links of an operation; the input in registers, if any, need not be loaded.
  private mutating func addLinks(_ link: ck_link_op, _ inputs: [Place], inRegister: Int?) {
    if inRegister == nil { addOperand(inputs[0], CK_LINK_LOAD) }
    if inputs.count == 1 {
      // No operand: the step 0 keeps a link from reading one.
      addOperand(Place(step: 0), link)
    } else if inRegister == 1 {
      addOperand(inputs[0], ck_link_op(link.rawValue + 1))
    } else {
      addOperand(inputs[1], link)
    }
  }

  private mutating func addOperand(_ place: Place, _ link: ck_link_op = CK_LINK_NONE) {
    operands.append(Operand(place: place, link: link))
    let last = steps.endIndex - 1
    steps[last].operands = steps[last].operands.lowerBound..<operands.endIndex
  }
}

extension PendingOperation {
  /// Whether two operations can follow each other in a chain of links.
  fileprivate func isLinked(to other: PendingOperation) -> Bool {
    kernel.link != CK_LINK_NONE && other.kernel.link != CK_LINK_NONE && dtype == other.dtype
      && !isOfSums && !other.isOfSums
  }

  /// The first input that is the result of an operation.
  fileprivate func firstInput(from source: PendingOperation) -> Int? {
    inputs.firstIndex {
      if case .operation(let operation) = $0 { operation === source } else { false }
    }
  }
}
