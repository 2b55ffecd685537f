import Tensor

// An operation is declared once, by a call of `record`: its name, its inputs, what it saves, how
// its value is computed, and a pullback for each input. A node is created only if an input has one,
// so code outside of gradient scopes builds no graph.
//
// A pullback is written with public operations, so it can itself be differentiated. It reads inputs
// and output through `SavedTensors` and captures no tensor that may carry a gradient. It may ignore
// broadcasting: the backward pass sums the gradient to the shape of the input.

/// The gradient with respect to one input, given the gradient dy with respect to the output.
public typealias Pullback = @Sendable (_ dy: Tensor, _ saved: SavedTensors) -> Tensor

/// The gradient with respect to the input at position `index`, of an operation of any number of
/// inputs.
public typealias IndexedPullback =
  @Sendable (
    _ dy: Tensor, _ saved: SavedTensors, _ index: Int
  ) -> Tensor

/// The gradients with respect to all inputs, `nil` for an input without one, of an operation that
/// computes them together.
public typealias JointPullback = @Sendable (_ dy: Tensor, _ saved: SavedTensors) -> [Tensor?]

/// Records an operation of one input, given its value and its pullback.
///
/// ```swift
/// // y = x³; dx = dy · 3x²
/// func cube(_ x: Tensor) -> Tensor {
///   record("cube", x, saving: .input) { $0 * $0 * $0 } pullback: { dy, saved in
///     dy * 3 * square(saved.input)
///   }
/// }
/// ```
/// - Parameters:
///   - operation: The name of the operation in error messages.
///   - x: The input.
///   - saving: The tensors that the pullback reads from its second argument.
///   - forward: Computes the value; a graph that it builds is discarded.
///   - pullback: Computes the gradient of the input from that of the output.
/// - Returns: The value, which carries a graph if an input does.
public func record(
  _ operation: StaticString, _ x: Tensor, saving: SavedTensors.Selection = [],
  forward: (Tensor) -> Tensor, pullback: @escaping Pullback
) -> Tensor {
  var y = forward(x)
  Anomaly.check(y, of: operation, in: .value)
  guard let node = x.graph else { return y }
  var values = [Tensor]()
  if !saving.isEmpty {
    if saving.contains(.input) { values.append(x.detached) }
    if saving.contains(.output) { values.append(y.detached) }
  }
  y.node = Node(
    operation, inputs: InputNodes(node), value: y, saving: saving, savedValues: values,
    rule: .one(pullback))
  return y
}

/// Records an operation of two inputs, given its value and a pullback for each input.
///
/// Integer inputs have no gradient; capture them as constants instead.
/// - Parameters:
///   - operation: The name of the operation in error messages.
///   - a: The first input.
///   - b: The second input.
///   - saving: The tensors that the pullbacks read from their second argument.
///   - forward: Computes the value; a graph that it builds is discarded.
///   - lhs: Computes the gradient of `a`.
///   - rhs: Computes the gradient of `b`.
/// - Returns: The value, which carries a graph if an input does.
public func record(
  _ operation: StaticString, _ a: Tensor, _ b: Tensor, saving: SavedTensors.Selection = [],
  forward: (Tensor, Tensor) -> Tensor, lhs: @escaping Pullback, rhs: @escaping Pullback
) -> Tensor {
  let (nodeA, nodeB) = (a.graph, b.graph)
  var y = forward(a, b)
  Anomaly.check(y, of: operation, in: .value)
  if nodeA == nil && nodeB == nil { return y }
  var values = [Tensor]()
  if !saving.isEmpty {
    if saving.contains(.first) { values.append(a.detached) }
    if saving.contains(.second) { values.append(b.detached) }
    if saving.contains(.output) { values.append(y.detached) }
  }
  y.node = Node(
    operation, inputs: InputNodes(nodeA, nodeB), value: y, saving: saving, savedValues: values,
    rule: .two(lhs, rhs))
  return y
}

/// Records an operation of three inputs, given its value and a pullback for each input.
///
/// - Parameters:
///   - operation: The name of the operation in error messages.
///   - a: The first input.
///   - b: The second input.
///   - c: The third input.
///   - saving: The tensors that the pullbacks read from their second argument.
///   - forward: Computes the value; a graph that it builds is discarded.
///   - first: Computes the gradient of `a`.
///   - second: Computes the gradient of `b`.
///   - third: Computes the gradient of `c`.
/// - Returns: The value, which carries a graph if an input does.
public func record(
  _ operation: StaticString, _ a: Tensor, _ b: Tensor, _ c: Tensor,
  saving: SavedTensors.Selection = [],
  forward: (Tensor, Tensor, Tensor) -> Tensor,
  first: @escaping Pullback, second: @escaping Pullback, third: @escaping Pullback
) -> Tensor {
  let (nodeA, nodeB, nodeC) = (a.graph, b.graph, c.graph)
  var y = forward(a, b, c)
  Anomaly.check(y, of: operation, in: .value)
  if nodeA == nil && nodeB == nil && nodeC == nil { return y }
  var values = [Tensor]()
  if !saving.isEmpty {
    if saving.contains(.first) { values.append(a.detached) }
    if saving.contains(.second) { values.append(b.detached) }
    if saving.contains(.third) { values.append(c.detached) }
    if saving.contains(.output) { values.append(y.detached) }
  }
  y.node = Node(
    operation, inputs: InputNodes(nodeA, nodeB, nodeC), value: y, saving: saving,
    savedValues: values, rule: .three(first, second, third))
  return y
}

/// Records an operation of any number of inputs, none of which is saved.
///
/// - Parameters:
///   - operation: The name of the operation in error messages.
///   - inputs: The inputs.
///   - forward: Computes the value; a graph that it builds is discarded.
///   - pullback: Computes the gradient of the input at a position.
/// - Returns: The value, which carries a graph if an input does.
public func record(
  _ operation: StaticString, _ inputs: [Tensor],
  forward: ([Tensor]) -> Tensor, pullback: @escaping IndexedPullback
) -> Tensor {
  record(operation, inputs, saving: [], rule: .each(pullback), forward)
}

/// Records an operation whose pullback computes the gradients of all inputs together.
///
/// - Parameters:
///   - operation: The name of the operation in error messages.
///   - inputs: The inputs.
///   - saving: The tensors that the pullback reads from its second argument: `.everyInput`,
///     `.output`, both or none.
///   - forward: Computes the value; a graph that it builds is discarded.
///   - jointPullback: Computes the gradient of each input, `nil` for an input without one.
/// - Returns: The value, which carries a graph if an input does.
public func record(
  _ operation: StaticString, _ inputs: [Tensor], saving: SavedTensors.Selection = .everyInput,
  forward: ([Tensor]) -> Tensor, jointPullback: @escaping JointPullback
) -> Tensor {
  record(operation, inputs, saving: saving, rule: .joint(jointPullback), forward)
}

private func record(
  _ operation: StaticString, _ inputs: [Tensor], saving: SavedTensors.Selection, rule: Node.Rule,
  _ forward: ([Tensor]) -> Tensor
) -> Tensor {
  let nodes = inputs.map(\.graph)
  var y = forward(inputs)
  Anomaly.check(y, of: operation, in: .value)
  if nodes.allSatisfy({ $0 == nil }) { return y }
  var values = [Tensor]()
  if saving.contains(.everyInput) { values += inputs.map(\.detached) }
  if saving.contains(.output) { values.append(y.detached) }
  y.node = Node(
    operation, inputs: InputNodes(nodes), value: y, saving: saving, savedValues: values, rule: rule)
  return y
}

/// Whether a pullback may run a fused kernel, which has no derivative: no argument carries a graph,
/// so nothing records the gradient.
///
/// This holds in the backward pass of the outermost gradient scope.
func mayUseFusedKernel(
  _ dy: Tensor, _ a: Tensor, _ b: Tensor? = nil, _ c: Tensor? = nil
) -> Bool {
  dy.node == nil && a.node == nil && b?.node == nil && c?.node == nil
}
