import Tensor

/// The folds of a cross-validation: each row is for validation once.
///
/// ```swift
/// let folds = Folds(of: x.shape[0], count: 5, stratifiedBy: labels, using: &generator)
/// for fold in folds {
///   let scale = Standardizer(fitting: x, rows: fold.training)
///   let (training, validation) = fold.examples(scale.transform(x), y)
///   …
/// }
/// ```
/// Whatever is fitted to data, such as a ``Standardizer`` or a ``FeatureEncoder``, is fitted to the
/// training rows of each fold; statistics of all rows would leak the validation rows into training.
public struct Folds: RandomAccessCollection, Sendable, Equatable {
  private let splits: [DataSplit]

  /// Divides rows at random into folds of nearly equal size.
  ///
  /// - Parameters:
  ///   - rows: The number of rows.
  ///   - count: The number of folds, from 2 to the number of rows, which is leave-one-out.
  ///   - classes: The class of each row; each fold then has nearly the same number of rows of each.
  ///   - groups: The group of each row, such as the person that several rows are of; no group is in
  ///     two folds, so their sizes differ more.
  ///   - generator: The source of randomness.
  public init(
    of rows: Int, count: Int = 5, stratifiedBy classes: [AnyHashable]? = nil,
    groups: [AnyHashable]? = nil, using generator: inout RandomGenerator
  ) {
    require(
      count >= 2 && count <= rows,
      "Folds: count must be from 2 to the number of rows, \(rows); got \(count)")
    for (labels, name) in [(classes, "classes"), (groups, "groups")] {
      guard let labels else { continue }
      require(
        labels.count == rows, "Folds: \(labels.count) \(name) for \(counted(rows, "row"))")
    }
    let order = generator.permutation(of: rows)
    let classes = classes.map(numbered) ?? Array(repeating: 0, count: rows)
    let folds: [Int]
    if let groups {
      folds = Self.foldsOfGroups(numbered(groups), classes, count: count, order)
    } else {
      // Dealt out class by class, so that sizes and classes differ by at most one.
      folds = Self.dealt(order.sorted { classes[$0] < classes[$1] }, count: count)
    }
    splits = (0..<count).map { fold in
      let (training, validation) = (0..<rows).reduce(into: ([Int](), [Int]())) {
        if folds[$1] == fold { $0.1.append($1) } else { $0.0.append($1) }
      }
      return DataSplit(training: training, validation: validation)
    }
  }

  /// Divides rows into folds that a seed determines.
  public init(
    of rows: Int, count: Int = 5, stratifiedBy classes: [AnyHashable]? = nil,
    groups: [AnyHashable]? = nil, seed: UInt64 = 0
  ) {
    var generator = RandomGenerator(seed: seed)
    self.init(
      of: rows, count: count, stratifiedBy: classes, groups: groups, using: &generator)
  }

  /// Divides rows in the order of time: each fold validates on the rows that follow its training
  /// rows.
  ///
  /// The rows are cut into `count + 1` parts of equal size, the first of which takes what is left
  /// over. Fold k trains on the first k + 1 parts and validates on the next.
  ///
  /// - Parameters:
  ///   - rows: The number of rows, in the order of time.
  ///   - count: The number of folds.
  ///   - gap: The number of rows left out between training and validation rows.
  public init(orderedRows rows: Int, count: Int = 5, gap: Int = 0) {
    let size = rows / (count + 1)
    require(
      count >= 1 && size >= 1 && gap >= 0 && rows - count * size > gap,
      "Folds: \(counted(rows, "row")) cannot be cut into \(counted(count, "fold"))"
        + " with a gap of \(gap)")
    splits = (0..<count).map { fold in
      let start = rows - (count - fold) * size
      return DataSplit(training: Array(0..<start - gap), validation: Array(start..<start + size))
    }
  }

  /// Returns folds that validate on one row each.
  public static func leaveOneOut(of rows: Int) -> Folds { Folds(of: rows, count: rows) }

  /// The position of the first fold, 0.
  public var startIndex: Int { 0 }

  /// The position behind the last fold.
  public var endIndex: Int { splits.count }

  /// The rows of a fold.
  public subscript(position: Int) -> DataSplit { splits[position] }

  /// Returns the fold of each row when they are dealt out in an order.
  private static func dealt(_ order: [Int], count: Int) -> [Int] {
    var folds = [Int](repeating: 0, count: order.count)
    for (position, row) in order.enumerated() { folds[row] = position % count }
    return folds
  }

  /// Returns the fold of each row when groups stay together: each group, the largest first, goes
  /// to the fold where it makes the shares of the classes and of all rows least unequal.
  private static func foldsOfGroups(
    _ groups: [Int], _ classes: [Int], count: Int, _ order: [Int]
  ) -> [Int] {
    let classCount = (classes.max() ?? 0) + 1
    var rows = [[Int]](repeating: [], count: (groups.max() ?? 0) + 1)
    for row in order { rows[groups[row]].append(row) }
    require(
      rows.count >= count,
      "Folds: \(counted(rows.count, "group")) cannot be divided into"
        + " \(counted(count, "fold"))")
    var totals = [Double](repeating: 0, count: classCount)
    for label in classes { totals[label] += 1 }
    // Of each class, and of all rows.
    var shares = [[Double]](
      repeating: [Double](repeating: 0, count: classCount + 1), count: count)
    var folds = [Int](repeating: 0, count: groups.count)
    // In random order where sizes are equal: the first row of each group in the permutation.
    var positions = [Int](repeating: 0, count: order.count)
    for (position, row) in order.enumerated() { positions[row] = position }
    let sorted = rows.sorted {
      $0.count != $1.count ? $0.count > $1.count : positions[$0[0]] < positions[$1[0]]
    }
    for group in sorted {
      var share = [Double](repeating: 0, count: classCount + 1)
      share[classCount] = Double(group.count) / Double(groups.count)
      for row in group { share[classes[row]] += 1 / totals[classes[row]] }
      func growth(_ fold: Int) -> Double {
        zip(shares[fold], share).reduce(0) { $0 + (2 * $1.0 + $1.1) * $1.1 }
      }
      let fold = (0..<count).min { growth($0) < growth($1) } ?? 0
      for row in group { folds[row] = fold }
      for index in share.indices { shares[fold][index] += share[index] }
    }
    return folds
  }
}

/// Returns the number of each label, in the order of their first occurrences.
private func numbered(_ labels: [AnyHashable]) -> [Int] {
  var numbers: [AnyHashable: Int] = [:]
  return labels.map { label in
    if let number = numbers[label] { return number }
    numbers[label] = numbers.count
    return numbers.count - 1
  }
}
