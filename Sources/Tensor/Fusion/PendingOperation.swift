import CKernels
import Synchronization

/// An operation that has been put off: an element-wise one, a sum of one's elements, or an
/// element-wise one of such sums.
///
/// Its result is referred to weakly, and by the tensors that share its storage: if there are none,
/// the elements are needed only as inputs of other operations, and are never written to memory.
///
/// It is `@unchecked Sendable` because its variables are read and changed under ``lock`` alone.
final class PendingOperation: @unchecked Sendable {
  /// What computes the elements.
  enum Kernel {
    case unary(ck_unary_fn, ck_link_op)
    case binary(ck_binary_fn, ck_link_op)
    case select(ck_select_fn)
    /// The sums of so many consecutive elements each.
    case sums(ck_sum_block_fn, ck_sum_lanes_fn, of: Int)

    /// The operation on values in registers, if it has that form.
    var link: ck_link_op {
      switch self {
      case .unary(_, let link), .binary(_, let link): link
      case .select, .sums: CK_LINK_NONE
      }
    }
  }

  /// Where the elements of an input come from.
  enum Input {
    /// A tensor in memory, which broadcasts to the shape of the result.
    case tensor(Tensor)
    /// The result of an operation of as many elements, in the same order.
    case operation(PendingOperation)
  }

  /// Protects the variables of all operations, and which operation a storage waits for.
  static let lock = Mutex(())

  let kernel: Kernel
  let shape: Shape
  let dtype: DType
  /// The number of operations in the chain up to this one; one that is reached twice counts twice.
  let length: Int
  /// Whether the operation computes sums, or something from sums, and so comes after the operations
  /// that are computed block by block.
  private(set) var isOfSums = false
  /// The number of elements that are computed block by block: those of the result, or those from
  /// which the sums are computed.
  private let loopCount: Int
  fileprivate(set) var inputs: [Input]
  /// The storage of the result, `nil` once no tensor shares it.
  fileprivate(set) weak var storage: Storage?
  /// The result in memory, if it was computed while other operations still waited for it.
  fileprivate(set) var result: Storage?
  /// The number of operations that wait for this one.
  fileprivate let dependents = Atomic<Int>(0)

  /// The longest chain; a longer one is computed in parts.
  ///
  /// An operation takes up to three links: it loads, computes and stores.
  private static let maximumLength = Int(CK_CHAIN_LINKS) / 3

  private init(
    _ kernel: Kernel, _ inputs: [Input], _ shape: Shape, _ dtype: DType, length: Int,
    _ storage: Storage
  ) {
    self.kernel = kernel
    self.inputs = inputs
    self.shape = shape
    self.dtype = dtype
    self.length = length
    self.storage = storage
    let sums = inputs.lazy.compactMap { input in
      if case .operation(let source) = input, source.isOfSums { source.loopCount } else { nil }
    }
    loopCount =
      if case .sums(_, _, let length) = kernel { shape.elementCount * length } else {
        sums.first ?? shape.elementCount
      }
  }

  deinit { releaseInputs() }

  /// Puts off an operation, or returns `nil` if its inputs are not suited or no scope is open.
  @inline(__always)
  static func result(
    _ kernel: @autoclosure () -> Kernel, of inputs: @autoclosure () -> [Tensor], shape: Shape,
    dtype: DType
  ) -> Tensor? {
    // Most operations end here: they must not pay for more. Only a scope has sums.
    let isLarge = shape.elementCount >= FusionScope.minimumCount
    guard isLarge ? FusionScope.isOpen : FusionScope.hasSums, dtype != .int32 else { return nil }
    let (kernel, inputs) = (kernel(), inputs())
    if inputs.contains(where: { $0.storage.isPendingSum }) {
      return canWait(inputs, for: kernel, shape, dtype)
        ? pending(kernel, inputs, shape, dtype) : nil
    }
    guard isLarge, inputs.allSatisfy({ isSuited($0, to: shape) }) else { return nil }
    return pending(kernel, inputs, shape, dtype)
  }

  /// Puts off the sums of consecutive elements that are themselves put off, or returns `nil` if
  /// they are not: of all, or of rows that are not short.
  static func sums(_ op: ck_reduce_op, of x: Tensor, length: Int) -> Tensor? {
    guard FusionScope.isOpen, length >= FusedLoop.longRun, x.isContiguous, x.offset == 0,
      x.storage.pendingCount == x.elementCount,
      let block = ck_sum_block(Execution.current.kernels, op, x.dtype.code),
      let lanes = ck_sum_lanes(Execution.current.kernels, x.dtype.code)
    else { return nil }
    FusionScope.addSums()
    return pending(
      .sums(block, lanes, of: length), [x], [x.elementCount / length], x.dtype)
  }

  private static func pending(
    _ kernel: Kernel, _ inputs: [Tensor], _ shape: Shape, _ dtype: DType
  ) -> Tensor {
    let result = Tensor(pending: shape, dtype: dtype)
    var length = 1 + inputs.reduce(0) { $0 + $1.storage.pendingLength }
    for input in inputs where length > maximumLength {
      length -= input.storage.pendingLength
      input.storage.compute()
    }
    lock.withLock { _ in
      let sources = inputs.map { input -> Input in
        guard let operation = input.storage.operation else { return .tensor(input.detached) }
        operation.dependents.add(1, ordering: .relaxed)
        return .operation(operation)
      }
      let operation = PendingOperation(
        kernel, sources, shape, dtype, length: length, result.storage)
      if case .sums = kernel { operation.isOfSums = true }
      for case .operation(let source) in sources where source.isOfSums { operation.isOfSums = true }
      result.storage.operation = operation
    }
    FusionScope.add(result.storage)
    return result
  }

  /// Whether an operation can read the tensor: it has its elements in the order of the result, is
  /// one number, or is broadcast along rows that are not short.
  private static func isSuited(_ x: Tensor, to shape: Shape) -> Bool {
    let count = shape.elementCount
    if x.isContiguous && x.elementCount == count {
      if x.storage.isPending && !(x.offset == 0 && x.storage.pendingCount == count) {
        x.storage.compute()
      }
      return true
    }
    // Whatever is broadcast must be in memory.
    x.storage.compute()
    let nest = LoopNest(over: shape, x)
    guard (0...1).contains(nest.runStep(0)) else { return false }
    return nest.depth <= 1 || nest.runLength >= FusedLoop.shortRun
  }

  /// Whether an operation waits for sums that it combines with a number, as the division of a mean.
  ///
  /// Planning others, of so few elements, would cost more than it gains.
  private static func canWait(
    _ inputs: [Tensor], for kernel: Kernel, _ shape: Shape, _ dtype: DType
  ) -> Bool {
    guard case .binary = kernel, inputs[0].dtype == dtype else { return false }
    return inputs.allSatisfy { x in
      guard x.storage.isPending else { return x.rank == 0 }
      return x.isContiguous && x.offset == 0 && x.elementCount == shape.elementCount
        && x.storage.isPendingSum
    } && inputs[0].storage.isPending != inputs[1].storage.isPending
  }

  /// Forgets the inputs, which the result no longer depends on.
  fileprivate func releaseInputs() {
    for case .operation(let input) in inputs { input.dependents.subtract(1, ordering: .relaxed) }
    inputs = []
  }
}

extension PendingOperation {
  /// Computes results, those of as many elements in one loop.
  static func compute(_ results: [Storage]) {
    var results = results.filter(\.isPending)
    while !results.isEmpty {
      let (chain, loop) = lock.withLock { _ in
        let chain = Chain(upTo: results.compactMap(\.operation))
        return (chain, FusedLoop(chain))
      }
      loop.run()
      lock.withLock { _ in chain.finish(loop.memory) }
      results.removeAll { !$0.isPending }
    }
  }

  /// A chain of operations in the order in which they are computed.
  struct Chain {
    private(set) var operations: [PendingOperation] = []
    /// The storage of each result that is written to memory.
    private(set) var outputs: [Storage?] = []

    /// Collects the operations that results depend on, of as many results as one loop can compute;
    /// call it under the lock.
    init(upTo roots: [PendingOperation]) {
      // Sums end a loop, and so come last.
      for root in roots.filter({ !$0.isOfSums }) + roots.filter(\.isOfSums) {
        let before = operations
        visit(root)
        if !before.isEmpty && !isOneLoop { operations = before }
      }
      var waiting = operations.map { $0.dependents.load(ordering: .relaxed) }
      for operation in operations {
        for case .operation(let input) in operation.inputs {
          if let index = index(of: input) { waiting[index] -= 1 }
        }
      }
      for (index, operation) in operations.enumerated() {
        var output = operation.storage
        if output == nil && waiting[index] > 0 {
          // Operations outside of the chain need it too.
          output = Storage(pending: operation.shape.elementCount * operation.dtype.byteCount)
          output?.operation = operation
        }
        outputs.append(output)
      }
    }

    /// Whether the operations have as many elements, their sums the same length, and are not too
    /// many.
    private var isOneLoop: Bool {
      let lengths = operations.compactMap { operation in
        if case .sums(_, _, let length) = operation.kernel { length } else { nil }
      }
      return operations.count <= PendingOperation.maximumLength
        && lengths.allSatisfy { $0 == lengths[0] }
        && operations.allSatisfy { $0.loopCount == operations[0].loopCount }
    }

    func index(of operation: PendingOperation) -> Int? {
      operations.firstIndex { $0 === operation }
    }

    private mutating func visit(_ operation: PendingOperation) {
      if operation.result != nil || index(of: operation) != nil { return }
      for case .operation(let input) in operation.inputs { visit(input) }
      operations.append(operation)
    }

    /// Makes the results known, given the memory they were written to; call it under the lock.
    ///
    /// Another thread may have computed some of them at the same time.
    func finish(_ memory: [UnsafeMutableRawPointer?]) {
      for operation in operations { operation.releaseInputs() }
      for (index, operation) in operations.enumerated() {
        guard let output = outputs[index], let memory = memory[index] else { continue }
        output.finish(memory)
        if operation.dependents.load(ordering: .relaxed) > 0 && operation.result == nil {
          operation.result = output
        }
      }
    }
  }
}
