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
///   - constants: Other tensors that the value depends on and that have no gradient, such as
///     positions; an export reads them.
///   - attributes: The settings of the operation, such as axes; an export reads them.
///   - forward: Computes the value; a graph that it builds is discarded.
///   - pullback: Computes the gradient of the input from that of the output.
/// - Returns: The value, which carries a graph if an input does.
public func record(
  _ operation: StaticString, _ x: Tensor, saving: SavedTensors.Selection = [],
  constants: @autoclosure () -> [Tensor] = [],
  attributes: @autoclosure () -> OperationAttributes = [:],
  forward: (Tensor) -> Tensor, pullback: @escaping Pullback
) -> Tensor {
  record(
    operation, x, saving: saving, constants: constants(), attributes: attributes(),
    forward: forward, rule: .one(pullback))
}

/// Records a view of a part of a tensor, given the addition of the part's gradient to the whole's.
func record(
  _ operation: StaticString, _ x: Tensor, attributes: @autoclosure () -> OperationAttributes,
  forward: (Tensor) -> Tensor, adding pullback: @escaping Node.PartialPullback
) -> Tensor {
  record(
    operation, x, saving: [], constants: [], attributes: attributes(), forward: forward,
    rule: .part(pullback))
}

@inline(__always)
private func record(
  _ operation: StaticString, _ x: Tensor, saving: SavedTensors.Selection,
  constants: @autoclosure () -> [Tensor], attributes: @autoclosure () -> OperationAttributes,
  forward: (Tensor) -> Tensor, rule: @autoclosure () -> Node.Rule
) -> Tensor {
  let isObserved = Observation.isOn
  if isObserved { Observation.begin() }
  var y = forward(x)
  if isObserved {
    y = Observation.end(operation, of: [x] + constants(), attributes: attributes, value: y)
  }
  guard let node = x.graph else { return y }
  var values = [Tensor]()
  if !saving.isEmpty {
    if saving.contains(.input) { values.append(x.detached) }
    if saving.contains(.output) { values.append(y.detached) }
  }
  y.node = Node(
    operation, inputs: InputNodes(node), value: y, saving: saving, savedValues: values,
    rule: rule())
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
///   - constants: Other tensors that the value depends on and that have no gradient, such as
///     positions; an export reads them.
///   - attributes: The settings of the operation, such as axes; an export reads them.
///   - forward: Computes the value; a graph that it builds is discarded.
///   - lhs: Computes the gradient of `a`.
///   - rhs: Computes the gradient of `b`.
/// - Returns: The value, which carries a graph if an input does.
public func record(
  _ operation: StaticString, _ a: Tensor, _ b: Tensor, saving: SavedTensors.Selection = [],
  constants: @autoclosure () -> [Tensor] = [],
  attributes: @autoclosure () -> OperationAttributes = [:],
  forward: (Tensor, Tensor) -> Tensor, lhs: @escaping Pullback, rhs: @escaping Pullback
) -> Tensor {
  let (nodeA, nodeB) = (a.graph, b.graph)
  let isObserved = Observation.isOn
  if isObserved { Observation.begin() }
  var y = forward(a, b)
  if isObserved {
    y = Observation.end(operation, of: [a, b] + constants(), attributes: attributes, value: y)
  }
  if nodeA == nil && nodeB == nil { return y }
  var values = [Tensor]()
  if !saving.isEmpty {
    values.reserveCapacity(2)
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
///   - constants: Other tensors that the value depends on and that have no gradient, such as
///     positions; an export reads them.
///   - attributes: The settings of the operation, such as axes; an export reads them.
///   - forward: Computes the value; a graph that it builds is discarded.
///   - first: Computes the gradient of `a`.
///   - second: Computes the gradient of `b`.
///   - third: Computes the gradient of `c`.
/// - Returns: The value, which carries a graph if an input does.
public func record(
  _ operation: StaticString, _ a: Tensor, _ b: Tensor, _ c: Tensor,
  saving: SavedTensors.Selection = [],
  constants: @autoclosure () -> [Tensor] = [],
  attributes: @autoclosure () -> OperationAttributes = [:],
  forward: (Tensor, Tensor, Tensor) -> Tensor,
  first: @escaping Pullback, second: @escaping Pullback, third: @escaping Pullback
) -> Tensor {
  let (nodeA, nodeB, nodeC) = (a.graph, b.graph, c.graph)
  let isObserved = Observation.isOn
  if isObserved { Observation.begin() }
  var y = forward(a, b, c)
  if isObserved {
    y = Observation.end(operation, of: [a, b, c] + constants(), attributes: attributes, value: y)
  }
  if nodeA == nil && nodeB == nil && nodeC == nil { return y }
  var values = [Tensor]()
  if !saving.isEmpty {
    values.reserveCapacity(3)
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
///   - constants: Other tensors that the value depends on and that have no gradient, such as
///     positions; an export reads them.
///   - attributes: The settings of the operation, such as axes; an export reads them.
///   - forward: Computes the value; a graph that it builds is discarded.
///   - pullback: Computes the gradient of the input at a position.
/// - Returns: The value, which carries a graph if an input does.
public func record(
  _ operation: StaticString, _ inputs: [Tensor],
  constants: @autoclosure () -> [Tensor] = [],
  attributes: @autoclosure () -> OperationAttributes = [:],
  forward: ([Tensor]) -> Tensor, pullback: @escaping IndexedPullback
) -> Tensor {
  record(operation, inputs, saving: [], constants, attributes, rule: .each(pullback), forward)
}

/// Records an operation whose pullback computes the gradients of all inputs together.
///
/// - Parameters:
///   - operation: The name of the operation in error messages.
///   - inputs: The inputs.
///   - saving: The tensors that the pullback reads from its second argument: `.everyInput`,
///     `.output`, both or none.
///   - constants: Other tensors that the value depends on and that have no gradient, such as
///     positions; an export reads them.
///   - attributes: The settings of the operation, such as axes; an export reads them.
///   - forward: Computes the value; a graph that it builds is discarded.
///   - jointPullback: Computes the gradient of each input, `nil` for an input without one.
/// - Returns: The value, which carries a graph if an input does.
public func record(
  _ operation: StaticString, _ inputs: [Tensor], saving: SavedTensors.Selection = .everyInput,
  constants: @autoclosure () -> [Tensor] = [],
  attributes: @autoclosure () -> OperationAttributes = [:],
  forward: ([Tensor]) -> Tensor, jointPullback: @escaping JointPullback
) -> Tensor {
  record(
    operation, inputs, saving: saving, constants, attributes, rule: .joint(jointPullback), forward)
}

private func record(
  _ operation: StaticString, _ inputs: [Tensor], saving: SavedTensors.Selection,
  _ constants: () -> [Tensor], _ attributes: () -> OperationAttributes, rule: Node.Rule,
  _ forward: ([Tensor]) -> Tensor
) -> Tensor {
  let nodes = inputs.map(\.graph)
  let isObserved = Observation.isOn
  if isObserved { Observation.begin() }
  var y = forward(inputs)
  if isObserved {
    y = Observation.end(operation, of: inputs + constants(), attributes: attributes, value: y)
  }
  if nodes.allSatisfy({ $0 == nil }) { return y }
  var values = [Tensor]()
  if saving.contains(.everyInput) { values += inputs.map(\.detached) }
  if saving.contains(.output) { values.append(y.detached) }
  y.node = Node(
    operation, inputs: InputNodes(nodes), value: y, saving: saving, savedValues: values, rule: rule)
  return y
}

/// Computes the value of an operation that has no derivative, such as a comparison, or of one whose
/// inputs carry no graph.
///
/// The inputs are `a` and, if it is given, `b`; the value carries no graph.
func recordConstant(
  _ operation: StaticString, _ a: Tensor, _ b: Tensor? = nil,
  attributes: @autoclosure () -> OperationAttributes = [:], forward: () -> Tensor
) -> Tensor {
  if !Observation.isOn { return forward() }
  Observation.begin()
  let y = forward()
  return Observation.end(operation, of: b.map { [a, $0] } ?? [a], attributes: attributes, value: y)
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
