/// The order in which shards of a batch are added: that of a binary tree over their numbers, which
/// is the same whoever has computed which of them.
struct ShardTree {
  /// A part of the tree: the shards from `start`, as far as there are any of the `span` of them.
  struct Node: Hashable {
    let start: Int
    /// A power of two.
    let span: Int

    var halves: (Node, Node) {
      (Node(start: start, span: span / 2), Node(start: start + span / 2, span: span / 2))
    }
  }

  /// The number of shards.
  let count: Int

  /// The whole tree.
  var root: Node {
    var span = 1
    while span < count { span *= 2 }
    return Node(start: 0, span: span)
  }

  /// The largest parts of the tree that a range of shards holds, in their order.
  func nodes(in range: Range<Int>) -> [Node] { nodes(in: range, below: root) }

  private func nodes(in range: Range<Int>, below node: Node) -> [Node] {
    let shards = node.start..<min(node.start + node.span, count)
    if node.start >= count || !shards.overlaps(range) { return [] }
    if range.lowerBound <= shards.lowerBound, shards.upperBound <= range.upperBound {
      return [node]
    }
    return nodes(in: range, below: node.halves.0) + nodes(in: range, below: node.halves.1)
  }

  /// Returns the sum of the shards below a node, or `nil` if they have no examples.
  ///
  /// - Parameters:
  ///   - node: The node.
  ///   - known: Returns the sum of a node that need not be computed, or `nil` for any other; for
  ///     single shards it must return one. The sum itself is `nil` for shards without examples.
  ///   - add: Adds a sum to another.
  /// - Returns: The sum.
  func sum<Value>(
    _ node: Node, known: (Node) -> Value??, add: (inout Value, Value) -> Void
  ) -> Value? {
    if node.start >= count { return nil }
    if let value = known(node) { return value }
    let halves = node.halves
    var first = sum(halves.0, known: known, add: add)
    guard let second = sum(halves.1, known: known, add: add) else { return first }
    guard var total = first.take() else { return second }
    add(&total, second)
    return total
  }
}
