import Tensor

// MARK: - Gradients of functions

/// The gradient of a scalar function at a point: ∂f/∂x, with the shape of `x`.
///
/// ```swift
/// let slope = gradient(at: x) { tanh($0).sum() }
/// let curvature = gradient(at: x) { x in gradient(at: x) { tanh($0).sum() }.sum() }
/// ```
/// The function runs once.  It is differentiable itself: nest the calls for higher derivatives.  Where the
/// function does not use its argument the gradient is zero.
public func gradient<Failure: Error>(
  at x: Tensor, of function: (Tensor) throws(Failure) -> Tensor
) throws(Failure) -> Tensor {
  try valueWithGradient(at: x, of: function).gradient
}

/// The value of a scalar function at a point and its gradient there.
public func valueWithGradient<Failure: Error>(
  at x: Tensor, of function: (Tensor) throws(Failure) -> Tensor
) throws(Failure) -> (value: Tensor, gradient: Tensor) {
  let (value, gradients) = try valueWithGradients(at: [x]) { inputs throws(Failure) in
    try function(inputs[0])
  }
  return (value, gradients[0])
}

/// The gradients of a scalar function of two tensors.
public func gradient<Failure: Error>(
  at a: Tensor, _ b: Tensor, of function: (Tensor, Tensor) throws(Failure) -> Tensor
) throws(Failure) -> (Tensor, Tensor) {
  let gradients = try valueWithGradients(at: [a, b]) { inputs throws(Failure) in
    try function(inputs[0], inputs[1])
  }.gradients
  return (gradients[0], gradients[1])
}

/// The value of a scalar function of any number of tensors and its gradients, one for each.
public func valueWithGradients<Failure: Error>(
  at inputs: [Tensor], of function: ([Tensor]) throws(Failure) -> Tensor
) throws(Failure) -> (value: Tensor, gradients: [Tensor]) {
  for (i, input) in inputs.enumerated() {
    require(
      input.dtype.isFloatingPoint, "gradient: input \(i) is \(input.dtype), which has no gradient")
  }
  let scope = GradientScope()
  let leaves = inputs.map(scope.leaf(for:))
  let value = try scope.run(mode: Mode.current) { () throws(Failure) in try function(leaves) }
  let result = scope.leaving(value)
  let targets = leaves.compactMap(\.graph)
  let gradients = backward(from: consume value, targets: targets, scope: scope.depth)
  return (result, zip(gradients, inputs).map { $0 ?? Tensor.zeros(like: $1) })
}

// MARK: - Gradients of parameters

/// The value of a loss and its gradients with respect to the parameters of a model.
///
/// ```swift
/// let (loss, gradients) = valueWithGradients(for: model.parameters) {
///   crossEntropy(model(x), labels: y)
/// }
/// ```
/// The graph is freed on return, and the loss is a constant.
///
/// - Parameters:
///   - parameters: What to differentiate with respect to.
///   - mode: How layers behave inside the closure.
///   - allowingUnused: Whether a parameter that the loss does not depend on has the gradient zero.
///     Otherwise it stops the program with its name, because it is most often a mistake.
///   - loss: Computes a scalar.
/// - Returns: The loss and its gradients.
/// - Throws: What the closure throws.
public func valueWithGradients<Failure: Error>(
  for parameters: Parameters, mode: Mode = .training, allowingUnused: Bool = false,
  _ loss: () throws(Failure) -> Tensor
) throws(Failure) -> (value: Tensor, gradients: Gradients) {
  let scope = GradientScope(for: parameters)
  let value = try scope.run(mode: mode, loss)
  let result = scope.leaving(value)
  let found = backward(
    from: consume value, targets: scope.parameterNodes, scope: scope.depth)
  if !allowingUnused {
    let unused = zip(parameters, found).filter { $0.1 == nil }.map { "'\($0.0.name)'" }
    require(
      unused.isEmpty,
      "valueWithGradients: the loss does not depend on \(unused.joined(separator: ", "))")
  }
  let gradients = zip(parameters, found).map {
    $1 ?? Tensor.zeros($0.parameter.shape, dtype: $0.parameter.dtype)
  }
  return (result, Gradients(gradients, for: parameters))
}

// MARK: - The backward walk

/// The gradients of a scalar with respect to the values of `targets`; nil for those it does not depend on.
///
/// Consumes the scalar, so that its graph is freed node by node as the walk passes.  Runs outside of the scope
/// that it walks, so a pullback that reads a parameter or opens a scope sees what is further out.
func backward(
  from value: consuming Tensor, targets: [Node], scope: Int32
) -> [Tensor?] {
  require(
    value.elementCount == 1 && value.dtype.isFloatingPoint,
    "gradient: the function's value has shape \(value.shape) and dtype \(value.dtype); a gradient is of one floating-point number"
  )
  var walk = BackwardWalk(from: value, to: targets, scope: scope)
  return walk.run()
}

/// One pass over a graph from a value back to the leaves of a scope.
///
/// Nodes stay as they are; what the pass knows of them is in tables beside it.  It visits only nodes
/// that lead to a target, each once, users before inputs, with a stack of its own instead of recursion.
private struct BackwardWalk {
  private var positions = PositionTable(capacity: 64)
  /// The targets, then the nodes on a path to one, inputs before users.
  private var order: [Node] = []
  /// The sum of the gradients that have arrived at each node of `order`.
  private var sums = GradientSums()
  private let targets: [Node]
  private let scope: Int32

  init(from value: consuming Tensor, to targets: [Node], scope: Int32) {
    self.targets = targets
    self.scope = scope
    for target in targets where positions.insert(target) { append(target) }
    if let root = value.graph { collect(from: root) }
    sums.reserve(order.count)
    if let position = position(of: value.graph) {
      sums.add(Tensor.ones(value.shape, dtype: value.dtype), at: position)
    }
  }

  /// Puts the nodes on a path from `root` to a target into the order, inputs before users.
  ///
  /// A node is put into the table when it is first met and into the order after all its inputs.  The root
  /// holds all of them, so the stack need not.
  private mutating func collect(from root: Node) {
    guard root.innermostScope >= scope, positions.insert(root) else { return }
    var stack: [(node: Unmanaged<Node>, next: Int)] = [(.passUnretained(root), 0)]
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
    // Nodes are released as they are passed, and with them what they saved.
    while order.count > targets.count {
      let node = order.removeLast()
      guard let dy = sums.take(at: order.count) else { continue }
      let joint = Anomaly.whileNotChecking { node.jointlyPulledBack(dy, scope: scope) }
      for i in 0..<node.inputs.count {
        guard let input = node.inputs[i], let position = position(of: input) else { continue }
        let found =
          joint.map { $0[i] }
          ?? Anomaly.whileNotChecking { node.pulledBack(dy, toInput: i, scope: scope) }
        guard var contribution = found else { continue }
        Anomaly.check(contribution, of: node.operation, in: .pullback)
        if contribution.shape != input.shape {
          contribution = contribution.summed(to: input.shape, for: node.operation)
        }
        require(
          contribution.dtype == input.dtype,
          "\(node.operation): the pullback of input \(i) gave \(contribution.dtype) for \(input.dtype)"
        )
        sums.add(contribution, at: position)
      }
    }
    return targets.indices.map { sums.take(at: $0) }
  }
}

/// The gradients that wait for their node, by the node's position.
///
/// Few wait at a time, so they are kept in a short list beside a table of where in it.
private struct GradientSums {
  private static let none: Int32 = -1
  private var slots: [Int32] = []
  private var waiting: [Tensor?] = []
  private var unused: [Int32] = []

  mutating func reserve(_ count: Int) {
    slots = [Int32](repeating: GradientSums.none, count: count)
  }

  /// The sum at a position, which is empty from then on; nil if nothing arrived.
  mutating func take(at position: Int) -> Tensor? {
    let slot = slots[position]
    if slot == GradientSums.none { return nil }
    slots[position] = GradientSums.none
    unused.append(slot)
    return waiting[Int(slot)].take()
  }

  mutating func add(_ contribution: consuming Tensor, at position: Int) {
    if slots[position] == GradientSums.none {
      if let slot = unused.popLast() {
        slots[position] = slot
        waiting[Int(slot)] = contribution
      } else {
        slots[position] = Int32(waiting.count)
        waiting.append(contribution)
      }
      return
    }
    let slot = Int(slots[position])
    guard var sum = waiting[slot].take() else { return }
    sum += contribution
    waiting[slot] = sum
  }
}

/// A hash table from nodes to positions: open addressing by the address of the node.
private struct PositionTable {
  /// The position of a node that was met but leads to no target.
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

  /// Adds a node that is not yet there and says whether it was not.
  mutating func insert(_ node: Node) -> Bool {
    if count * 2 >= keys.count { grow() }
    let key = PositionTable.key(of: node)
    let slot = slot(of: key)
    if keys[slot] == key { return false }
    keys[slot] = key
    values[slot] = Int32(PositionTable.irrelevant)
    count += 1
    return true
  }

  subscript(node: Node) -> Int? {
    get {
      let key = PositionTable.key(of: node)
      let slot = slot(of: key)
      return keys[slot] == key ? Int(values[slot]) : nil
    }
    set {
      let slot = slot(of: PositionTable.key(of: node))
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
