import Tensor

/// What a pullback is handed besides the incoming gradient: the values that its operation saved.
///
/// They carry their graph only where a gradient scope further out can still ask for the derivative of the
/// gradient, so the outermost walk records nothing.
public struct Saved: Sendable {
  let node: Node
  let scope: Int32

  /// The first input.
  public var a: Tensor { input(0) }
  /// The second input.
  public var b: Tensor { input(1) }
  /// The third input.
  public var c: Tensor { input(2) }
  /// The only input of an operation of one.
  public var x: Tensor { input(0) }

  /// The output.
  public var y: Tensor {
    guard let value = node.savedValues.last, node.saving.contains(.output) else {
      fail("\(node.operation): its pullback reads the output, which it does not save")
    }
    return attached(value, node)
  }

  /// The input at a position, of an operation that saves ``Saving/everyInput``.
  public subscript(index: Int) -> Tensor {
    guard node.saving.contains(.everyInput) else { return input(index) }
    return attached(node.savedValues[index], node.inputs[index])
  }

  private func input(_ index: Int) -> Tensor {
    let flag = Saving(rawValue: 1 << UInt8(index))
    guard node.saving.contains(flag) else {
      fail("\(node.operation): its pullback reads input \(index), which it does not save")
    }
    let earlier = node.saving.rawValue & (flag.rawValue - 1)
    return attached(node.savedValues[earlier.nonzeroBitCount], node.inputs[index])
  }

  private func attached(_ value: Tensor, _ node: Node?) -> Tensor {
    guard let node, node.outermostScope < scope else { return value }
    var value = value
    value.node = node
    return value
  }
}

/// Which values an operation keeps for its pullbacks.
public struct Saving: OptionSet, Sendable {
  /// The set as bits.
  public let rawValue: UInt8
  /// The set of the given bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The first input, ``Saved/a`` or ``Saved/x``.
  public static let first = Saving(rawValue: 1)
  /// The second input, ``Saved/b``.
  public static let second = Saving(rawValue: 2)
  /// The third input, ``Saved/c``.
  public static let third = Saving(rawValue: 4)
  /// The output, ``Saved/y``.
  public static let output = Saving(rawValue: 8)
  /// All inputs, of whatever number, read by position.
  public static let everyInput = Saving(rawValue: 16)
}

/// The gradient with respect to one input, from the gradient dy with respect to the output.
public typealias Pullback = @Sendable (_ dy: Tensor, _ saved: Saved) -> Tensor

/// The gradient with respect to input `index` of any number.
public typealias IndexedPullback = @Sendable (_ dy: Tensor, _ saved: Saved, _ index: Int) -> Tensor

/// The gradients with respect to all inputs at once, for operations that compute them together; nil for
/// none.
public typealias JointPullback = @Sendable (_ dy: Tensor, _ saved: Saved) -> [Tensor?]

/// One recorded operation: where its value came from and how a gradient flows back.
///
/// `@unchecked Sendable`: nothing changes after it was made, but for `inputs`, which `deinit` empties when
/// nobody else can see it.
final class Node: @unchecked Sendable {
  enum Rule {
    case one(Pullback)
    case two(Pullback, Pullback)
    case three(Pullback, Pullback, Pullback)
    case each(IndexedPullback)
    case joint(JointPullback)
  }

  let operation: StaticString
  let shape: Shape
  let dtype: DType

  /// The depth of the innermost gradient scope that the value depends on.
  let innermostScope: Int32
  /// The depth of the outermost one: a gradient asked for there flows through this node.
  let outermostScope: Int32

  let rule: Rule
  let saving: Saving
  /// The saved inputs in order, then the output, all without their nodes.
  let savedValues: [Tensor]
  // Unchecked: only `deinit` writes, so the check at each of the many reads would find nothing.
  @exclusivity(unchecked) private(set) var inputs: Inputs

  /// An operation on inputs of which at least one has a node.
  init(
    _ operation: StaticString, inputs: Inputs, value: Tensor, saving: Saving,
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

  /// The start of a graph: the value that the scope at depth `scope` asks the gradient for.
  init(leafFor value: Tensor, scope: Int32) {
    operation = "input"
    let outer = value.node.map { unsafeDowncast($0, to: Node.self) }
    inputs = Inputs(outer)
    shape = value.shape
    dtype = value.dtype
    innermostScope = scope
    outermostScope = min(scope, outer?.outermostScope ?? scope)
    saving = []
    savedValues = []
    // Seen from a scope further out, a leaf is the identity.
    rule = .one { dy, _ in dy }
  }

  /// The gradients with respect to all inputs, of an operation that computes them together; nil for others.
  func jointlyPulledBack(_ dy: Tensor, scope: Int32) -> [Tensor?]? {
    guard case .joint(let pullback) = rule else { return nil }
    return pullback(dy, Saved(node: self, scope: scope))
  }

  /// The gradient with respect to input `index`.
  func pulledBack(_ dy: Tensor, toInput index: Int, scope: Int32) -> Tensor {
    let saved = Saved(node: self, scope: scope)
    switch (rule, index) {
    case (.one(let a), 0), (.two(let a, _), 0), (.three(let a, _, _), 0): return a(dy, saved)
    case (.two(_, let b), 1), (.three(_, let b, _), 1): return b(dy, saved)
    case (.three(_, _, let c), 2): return c(dy, saved)
    case (.each(let pullback), _): return pullback(dy, saved, index)
    default: fail("\(operation): no pullback for input \(index)")
    }
  }

  /// Releases a chain of nodes one after another: left to itself, each node would release the next from
  /// within its own release, and a long chain would overflow the stack.
  deinit {
    var pending = [Node]()
    inputs.moveUniquelyHeld(into: &pending)
    while let node = pending.popLast() { node.inputs.moveUniquelyHeld(into: &pending) }
  }
}

/// The nodes of an operation's inputs; nil for constants.
///
/// Up to three live inline.
struct Inputs {
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

  /// Gives up all nodes; those that nobody else holds go to `pending`.
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
  /// The node that Autograd put there.
  var graph: Node? { node.map { unsafeDowncast($0, to: Node.self) } }
}
