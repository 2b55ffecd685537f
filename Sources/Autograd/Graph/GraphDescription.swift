import Tensor

// Text descriptions of the graph of a value, which exists inside a gradient scope.

/// The graph of a value as an indented tree, in which operations stand above their inputs.
///
/// An operation that several others use is written once, and later only by its number.
public func graphTree(of value: Tensor) -> String {
  guard let root = value.graph else { return "constant \(value.shape)" }
  var numbers = [ObjectIdentifier: Int]()
  var lines = [String]()
  var stack = [(node: root, depth: 0)]
  while let (node, depth) = stack.popLast() {
    let indentation = String(repeating: "  ", count: depth)
    if let number = numbers[ObjectIdentifier(node)] {
      lines.append("\(indentation)#\(number)")
      continue
    }
    let number = numbers.count
    numbers[ObjectIdentifier(node)] = number
    lines.append("\(indentation)#\(number) \(node.operation) \(node.shape)")
    for i in (0..<node.inputs.count).reversed() {
      if let input = node.inputs[i] { stack.append((input, depth + 1)) }
    }
  }
  return lines.joined(separator: "\n")
}

/// The graph of a value in the DOT language of Graphviz (`dot -Tsvg`).
public func graphviz(of value: Tensor) -> String {
  var lines = ["digraph {", "  node [shape=box];"]
  var numbers = [ObjectIdentifier: Int]()
  func number(of node: Node, _ pending: inout [Node]) -> Int {
    if let number = numbers[ObjectIdentifier(node)] { return number }
    let number = numbers.count
    numbers[ObjectIdentifier(node)] = number
    lines.append("  n\(number) [label=\"\(node.operation)\\n\(node.shape)\"];")
    pending.append(node)
    return number
  }
  var pending = [Node]()
  if let root = value.graph { _ = number(of: root, &pending) }
  while let node = pending.popLast() {
    let user = number(of: node, &pending)
    for i in 0..<node.inputs.count {
      guard let input = node.inputs[i] else { continue }
      let source = number(of: input, &pending)
      lines.append("  n\(source) -> n\(user);")
    }
  }
  return (lines + ["}"]).joined(separator: "\n")
}
