import CKernels

/// A copy of elements from one layout to another, both of any strides: the levels of its loops in
/// the order that suits the kernel, and its cut into boxes.
///
/// The levels follow the target, the innermost one last. If the source is contiguous along another
/// level, the two together are transposed; tiny planes are joined by the level around them.
struct Move {
  private var levels = InlineArray<8, ck_level>(repeating: ck_level(size: 1, from: 0, to: 0))
  private var depth = 0
  /// The size of a box along each level.
  private var pieces = InlineArray<8, Int>(repeating: 1)
  private var fromStart = 0
  private var toStart = 0
  private var elementCount = 1

  /// The most elements of a box whose source or target is not read in order: both fit the
  /// first-level cache.
  static let cachedElements = 4096
  /// The rows of a transposed box: a few cache lines of the target.
  private static let transposedRows = 64
  /// The elements below which a plane is joined by another level, if that has more rows.
  private static let tinyPlane = 64

  /// Creates the copy of the elements of `shape` between two layouts.
  init(_ shape: Shape, from: Strides, to: Strides) {
    for axis in 0..<shape.rank {
      add(ck_level(size: shape.size(axis), from: from[axis], to: to[axis]))
    }
    finish()
  }

  /// Creates the copy of the elements of some levels.
  init(_ levels: ck_level...) {
    for level in levels { add(level) }
    finish()
  }

  /// Creates the copy of a block of a nest: the levels from `first` on, with `sizes`, into rows
  /// without gaps.
  init(
    _ sizes: InlineArray<8, Int>, levels: Range<Int>, from: Strides, into steps: InlineArray<8, Int>
  ) {
    for level in levels {
      add(ck_level(size: sizes[level], from: from[level], to: steps[level]))
    }
    finish()
  }

  /// Adds a level, with the levels sorted by the strides of the target.
  private mutating func add(_ level: ck_level) {
    elementCount *= level.size
    if level.size == 1 { return }
    var level = level
    if level.to < 0 {
      fromStart += level.from * (level.size - 1)
      toStart += level.to * (level.size - 1)
      (level.from, level.to) = (-level.from, -level.to)
    }
    var place = depth
    while place > 0 && levels[place - 1].to < level.to {
      levels[place] = levels[place - 1]
      place -= 1
    }
    levels[place] = level
    depth += 1
  }

  private mutating func finish() {
    if elementCount == 0 { return }
    mergeLevels()
    var budget = Grain.elements
    var inner = depth - 1
    let last = depth - 1
    if depth > 1 && abs(levels[last].from) > 1 {
      budget = Self.cachedElements
      if levels[last].to == 1, let turned = (0..<last).last(where: { levels[$0].from == 1 }) {
        move(turned, to: last - 1)
        pieces[last - 1] = Swift.min(levels[last - 1].size, Self.transposedRows)
        pieces[last] = Swift.min(levels[last].size, budget / pieces[last - 1])
        budget /= pieces[last] * pieces[last - 1]
        inner = isWhole(last) && isWhole(last - 1) ? last - 2 : -1
      }
    }
    let plane = depth > 2 ? levels[last].size * levels[last - 1].size : Self.tinyPlane
    if plane < Self.tinyPlane && levels[last - 2].size > levels[last - 1].size {
      // The level around the plane gives the rows, or the elements where these do not follow one
      // another.
      let place = abs(levels[last].from) <= 1 && levels[last].to == 1 ? last - 1 : last
      move(last - 2, to: place)
      for level in last - 2...last { pieces[level] = levels[level].size }
      pieces[place] = Swift.min(levels[place].size, Self.cachedElements / plane)
      budget = Self.cachedElements / (plane * pieces[place])
      inner = isWhole(place) ? last - 3 : -1
    }
    while inner >= 0 {
      pieces[inner] = Swift.min(levels[inner].size, Swift.max(budget, 1))
      if !isWhole(inner) { break }
      budget /= pieces[inner]
      inner -= 1
    }
  }

  private func isWhole(_ level: Int) -> Bool { pieces[level] == levels[level].size }

  private mutating func mergeLevels() {
    var kept = 0
    for level in 0..<depth {
      let inner = levels[level]
      if kept > 0 && levels[kept - 1].from == inner.from * inner.size
        && levels[kept - 1].to == inner.to * inner.size
      {
        levels[kept - 1] = ck_level(
          size: levels[kept - 1].size * inner.size, from: inner.from, to: inner.to)
      } else {
        levels[kept] = inner
        kept += 1
      }
    }
    depth = kept
  }

  /// Moves a level inward.
  private mutating func move(_ level: Int, to place: Int) {
    let moved = levels[level]
    for i in level..<place { levels[i] = levels[i + 1] }
    levels[place] = moved
  }

  /// Copies all elements, of `size` bytes, on the calling thread.
  func run(_ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, _ kernel: ck_move_fn, size: Int)
  {
    let (from, to) = (from + fromStart * size, to + toStart * size)
    levels.span.withUnsafeBufferPointer { kernel($0.baseAddress, depth, from, to) }
  }

  /// Copies all elements, of `size` bytes, box by box.
  func run(_ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, size: Int) {
    guard elementCount > 0, let kernel = ck_move(Execution.current.kernels, size) else { return }
    if elementCount <= Grain.elements { return run(from, to, kernel, size: size) }
    var (boxes, volume) = (1, 1)
    for level in 0..<depth {
      boxes *= (levels[level].size + pieces[level] - 1) / pieces[level]
      volume *= pieces[level]
    }
    forEachChunk(of: boxes, each: volume, grain: Grain.elements) { range in
      for box in range {
        var part = levels
        var (rest, source, target) = (box, fromStart, toStart)
        for level in stride(from: depth - 1, through: 0, by: -1) {
          let (size, piece) = (levels[level].size, pieces[level])
          let count = (size + piece - 1) / piece
          let start = rest % count * piece
          rest /= count
          source += start * levels[level].from
          target += start * levels[level].to
          part[level].size = Swift.min(piece, size - start)
        }
        part.span.withUnsafeBufferPointer {
          kernel($0.baseAddress, depth, from + source * size, to + target * size)
        }
      }
    }
  }
}
