import Tensor

// An operation is declared once, by a call of `record`: its name, its inputs, what it saves, how its
// value is computed, and a pullback for each input.  A node is made if and only if an input has one, so
// code outside of gradient scopes builds no graph.
//
// A pullback is written with public operations, so it can itself be differentiated.  It reads inputs and
// output through `Saved` and captures no tensor that may carry a gradient.  Where an input was broadcast,
// its pullback need not care: the walk sums the gradient back to the input's shape.

/// Declares an operation of one input: its value and its pullback.
///
/// ```swift
/// // y = x³;  dx = dy · 3x²
/// func cube(_ x: Tensor) -> Tensor {
///   record("cube", x, saving: .first) { $0 * $0 * $0 } pullback: { dy, saved in
///     dy * 3 * saved.x * saved.x
///   }
/// }
/// ```
/// - Parameters:
///   - operation: The name that error messages use.
///   - x: The input.
///   - saving: What the pullback reads from its second argument.
///   - forward: Computes the value.  A graph that it builds is not kept.
///   - pullback: Computes the input's gradient from the output's.
/// - Returns: The value, which carries a graph if an input does.
public func record(
  _ operation: StaticString, _ x: Tensor, saving: Saving = [],
  forward: (Tensor) -> Tensor, pullback: @escaping Pullback
) -> Tensor {
  var y = forward(x)
  Anomaly.check(y, of: operation, in: .value)
  guard let node = x.graph else { return y }
  var values = [Tensor]()
  if !saving.isEmpty {
    if saving.contains(.first) { values.append(x.detached) }
    if saving.contains(.output) { values.append(y.detached) }
  }
  y.node = Node(
    operation, inputs: Inputs(node), value: y, saving: saving, savedValues: values,
    rule: .one(pullback))
  return y
}

/// Declares an operation of two inputs: its value and a pullback for each.
///
/// Integer inputs have no gradient; give them as captured constants instead.
/// - Parameters:
///   - operation: The name that error messages use.
///   - a: The first input.
///   - b: The second input.
///   - saving: What the pullbacks read from their second argument.
///   - forward: Computes the value.  A graph that it builds is not kept.
///   - lhs: Computes the gradient of `a`.
///   - rhs: Computes the gradient of `b`.
/// - Returns: The value, which carries a graph if an input does.
public func record(
  _ operation: StaticString, _ a: Tensor, _ b: Tensor, saving: Saving = [],
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
    operation, inputs: Inputs(nodeA, nodeB), value: y, saving: saving, savedValues: values,
    rule: .two(lhs, rhs))
  return y
}

/// Declares an operation of three inputs: its value and a pullback for each.
///
/// - Parameters:
///   - operation: The name that error messages use.
///   - a: The first input.
///   - b: The second input.
///   - c: The third input.
///   - saving: What the pullbacks read from their second argument.
///   - forward: Computes the value.  A graph that it builds is not kept.
///   - first: Computes the gradient of `a`.
///   - second: Computes the gradient of `b`.
///   - third: Computes the gradient of `c`.
/// - Returns: The value, which carries a graph if an input does.
public func record(
  _ operation: StaticString, _ a: Tensor, _ b: Tensor, _ c: Tensor, saving: Saving = [],
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
    operation, inputs: Inputs(nodeA, nodeB, nodeC), value: y, saving: saving,
    savedValues: values, rule: .three(first, second, third))
  return y
}

/// Declares an operation of any number of inputs, of which none is saved.
///
/// - Parameters:
///   - operation: The name that error messages use.
///   - inputs: The inputs.
///   - forward: Computes the value.  A graph that it builds is not kept.
///   - pullback: Computes the gradient of the input with the given index.
/// - Returns: The value, which carries a graph if an input does.
public func record(
  _ operation: StaticString, _ inputs: [Tensor],
  forward: ([Tensor]) -> Tensor, pullback: @escaping IndexedPullback
) -> Tensor {
  record(operation, inputs, saving: [], rule: .each(pullback), forward)
}

/// Declares an operation whose pullback computes the gradients of all inputs together.
///
/// - Parameters:
///   - operation: The name that error messages use.
///   - inputs: The inputs.
///   - saving: What the pullback reads from its second argument: `.everyInput`, `.output`, both or nothing.
///   - forward: Computes the value.  A graph that it builds is not kept.
///   - jointPullback: Computes a gradient for each input, nil for one that has none.
/// - Returns: The value, which carries a graph if an input does.
public func record(
  _ operation: StaticString, _ inputs: [Tensor], saving: Saving = .everyInput,
  forward: ([Tensor]) -> Tensor, jointPullback: @escaping JointPullback
) -> Tensor {
  record(operation, inputs, saving: saving, rule: .joint(jointPullback), forward)
}

private func record(
  _ operation: StaticString, _ inputs: [Tensor], saving: Saving, rule: Node.Rule,
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
    operation, inputs: Inputs(nodes), value: y, saving: saving, savedValues: values, rule: rule)
  return y
}
