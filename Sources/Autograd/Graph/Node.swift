import Tensor

/// One recorded operation: the nodes of its inputs and the pullbacks to them.
///
/// `@unchecked Sendable`: nothing changes after initialization, except that `deinit` empties
/// `inputs` when nothing else can access it.
final class Node: @unchecked Sendable {
  /// The pullbacks of an operation, by its number of inputs.
  enum Rule {
    case one(Pullback)
    case two(Pullback, Pullback)
    case three(Pullback, Pullback, Pullback)
    case each(IndexedPullback)
    case joint(JointPullback)
    /// For a view of a part of its input: adds dy to that part of the input's gradient, so that the
    /// views of all parts of a tensor cost as much as one gradient of its size.
    case part(PartialPullback)
  }

  typealias PartialPullback = @Sendable (_ gradient: inout GradientSum, _ dy: Tensor) -> Void

  let operation: StaticString
  let shape: Shape
  let dtype: DType

  /// The depth of the innermost gradient scope that the value depends on.
  let innermostScope: Int32
  /// The depth of the outermost one; a gradient asked for there flows through this node.
  let outermostScope: Int32

  let rule: Rule
  let saving: SavedTensors.Selection
  /// The saved inputs in order, then the output, all without their nodes.
  let savedValues: [Tensor]
  // Only `deinit` writes, so exclusivity checks at the many reads would be wasted.
  @exclusivity(unchecked) private(set) var inputs: InputNodes

  /// Creates the node of an operation; at least one of its inputs has a node.
  init(
    _ operation: StaticString, inputs: InputNodes, value: Tensor, saving: SavedTensors.Selection,
    savedValues: [Tensor], rule: Rule
  ) {
    self.operation = operation
    self.inputs = inputs
    shape = value.shape
    dtype = value.dtype
    var (innermost, outermost) = (Int32.min, Int32.max)
    for i in 0..<inputs.count {
      guard let node = inputs[i] else { continue }
      innermost = max(innermost, node.innermostScope)
      outermost = min(outermost, node.outermostScope)
    }
    (innermostScope, outermostScope) = (innermost, outermost)
    self.saving = saving
    self.savedValues = savedValues
    self.rule = rule
  }

  /// Creates a leaf: the start of a graph, for a value that the scope at depth `scope`
  /// differentiates by.
  init(leafFor value: Tensor, scope: Int32) {
    operation = "input"
    let outer = value.node.map { unsafeDowncast($0, to: Node.self) }
    inputs = InputNodes(outer)
    shape = value.shape
    dtype = value.dtype
    innermostScope = scope
    outermostScope = min(scope, outer?.outermostScope ?? scope)
    saving = []
    savedValues = []
    // To an outer scope, a leaf is the identity.
    rule = .one { dy, _ in dy }
  }

  /// The gradients with respect to all inputs if the operation computes them together, else `nil`.
  func jointlyPulledBack(_ dy: Tensor, scope: Int32) -> [Tensor?]? {
    guard case .joint(let pullback) = rule else { return nil }
    return pullback(dy, SavedTensors(node: self, scope: scope))
  }

  /// The gradient with respect to input `index`.
  func pulledBack(_ dy: Tensor, toInput index: Int, scope: Int32) -> Tensor {
    let saved = SavedTensors(node: self, scope: scope)
    switch (rule, index) {
    case (.one(let a), 0), (.two(let a, _), 0), (.three(let a, _, _), 0): return a(dy, saved)
    case (.two(_, let b), 1), (.three(_, let b, _), 1): return b(dy, saved)
    case (.three(_, _, let c), 2): return c(dy, saved)
    case (.each(let pullback), _): return pullback(dy, saved, index)
    default: fail("\(operation): no pullback for input \(index)")
    }
  }

  // Releases a chain of nodes one after another. Released recursively, a long chain would overflow
  // the stack.
  deinit {
    var pending = [Node]()
    inputs.moveUniquelyHeld(into: &pending)
    while let node = pending.popLast() { node.inputs.moveUniquelyHeld(into: &pending) }
  }
}

/// The nodes of an operation's inputs, `nil` for constants; up to three are stored inline.
struct InputNodes {
  private var first: Node?
  private var second: Node?
  private var third: Node?
  private var more: [Node?] = []
  let count: Int

  init(_ first: Node?) {
    self.first = first
    count = 1
  }

  init(_ first: Node?, _ second: Node?) {
    self.first = first
    self.second = second
    count = 2
  }

  init(_ first: Node?, _ second: Node?, _ third: Node?) {
    self.first = first
    self.second = second
    self.third = third
    count = 3
  }

  init(_ nodes: [Node?]) {
    more = nodes
    count = nodes.count
  }

  subscript(index: Int) -> Node? {
    if !more.isEmpty { return more[index] }
    switch index {
    case 0: return first
    case 1: return second
    default: return third
    }
  }

  /// Removes all nodes and appends to `pending` those that nothing else holds.
  mutating func moveUniquelyHeld(into pending: inout [Node]) {
    func move(_ slot: inout Node?) {
      guard slot != nil else { return }
      let isUnique = isKnownUniquelyReferenced(&slot)
      if isUnique, let node = slot { pending.append(node) }
      slot = nil
    }
    move(&first)
    move(&second)
    move(&third)
    for i in more.indices { move(&more[i]) }
  }
}

extension Tensor {
  /// The node of the operation that computed the tensor, `nil` for a constant.
  var graph: Node? { node.map { unsafeDowncast($0, to: Node.self) } }
}
