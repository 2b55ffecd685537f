import Tensor

/// The gradients of a value with respect to the values of `targets`, `nil` for those it does not
/// depend on.
///
/// Consumes the value, so that its graph is freed node by node during the walk. It must be called
/// outside of the scope that it walks, so that a pullback that reads a parameter or opens a scope
/// sees the outer scopes.
///
/// - Parameters:
///   - value: The value, one floating-point number unless there is a cotangent.
///   - cotangent: The gradient with respect to the value, or `nil` for 1.
///   - name: The function that the user called, for messages.
///   - targets: The nodes of the values to differentiate with respect to.
///   - scope: The depth of the scope.
/// - Returns: A gradient for each target.
func backward(
  from value: consuming Tensor, cotangent: Tensor? = nil, name: StaticString, targets: [Node],
  scope: Int32
) -> [Tensor?] {
  FusionScope.enter()
  defer { FusionScope.leave() }
  require(
    (cotangent != nil || value.elementCount == 1) && value.dtype.isFloatingPoint,
    """
    \(name): the function's value has shape \(value.shape) and dtype \(value.dtype), but must be \
    \(cotangent == nil ? "one floating-point number" : "floating-point numbers")
    """
  )
  if let cotangent {
    require(
      value.shape == cotangent.shape && value.dtype == cotangent.dtype,
      """
      \(name): a cotangent of shape \(cotangent.shape) and dtype \(cotangent.dtype) for a value \
      of shape \(value.shape) and dtype \(value.dtype)
      """
    )
  }
  let seed = cotangent ?? Tensor.ones(value.shape, dtype: value.dtype)
  var walk = BackwardWalk(from: value, seed: seed, to: targets, scope: scope)
  return walk.run()
}

/// One pass over a graph from a value back to the leaves of a scope.
///
/// It visits only nodes that lead to a target, each once, users before inputs, with a stack of its
/// own instead of recursion. Nodes are not changed; the state of the pass is kept in tables.
private struct BackwardWalk {
  private var positions = PositionTable(capacity: 64)
  /// The targets, then the nodes on a path to one, inputs before users.
  private var order: [Node] = []
  /// The sum of the gradients that have arrived at each node of `order`.
  private var sums = GradientSums()
  private let targets: [Node]
  private let scope: Int32

  /// The nodes for which there is room from the start, as many as a small model has.
  private static let expectedNodes = 32

  init(from value: consuming Tensor, seed: Tensor, to targets: [Node], scope: Int32) {
    self.targets = targets
    self.scope = scope
    order.reserveCapacity(targets.count + Self.expectedNodes)
    for target in targets where positions.insert(target) { append(target) }
    if let root = value.graph { collect(from: root) }
    sums.reserve(order.count)
    if let position = position(of: value.graph) { sums.add(seed, at: position) }
  }

  /// Puts the nodes on a path from `root` to a target into the order, inputs before users.
  ///
  /// A node is added to the table when it is first found and to the order after all its inputs. The
  /// root holds all nodes, so the stack need not retain them.
  private mutating func collect(from root: Node) {
    guard root.innermostScope >= scope, positions.insert(root) else { return }
    var stack: [(node: Unmanaged<Node>, next: Int)] = []
    stack.reserveCapacity(Self.expectedNodes)
    stack.append((.passUnretained(root), 0))
    while let top = stack.last {
      top.node._withUnsafeGuaranteedRef { node in
        if top.next < node.inputs.count {
          stack[stack.count - 1].next += 1
          if let input = node.inputs[top.next], input.innermostScope >= scope,
            positions.insert(input)
          {
            stack.append((.passUnretained(input), 0))
          }
        } else {
          stack.removeLast()
          for i in 0..<node.inputs.count where position(of: node.inputs[i]) != nil {
            append(node)
            break
          }
        }
      }
    }
  }

  private mutating func append(_ node: Node) {
    positions[node] = order.count
    order.append(node)
  }

  private func position(of node: Node?) -> Int? {
    guard let node, let position = positions[node], position != PositionTable.irrelevant else {
      return nil
    }
    return position
  }

  /// Runs the pullbacks and returns the gradients of the targets.
  mutating func run() -> [Tensor?] {
    let scope = scope
    // Removing a node from the order releases it and the tensors that it saved.
    while order.count > targets.count {
      let node = order.removeLast()
      guard let dy = sums.take(at: order.count) else { continue }
      let isObserved = Observation.isOn
      if isObserved { Observation.beginPullback() }
      var bytes = dy.byteCount
      if case .part(let pullback) = node.rule, let input = node.inputs[0],
        let position = position(of: input)
      {
        Anomaly.whileNotChecking {
          sums.update(at: position, input.shape, input.dtype) { pullback(&$0, dy) }
        }
        if isObserved { Observation.endPullback(node.operation, bytes: bytes) }
        continue
      }
      let joint = Anomaly.whileNotChecking { node.jointlyPulledBack(dy, scope: scope) }
      for i in 0..<node.inputs.count {
        guard let input = node.inputs[i], let position = position(of: input) else { continue }
        let found =
          joint.map { $0[i] }
          ?? Anomaly.whileNotChecking { node.pulledBack(dy, toInput: i, scope: scope) }
        guard var contribution = found else { continue }
        if isObserved {
          Anomaly.check(contribution, of: node.operation, in: .pullback)
          bytes += contribution.byteCount
        }
        if contribution.shape != input.shape {
          contribution = contribution.summed(to: input.shape, for: node.operation)
        }
        require(
          contribution.dtype == input.dtype,
          """
          \(node.operation): the pullback of input \(i) returned \(contribution.dtype), not \
          \(input.dtype)
          """
        )
        sums.add(contribution, at: position)
      }
      if isObserved { Observation.endPullback(node.operation, bytes: bytes) }
    }
    return targets.indices.map { sums.take(at: $0) }
  }
}

/// The sums of the gradients that have arrived at nodes, by the position of the node.
///
/// Few nodes have one at a time, so the sums are in a short list, and a table holds the indices
/// into it.
private struct GradientSums {
  private static let none: Int32 = -1
  /// The sums for which there is room from the start.
  private static let expectedCount = 8
  private var slots: [Int32] = []
  private var waiting: [GradientSum?] = []
  private var unused: [Int32] = []

  mutating func reserve(_ count: Int) {
    slots = [Int32](repeating: Self.none, count: count)
    waiting.reserveCapacity(Self.expectedCount)
    unused.reserveCapacity(Self.expectedCount)
  }

  /// Removes and returns the sum at a position, or `nil` if nothing arrived there.
  mutating func take(at position: Int) -> Tensor? {
    let slot = slots[position]
    if slot == Self.none { return nil }
    slots[position] = Self.none
    unused.append(slot)
    return waiting[Int(slot)].take()?.finished()
  }

  /// Adds a gradient to the sum at a position.
  mutating func add(_ contribution: consuming Tensor, at position: Int) {
    if slots[position] == Self.none { return start(with: GradientSum(contribution), at: position) }
    let slot = Int(slots[position])
    guard var sum = waiting[slot].take() else { return }
    sum.add(contribution)
    waiting[slot] = sum
  }

  /// Changes the sum at a position, of the given shape.
  mutating func update(
    at position: Int, _ shape: Shape, _ dtype: DType, _ change: (inout GradientSum) -> Void
  ) {
    if slots[position] == Self.none {
      var sum = GradientSum(of: shape, dtype: dtype)
      change(&sum)
      return start(with: sum, at: position)
    }
    let slot = Int(slots[position])
    guard var sum = waiting[slot].take() else { return }
    change(&sum)
    waiting[slot] = sum
  }

  private mutating func start(with gradient: consuming GradientSum, at position: Int) {
    if let slot = unused.popLast() {
      slots[position] = slot
      waiting[Int(slot)] = gradient
    } else {
      slots[position] = Int32(waiting.count)
      waiting.append(gradient)
    }
  }
}

/// A hash table from nodes to positions, with open addressing by the address of the node.
private struct PositionTable {
  /// The position of a node that was visited but leads to no target.
  static let irrelevant = -1

  private var keys: [UInt]
  private var values: [Int32]
  private var count = 0

  init(capacity: Int) {
    keys = [UInt](repeating: 0, count: capacity)
    values = [Int32](repeating: 0, count: capacity)
  }

  private func slot(of key: UInt) -> Int {
    let mask = keys.count - 1
    // The high bits of a product with 2⁶⁴ / φ spread addresses that differ in few bits.
    var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
    while keys[slot] != 0 && keys[slot] != key { slot = (slot + 1) & mask }
    return slot
  }

  private static func key(of node: Node) -> UInt {
    UInt(bitPattern: Unmanaged.passUnretained(node).toOpaque())
  }

  /// Inserts a node and returns whether it was not in the table yet.
  mutating func insert(_ node: Node) -> Bool {
    if count * 2 >= keys.count { grow() }
    let key = Self.key(of: node)
    let slot = slot(of: key)
    if keys[slot] == key { return false }
    keys[slot] = key
    values[slot] = Int32(Self.irrelevant)
    count += 1
    return true
  }

  subscript(node: Node) -> Int? {
    get {
      let key = Self.key(of: node)
      let slot = slot(of: key)
      return keys[slot] == key ? Int(values[slot]) : nil
    }
    set {
      let slot = slot(of: Self.key(of: node))
      if let newValue { values[slot] = Int32(newValue) }
    }
  }

  private mutating func grow() {
    var larger = PositionTable(capacity: keys.count * 2)
    for (key, value) in zip(keys, values) where key != 0 {
      let slot = larger.slot(of: key)
      larger.keys[slot] = key
      larger.values[slot] = value
    }
    larger.count = count
    self = larger
  }
}
