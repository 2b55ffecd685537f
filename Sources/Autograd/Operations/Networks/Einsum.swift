import Tensor

/// A sum of products in Einstein notation; `einsum("ij,jk->ik", a, b)` is a matrix product.
///
/// Each operand has a letter for each axis. The letters after the arrow are kept and the others are
/// summed over; a letter that occurs twice in one operand takes its diagonal. Without an arrow the
/// letters that occur once are kept, in alphabetical order. `...` stands for all axes of an operand
/// that have no letter, which are broadcast, aligned at the last one: `"...ij,...jk->...ik"`;
/// without an arrow they come first. Operands are multiplied from left to right, each pair as one
/// batched matrix product. An invalid formula stops the program.
public func einsum(_ formula: String, _ operands: Tensor...) -> Tensor {
  let unresolved = EinsumFormula(formula)
  require(
    unresolved.operands.count == operands.count,
    """
    einsum: '\(formula)' takes \(counted(unresolved.operands.count, "operand")), \
    got \(operands.count)
    """
  )
  let (parsed, operands) = unresolved.resolved(for: operands)
  var sizes = InlineArray<128, Int?>(repeating: nil)
  for (letters, operand) in zip(parsed.operands, operands) {
    require(
      letters.count == operand.rank,
      """
      einsum: '\(EinsumFormula.spelled(letters))' does not fit shape \(operand.shape) of rank \
      \(operand.rank)
      """)
    for (axis, letter) in letters.enumerated() {
      let size = operand.shape[axis]
      require(
        (sizes[Int(letter)] ?? size) == size,
        "einsum: '\(EinsumFormula.spelled([letter]))' stands for axes of different sizes in "
          + "'\(formula)'")
      sizes[Int(letter)] = size
    }
  }
  return traced("einsum", operands, attributes: ["formula": .text(parsed.text)]) {
    var terms = zip(parsed.operands, operands).map {
      EinsumTerm(letters: $0, tensor: $1).diagonals()
    }
    var product = terms.removeFirst()
    while !terms.isEmpty {
      let next = terms.removeFirst()
      let needed = parsed.result + terms.flatMap(\.letters)
      product = product.contracted(with: next, keeping: needed)
    }
    return product.summed(keeping: parsed.result).arranged(parsed.result).tensor
  }
}

/// The letters of a formula's operands and of its result, as ASCII.
private struct EinsumFormula {
  /// What stands for `...` among the letters; it occurs in no string.
  private static let ellipsis: UInt8 = 0xFF

  var operands: [[UInt8]]
  var result: [UInt8]

  /// The formula with an arrow and without spaces.
  var text: String {
    operands.map(Self.spelled).joined(separator: ",") + "->" + Self.spelled(result)
  }

  init(_ text: String) {
    let compact = text.utf8.filter { $0 != UInt8(ascii: " ") }
    let arrow = compact.indices.first { compact[$0...].starts(with: "->".utf8) }
    operands = compact[..<(arrow ?? compact.endIndex)]
      .split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map(Self.letters)
    let letters = Array(operands.joined())
    if let arrow {
      result = Self.letters(compact[(arrow + 2)...])
    } else {
      result = letters.filter { letter in letters.count { $0 == letter } == 1 }.sorted()
      result.removeAll { $0 == Self.ellipsis }
      if letters.contains(Self.ellipsis) { result.insert(Self.ellipsis, at: 0) }
    }
    require(
      letters.allSatisfy(Self.isLetter)
        && operands.allSatisfy { $0.count { $0 == Self.ellipsis } <= 1 }
        && result.allSatisfy { letter in
          letters.contains(letter) && result.count { $0 == letter } == 1
        },
      "einsum: '\(text)' is not of the form 'ij,jk->ik'")
  }

  /// The letters of a part of a formula, with one byte for `...`.
  private static func letters(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var result = Array(text)
    while let dots = result.indices.first(where: { result[$0...].starts(with: "...".utf8) }) {
      result.replaceSubrange(dots..<dots + 3, with: [ellipsis])
    }
    return result
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), ellipsis:
      true
    default: false
    }
  }

  /// The formula with letters in the place of `...`, and its operands without the axes that are
  /// broadcast along these.
  func resolved(for tensors: [Tensor]) -> (EinsumFormula, [Tensor]) {
    let used = Array(operands.joined())
    if !used.contains(Self.ellipsis) { return (self, tensors) }
    let free = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8
      .filter { !used.contains($0) }
    // The shapes that `...` stands for, and what they broadcast to.
    let parts = zip(operands, tensors).map { letters, tensor in
      guard let position = letters.firstIndex(of: Self.ellipsis) else { return Shape() }
      let count = tensor.rank - (letters.count - 1)
      require(
        count >= 0, "einsum: '\(Self.spelled(letters))' does not fit shape \(tensor.shape)")
      return Shape(tensor.shape[position..<position + count])
    }
    var whole = Shape()
    for part in parts {
      guard let next = whole.broadcast(with: part) else {
        fail("einsum: '...' stands for shapes \(whole) and \(part), which do not broadcast")
      }
      whole = next
    }
    require(free.count >= whole.rank, "einsum: no letters are left for '...'")
    let names = Array(free.prefix(whole.rank))
    var (formula, results) = (self, tensors)
    formula.result = result.flatMap { $0 == Self.ellipsis ? names : [$0] }
    for (i, part) in parts.enumerated() {
      guard let position = operands[i].firstIndex(of: Self.ellipsis) else { continue }
      let first = whole.rank - part.rank
      let kept = (0..<part.rank).filter { part[$0] == whole[first + $0] }
      formula.operands[i].replaceSubrange(
        position...position, with: kept.map { names[first + $0] })
      for axis in (0..<part.rank).reversed() where !kept.contains(axis) {
        results[i] = results[i].squeezed(along: position + axis)
      }
    }
    return (formula, results)
  }

  /// Letters as they were written.
  static func spelled(_ letters: [UInt8]) -> String {
    String(
      decoding: letters.flatMap { $0 == ellipsis ? Array("...".utf8) : [$0] }, as: UTF8.self)
  }
}

/// A tensor with a letter for each axis.
private struct EinsumTerm {
  var letters: [UInt8]
  var tensor: Tensor

  /// The term with the diagonal taken of axes that have the same letter.
  func diagonals() -> EinsumTerm {
    var result = self
    while let second = result.letters.indices.first(where: {
      result.letters[..<$0].contains(result.letters[$0])
    }) {
      let letter = result.letters[second]
      guard let first = result.letters.firstIndex(of: letter) else { break }
      var order = Array(result.letters.indices.filter { $0 != first && $0 != second })
      result.letters = order.map { result.letters[$0] } + [letter]
      order += [first, second]
      result.tensor = result.tensor.permuted(order).diagonal()
    }
    return result
  }

  /// The term summed over the letters that are not kept.
  func summed(keeping kept: [UInt8]) -> EinsumTerm {
    let axes = letters.indices.filter { !kept.contains(letters[$0]) }
    if axes.isEmpty { return self }
    return EinsumTerm(letters: letters.filter(kept.contains), tensor: tensor.sum(along: axes))
  }

  /// The term with its axes in the order of the given letters.
  func arranged(_ order: [UInt8]) -> EinsumTerm {
    if order == letters { return self }
    let axes = order.compactMap(letters.firstIndex(of:))
    return EinsumTerm(letters: order, tensor: tensor.permuted(axes))
  }

  /// The product with another term, summed over the letters that are not kept.
  ///
  /// It is one batched matrix product of [batch, rows, summed] and [batch, summed, columns].
  func contracted(with other: EinsumTerm, keeping kept: [UInt8]) -> EinsumTerm {
    let a = summed(keeping: kept + other.letters)
    let b = other.summed(keeping: kept + letters)
    let shared = a.letters.filter(b.letters.contains)
    let batch = shared.filter(kept.contains)
    let inner = shared.filter { !kept.contains($0) }
    let rows = a.letters.filter { !shared.contains($0) }
    let columns = b.letters.filter { !shared.contains($0) }
    let left = a.arranged(batch + rows + inner).tensor
    let right = b.arranged(batch + inner + columns).tensor
    func size(_ tensor: Tensor, _ start: Int, _ count: Int) -> Int {
      tensor.shape[start..<start + count].reduce(1, *)
    }
    let batchSize = size(left, 0, batch.count)
    let rowSize = size(left, batch.count, rows.count)
    let innerSize = size(right, batch.count, inner.count)
    let columnSize = size(right, batch.count + inner.count, columns.count)
    let product = matmul(
      left.reshaped(to: [batchSize, rowSize, innerSize]),
      right.reshaped(to: [batchSize, innerSize, columnSize]))
    var shape = Shape(left.shape.prefix(batch.count + rows.count))
    for size in right.shape.suffix(columns.count) { shape.append(size) }
    return EinsumTerm(letters: batch + rows + columns, tensor: product.reshaped(to: shape))
  }
}
