import Tensor

/// Mini-batches of the rows of some tensors: a collection that gathers a batch when it is read.
///
/// It is made by `batches(of:from:)`:
/// ```swift
/// var generator = RandomGenerator(seed: 1)
/// for epoch in 0..<10 {
///   for (x, y) in batches(of: 64, from: x, y, using: &generator) { … }
/// }
/// ```
/// Batches are constants, through which no gradient flows.
public struct Batches<Batch>: RandomAccessCollection, Sendable {
  /// The rows of all batches in their order, or `nil` for the order of the tensors.
  private let order: [Int]?
  private let rowCount: Int
  private let size: Int
  private let batch: @Sendable (_ rows: (Tensor) -> Tensor) -> Batch

  /// The number of batches.
  public let count: Int

  /// The position of the first batch, 0.
  public var startIndex: Int { 0 }
  /// The number of batches.
  public var endIndex: Int { count }

  /// The batch at a position.
  public subscript(position: Int) -> Batch {
    require(
      position >= 0 && position < count,
      "batches: batch \(position) is out of range for \(counted(count, "batch", "batches"))")
    let rows = position * size..<Swift.min((position + 1) * size, rowCount)
    if let order { return batch { Gathering.rows($0, at: order[rows]) } }
    return batch {
      Views.slice($0, axis: 0, start: rows.lowerBound, count: rows.count).contiguous
    }
  }

  /// Creates batches of the rows of tensors in an order, given their number.
  fileprivate init(
    of size: Int, from tensors: [Tensor], droppingLast: Bool, inOrder order: (Int) -> [Int]?,
    batch: @escaping @Sendable (_ rows: (Tensor) -> Tensor) -> Batch
  ) {
    require(size >= 1, "batches: the size must be at least 1, got \(size)")
    guard let first = tensors.first else { fail("batches: no tensors") }
    for tensor in tensors {
      require(tensor.rank > 0, "batches: a scalar has no rows")
      require(
        tensor.shape[0] == first.shape[0],
        """
        batches: tensors of shapes \(first.shape) and \(tensor.shape) do not have the same number \
        of rows
        """)
    }
    rowCount = first.shape[0]
    require(rowCount > 0, "batches: a tensor of shape \(first.shape) has no rows")
    count = droppingLast ? rowCount / size : (rowCount + size - 1) / size
    self.order = order(rowCount)
    self.size = size
    self.batch = batch
  }
}

extension RandomGenerator {
  /// The order of the rows of an epoch; the next one differs.
  fileprivate mutating func epoch(of count: Int) -> [Int] {
    // The child draws, so that the next epoch does not depend on the number of rows.
    var child = split()
    return child.permutation(of: count)
  }
}

// MARK: - Shuffled

/// Mini-batches of the rows of some tensors in random order.
///
/// Each row occurs once. The generator is split once, so that the next call gives another order and
/// equal generators give equal batches; a `DataLoader` with the same generator visits the rows in
/// the same order.
/// ```swift
/// for batch in batches(of: 64, from: [x, y, z], using: &generator) { … }  // batch: [Tensor]
/// ```
/// - Parameters:
///   - size: The number of rows in a batch; the last batch takes what is left.
///   - tensors: The tensors, with the same number of rows along their first axis, at least 1.
///   - generator: The source of the order.
///   - droppingLast: Whether to leave out the last batch if it is not full.
/// - Returns: A collection of batches, which are gathered when they are read.
public func batches(
  of size: Int, from tensors: [Tensor], using generator: inout RandomGenerator,
  droppingLast: Bool = false
) -> Batches<[Tensor]> {
  Batches(
    of: size, from: tensors, droppingLast: droppingLast, inOrder: { generator.epoch(of: $0) },
    batch: { rows in tensors.map(rows) })
}

/// Mini-batches of the rows of a tensor in random order; see `batches(of:from:using:)` of a list.
public func batches(
  of size: Int, from x: Tensor, using generator: inout RandomGenerator,
  droppingLast: Bool = false
) -> Batches<Tensor> {
  Batches(
    of: size, from: [x], droppingLast: droppingLast, inOrder: { generator.epoch(of: $0) },
    batch: { rows in rows(x) })
}

/// Mini-batches of the rows of two tensors in random order; see `batches(of:from:using:)` of a
/// list.
public func batches(
  of size: Int, from x: Tensor, _ y: Tensor, using generator: inout RandomGenerator,
  droppingLast: Bool = false
) -> Batches<(Tensor, Tensor)> {
  Batches(
    of: size, from: [x, y], droppingLast: droppingLast, inOrder: { generator.epoch(of: $0) },
    batch: { rows in (rows(x), rows(y)) })
}

/// Mini-batches of the rows of three tensors in random order; see `batches(of:from:using:)` of a
/// list.
public func batches(
  of size: Int, from x: Tensor, _ y: Tensor, _ z: Tensor, using generator: inout RandomGenerator,
  droppingLast: Bool = false
) -> Batches<(Tensor, Tensor, Tensor)> {
  Batches(
    of: size, from: [x, y, z], droppingLast: droppingLast, inOrder: { generator.epoch(of: $0) },
    batch: { rows in (rows(x), rows(y), rows(z)) })
}

// MARK: - In order

/// Mini-batches of the rows of some tensors in their order, which are views where the layout allows
/// it.
///
/// - Parameters:
///   - size: The number of rows in a batch; the last batch takes what is left.
///   - tensors: The tensors, with the same number of rows along their first axis, at least 1.
///   - droppingLast: Whether to leave out the last batch if it is not full.
/// - Returns: A collection of batches.
public func batches(
  of size: Int, from tensors: [Tensor], droppingLast: Bool = false
) -> Batches<[Tensor]> {
  Batches(
    of: size, from: tensors, droppingLast: droppingLast, inOrder: { _ in nil },
    batch: { rows in tensors.map(rows) })
}

/// Mini-batches of the rows of a tensor in their order; see `batches(of:from:)` of a list.
public func batches(
  of size: Int, from x: Tensor, droppingLast: Bool = false
) -> Batches<Tensor> {
  Batches(
    of: size, from: [x], droppingLast: droppingLast, inOrder: { _ in nil },
    batch: { rows in rows(x) })
}

/// Mini-batches of the rows of two tensors in their order; see `batches(of:from:)` of a list.
public func batches(
  of size: Int, from x: Tensor, _ y: Tensor, droppingLast: Bool = false
) -> Batches<(Tensor, Tensor)> {
  Batches(
    of: size, from: [x, y], droppingLast: droppingLast, inOrder: { _ in nil },
    batch: { rows in (rows(x), rows(y)) })
}

/// Mini-batches of the rows of three tensors in their order; see `batches(of:from:)` of a list.
public func batches(
  of size: Int, from x: Tensor, _ y: Tensor, _ z: Tensor, droppingLast: Bool = false
) -> Batches<(Tensor, Tensor, Tensor)> {
  Batches(
    of: size, from: [x, y, z], droppingLast: droppingLast, inOrder: { _ in nil },
    batch: { rows in (rows(x), rows(y), rows(z)) })
}
