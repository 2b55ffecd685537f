import Autograd
import Tensor

// Elements reversed, moved, repeated, cut apart, padded, and taken from or put on diagonals.

extension OpCase {
  static let arrangements: [OpCase] =
    turns + repetitions + repetitionsByCounts + parts
    + paddings + diagonals + triangles

  /// A row of an operation that moves elements, given the shape of the result and the source of
  /// each of its elements, `nil` for `filling`.
  private static func arrangement(
    _ name: String, _ operation: String, on shapes: [Shape], large: Shape? = nil,
    filling: Double = 0, errors: [OpError] = [],
    _ apply: @escaping @Sendable (Tensor) -> Tensor,
    shape: @escaping @Sendable ([Int]) -> [Int] = { $0 },
    source: @escaping @Sendable (_ index: [Int], _ shape: [Int]) -> [Int]?
  ) -> OpCase {
    OpCase(
      name: name, operations: [operation], apply: { apply($0[0]) },
      reference: { inputs in
        let x = inputs[0]
        return PlainArray(shape: shape(x.shape)) { index in
          source(index, x.shape).map { x[$0] } ?? filling
        }
      },
      samples: shapes.map { [Input($0)] }, large: large.map { [Input($0)] }, bound: .none,
      exactness: .none, errors: errors)
  }

  /// A list with a function applied to the element at one position.
  private static func changed(_ list: [Int], at place: Int, _ change: (Int) -> Int) -> [Int] {
    var list = list
    list[place] = change(list[place])
    return list
  }

  // MARK: Flipping and rolling

  private static let turns: [OpCase] = [
    arrangement(
      "flipped along 0", "flipped(along: Int...)", on: [[1], [5], [0], [3, 4]],
      errors: [
        OpError("flipped: axis 2 is out of range for shape [2, 3] of rank 2") {
          _ = Tensor.ones([2, 3]).flipped(along: 2)
        }
      ]
    ) {
      $0.flipped(along: 0)
    } source: { index, shape in
      changed(index, at: 0) { shape[0] - 1 - $0 }
    },
    arrangement(
      "flipped along 0 and -1", "flipped(along: Int...)", on: [[3, 4], [2, 3, 2], [2, 0]]
    ) {
      $0.flipped(along: 0, -1)
    } source: { index, shape in
      let last = index.count - 1
      return changed(changed(index, at: 0) { shape[0] - 1 - $0 }, at: last) {
        shape[last] - 1 - $0
      }
    },
    arrangement("flipped along nothing", "flipped(along: Int...)", on: [[], [3], [2, 3]]) {
      $0.flipped()
    } source: { index, _ in
      index
    },
    rolled(by: 1, along: 0, [[1], [5], [0], [3, 4]]),
    rolled(by: -7, along: 0, [[1], [5], [3, 2]]),
    rolled(by: 2, along: 1, [[3, 4], [2, 2], [2, 3, 2], [2, 0]]),
  ]

  private static func rolled(by shift: Int, along axis: Int, _ shapes: [Shape]) -> OpCase {
    arrangement(
      "rolled by \(shift) along \(axis)", "rolled(by: Int, along: Int)", on: shapes,
      large: [300, 257],
      errors: [
        OpError("rolled: axis 1 is out of range for shape [3] of rank 1") {
          _ = Tensor([1, 2, 3]).rolled(by: 1, along: 1)
        }
      ]
    ) {
      $0.rolled(by: shift, along: axis)
    } source: { index, shape in
      changed(index, at: axis) { place in
        // The source of this element, found one step at a time.
        var from = place
        for _ in 0..<Swift.abs(shift) {
          from += shift > 0 ? -1 : 1
          if from < 0 { from = shape[axis] - 1 }
          if from == shape[axis] { from = 0 }
        }
        return from
      }
    }
  }

  // MARK: Tiling and repeating

  private static let repetitions: [OpCase] = [
    arrangement(
      "tiled", "tiled(Int...)", on: [[1, 1], [2, 3], [0, 2], [3, 1]], large: [100, 257],
      errors: [
        OpError("tiled: the counts [2] do not fit shape [2, 3] of rank 2") {
          _ = Tensor.ones([2, 3]).tiled(2)
        },
        OpError("tiled: the counts [-1] do not fit shape [2] of rank 1") {
          _ = Tensor([1, 2]).tiled(-1)
        },
      ]
    ) {
      $0.tiled(3, 2)
    } shape: {
      [3 * $0[0], 2 * $0[1]]
    } source: { index, shape in
      [index[0] % shape[0], index[1] % shape[1]]
    },
    arrangement("tiled once and never", "tiled(Int...)", on: [[2, 3], [1, 1]]) {
      $0.tiled(1, 0)
    } shape: {
      [$0[0], 0]
    } source: { index, _ in
      index
    },
    arrangement("tiled, a scalar", "tiled(Int...)", on: [[]]) {
      $0.tiled()
    } source: { index, _ in
      index
    },
    arrangement(
      "repeated along 0", "repeated(Int, along: Int)", on: [[1], [4], [0], [2, 3]],
      large: [100, 257],
      errors: [
        OpError("repeated: the count must be at least 0, got -1") {
          _ = Tensor([1, 2]).repeated(-1, along: 0)
        },
        OpError("repeated: axis 1 is out of range for shape [2] of rank 1") {
          _ = Tensor([1, 2]).repeated(2, along: 1)
        },
      ]
    ) {
      $0.repeated(3, along: 0)
    } shape: {
      changed($0, at: 0) { 3 * $0 }
    } source: { index, _ in
      changed(index, at: 0) { $0 / 3 }
    },
    arrangement(
      "repeated along -1", "repeated(Int, along: Int)", on: [[1], [4], [2, 3], [2, 1, 2]]
    ) {
      $0.repeated(2, along: -1)
    } shape: {
      changed($0, at: $0.count - 1) { 2 * $0 }
    } source: { index, _ in
      changed(index, at: index.count - 1) { $0 / 2 }
    },
  ]

  private static let counts = [2, 0, 3]

  private static let repetitionsByCounts: [OpCase] = [
    arrangement(
      "repeated by counts", "repeated([Int], along: Int)", on: [[2, 3], [1, 3], [2, 3, 2]],
      errors: [
        OpError(
          "repeated: the counts [1, 2] do not fit axis 1 of size 3 of shape [2, 3]"
        ) { _ = Tensor.ones([2, 3]).repeated([1, 2], along: -1) },
        OpError("repeated: the counts [1, -1] do not fit axis 0 of size 2 of shape [2]") {
          _ = Tensor([1, 2]).repeated([1, -1], along: 0)
        },
      ]
    ) {
      $0.repeated(counts, along: 1)
    } shape: {
      changed($0, at: 1) { _ in 5 }
    } source: { index, _ in
      changed(index, at: 1) { [0, 0, 2, 2, 2][$0] }
    },
    arrangement(
      "tiled, all axes", "tiled(Int...)", on: [[1, 2, 1, 1, 1, 2, 1, 1]]
    ) {
      $0.tiled(1, 2, 1, 1, 1, 1, 1, 2)
    } shape: {
      changed(changed($0, at: 1) { 2 * $0 }, at: 7) { 2 * $0 }
    } source: { index, shape in
      zip(index, shape).map { $0 % $1 }
    },
    arrangement(
      "repeated, all axes", "repeated(Int, along: Int)", on: [[1, 2, 1, 1, 1, 2, 1, 1]]
    ) {
      $0.repeated(2, along: 5)
    } shape: {
      changed($0, at: 5) { 2 * $0 }
    } source: { index, _ in
      changed(index, at: 5) { $0 / 2 }
    },
  ]

  // MARK: Splitting

  /// A row of one of the parts into which an axis is split.
  private static func part(
    _ name: String, _ operation: String, along axis: Int, on shapes: [Shape],
    errors: [OpError] = [], _ apply: @escaping @Sendable (Tensor) -> Tensor,
    range: @escaping @Sendable (_ size: Int) -> Range<Int>
  ) -> OpCase {
    arrangement(name, operation, on: shapes, errors: errors, apply) { shape in
      changed(shape, at: axis) { range($0).count }
    } source: { index, shape in
      changed(index, at: axis) { $0 + range(shape[axis]).lowerBound }
    }
  }

  private static let parts: [OpCase] =
    [0..<1, 1..<1, 1..<4].enumerated().map { number, range in
      part(
        "split by sizes, part \(number)", "split(sizes: [Int], along: Int)", along: 0,
        on: [[4], [4, 2]],
        errors: [
          OpError("split: the sizes [1, 1] do not add up to 3 of axis 0 of shape [3, 2]") {
            _ = Tensor.ones([3, 2]).split(sizes: [1, 1])
          },
          OpError("split: the sizes [4, -1] do not add up to 3 of axis -1 of shape [2, 3]") {
            _ = Tensor.ones([2, 3]).split(sizes: [4, -1], along: -1)
          },
        ]
      ) {
        $0.split(sizes: [1, 0, 3])[number]
      } range: { _ in
        range
      }.with { $0.growth = .fixed }
    }
    + [0..<3, 3..<5, 5..<7].enumerated().map { number, range in
      part(
        "split into three, part \(number)", "split(into: Int, along: Int)", along: 1,
        on: [[2, 7], [1, 7, 2]],
        errors: [
          OpError("split: the number of parts must be at least 1, got 0") {
            _ = Tensor([1, 2]).split(into: 0)
          }
        ]
      ) {
        $0.split(into: 3, along: 1)[number]
      } range: { _ in
        range
      }
    }
    + [
      part(
        "split into more than there are", "split(into: Int, along: Int)", along: 0, on: [[1, 2]]
      ) {
        $0.split(into: 3)[2]
      } range: { _ in
        1..<1
      },
      part(
        "chunks, the last", "chunks(of: Int, along: Int)", along: 0, on: [[1], [3], [7], [8, 2]],
        errors: [
          OpError("chunks: the size must be at least 1, got 0") {
            _ = Tensor([1, 2]).chunks(of: 0)
          },
          OpError("chunks: axis 1 is out of range for shape [2] of rank 1") {
            _ = Tensor([1, 2]).chunks(of: 1, along: 1)
          },
        ]
      ) {
        let chunks = $0.chunks(of: 3)
        return chunks[chunks.count - 1]
      } range: {
        ($0 - 1) / 3 * 3..<$0
      },
      arrangement(
        "unstacked, the last", "unstacked(along: Int)", on: [[1], [3], [3, 2], [2, 0]],
        errors: [
          OpError("unstacked: axis 1 is out of range for shape [2] of rank 1") {
            _ = Tensor([1, 2]).unstacked(along: 1)
          }
        ]
      ) {
        let rows = $0.unstacked()
        return rows[rows.count - 1]
      } shape: {
        Array($0.dropFirst())
      } source: { index, shape in
        [shape[0] - 1] + index
      },
      arrangement("unstacked along -1, the first", "unstacked(along: Int)", on: [[2], [3, 2]]) {
        $0.unstacked(along: -1)[0]
      } shape: {
        $0.dropLast()
      } source: { index, _ in
        index + [0]
      },
      part("chunks, the first", "chunks(of: Int, along: Int)", along: 1, on: [[2, 1], [2, 5]]) {
        $0.chunks(of: 2, along: -1)[0]
      } range: {
        0..<Swift.min(2, $0)
      },
    ]

  // MARK: Padding

  private static func padded(
    _ name: String, before: Int, after: Int, along axis: Int, on shapes: [Shape],
    filling: Double = 0, errors: [OpError] = [], _ apply: @escaping @Sendable (Tensor) -> Tensor,
    source: @escaping @Sendable (_ place: Int, _ size: Int) -> Int?
  ) -> OpCase {
    arrangement(
      "padded with \(name)", "padded(before: Int, after: Int, along: Int, with: PaddingMode)",
      on: shapes, large: [300, 257], filling: filling, errors: errors, apply
    ) { shape in
      changed(shape, at: axis) { $0 + before + after }
    } source: { index, shape in
      source(index[axis] - before, shape[axis]).map { place in
        changed(index, at: axis) { _ in place }
      }
    }
  }

  private static let paddings: [OpCase] = [
    padded(
      "zeros", before: 2, after: 1, along: 0, on: [[0], [1], [4], [2, 3]],
      errors: [
        OpError("padded: cannot remove 2 and 1 elements of axis 0 of shape [2]") {
          _ = Tensor([1, 2]).padded(before: -2, after: -1, along: 0)
        },
        OpError("padded: axis 1 is out of range for shape [2] of rank 1") {
          _ = Tensor([1, 2]).padded(before: 1, after: 0, along: 1)
        },
      ]
    ) {
      $0.padded(before: 2, after: 1, along: 0)
    } source: { place, size in
      place >= 0 && place < size ? place : nil
    },
    padded(
      "a constant", before: 0, after: 3, along: 1, on: [[2, 3], [1, 0], [2, 1, 2]], filling: -1.5
    ) {
      $0.padded(before: 0, after: 3, along: 1, with: .constant(-1.5))
    } source: { place, size in
      place < size ? place : nil
    },
    padded(
      "the edge", before: 2, after: 3, along: 0, on: [[1], [4], [2, 3]],
      errors: [
        OpError("padded: shape [0, 2] has no edge along axis 0") {
          _ = Tensor.zeros([0, 2]).padded(before: 1, after: 0, along: 0, with: .edge)
        }
      ]
    ) {
      $0.padded(before: 2, after: 3, along: 0, with: .edge)
    } source: { place, size in
      place < 0 ? 0 : place < size ? place : size - 1
    },
    padded(
      "the reflection", before: 2, after: 1, along: 1, on: [[2, 3], [1, 5], [2, 4, 2]],
      errors: [
        OpError("padded: cannot reflect 3 and 0 elements of axis 0 of shape [3]") {
          _ = Tensor([1, 2, 3]).padded(before: 3, after: 0, along: 0, with: .reflect)
        }
      ]
    ) {
      $0.padded(before: 2, after: 1, along: 1, with: .reflect)
    } source: { place, size in
      place < 0 ? -place : place < size ? place : size - 2 - (place - size)
    },
    padded(
      "the other end", before: 2, after: 1, along: 1, on: [[2, 3], [1, 2], [2, 4, 2]],
      errors: [
        OpError("padded: cannot repeat 0 and 4 elements of axis 0 of shape [3]") {
          _ = Tensor([1, 2, 3]).padded(before: 0, after: 4, along: 0, with: .circular)
        }
      ]
    ) {
      $0.padded(before: 2, after: 1, along: 1, with: .circular)
    } source: { place, size in
      (place + size) % size
    },
    padded("elements removed", before: -1, after: -2, along: 0, on: [[3], [5], [4, 2]]) {
      $0.padded(before: -1, after: -2, along: 0, with: .edge)
    } source: { place, _ in
      place
    },
    // The element that is removed at the end is not seen by the padding at the start.
    padded("elements of those that stay", before: 2, after: -1, along: 0, on: [[4], [3, 2]]) {
      $0.padded(before: 2, after: -1, along: 0, with: .circular)
    } source: { place, size in
      (place + size - 1) % (size - 1)
    },
    padded("reflected elements of all", before: 2, after: -2, along: 0, on: [[3], [4, 2]]) {
      $0.padded(before: 2, after: -2, along: 0, with: .reflect)
    } source: { place, _ in
      abs(place)
    },
    imagePadding(
      "zeros", [1, 2, 0, 3], on: [[2, 3], [1, 1, 2, 2], [2, 0]],
      errors: [
        OpError("padded: shape [3] is not [.., height, width]") {
          _ = Tensor([1, 2, 3]).padded(top: 1)
        }
      ]
    ) {
      $0.padded(top: 1, bottom: 2, right: 3)
    } source: { place, size in
      (0..<size).contains(place) ? place : nil
    },
    imagePadding("reflections", [1, 2, 2, 1], on: [[3, 3], [2, 1, 3, 4]]) {
      $0.padded(top: 1, bottom: 2, left: 2, right: 1, with: .reflect)
    } source: { place, size in
      place < 0 ? -place : place < size ? place : 2 * size - 2 - place
    },
    imagePadding("a part", [-1, -1, 0, -2], on: [[3, 3], [2, 4, 2]]) {
      $0.padded(top: -1, bottom: -1, left: 0, right: -2)
    } source: { place, _ in
      place
    },
  ]

  /// Rows and columns added at the top, the bottom, the left and the right.
  private static func imagePadding(
    _ name: String, _ widths: [Int], on shapes: [Shape], errors: [OpError] = [],
    _ apply: @escaping @Sendable (Tensor) -> Tensor,
    source: @escaping @Sendable (_ place: Int, _ size: Int) -> Int?
  ) -> OpCase {
    arrangement(
      "images padded with \(name)",
      "padded(top: Int, bottom: Int, left: Int, right: Int, with: PaddingMode)", on: shapes,
      large: [300, 257], errors: errors, apply
    ) { shape in
      let last = shape.count - 1
      let rows = changed(shape, at: last - 1) { $0 + widths[0] + widths[1] }
      return changed(rows, at: last) { $0 + widths[2] + widths[3] }
    } source: { index, shape in
      let last = shape.count - 1
      guard let row = source(index[last - 1] - widths[0], shape[last - 1]),
        let column = source(index[last] - widths[2], shape[last])
      else { return nil }
      return changed(changed(index, at: last - 1) { _ in row }, at: last) { _ in column }
    }
  }

  // MARK: Diagonals and triangles

  private static let diagonals: [OpCase] =
    [0, 1, -2].map { offset in
      arrangement(
        "diagonal \(offset)", "diagonal(offset: Int)",
        on: [[3, 3], [2, 4], [4, 2], [2, 3, 3], [1, 1], [0, 2]],
        errors: [
          OpError("diagonal: shape [3] has fewer than two axes") {
            _ = Tensor([1, 2, 3]).diagonal()
          }
        ]
      ) {
        offset == 0 ? $0.diagonal() : $0.diagonal(offset: offset)
      } shape: { shape in
        let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
        let length = (0..<rows).count { (0..<columns).contains($0 + offset) }
        return shape.dropLast(2) + [length]
      } source: { index, _ in
        let i = index[index.count - 1]
        return index.dropLast() + [i + Swift.max(0, -offset), i + Swift.max(0, offset)]
      }
    }
    + [
      arrangement(
        "diagonalMatrix", "diagonalMatrix()", on: [[3], [1], [0], [2, 3], [2, 1, 2]],
        errors: [
          OpError("diagonalMatrix: a scalar has no last axis") { _ = Tensor(1).diagonalMatrix() }
        ]
      ) {
        $0.diagonalMatrix()
      } shape: {
        $0 + $0.suffix(1)
      } source: { index, _ in
        index[index.count - 1] == index[index.count - 2] ? index.dropLast() : nil
      }
    ]

  private static let triangleShapes: [Shape] = [
    [3, 3], [2, 4], [4, 2], [2, 3, 3], [1, 1], [0, 2],
  ]

  private static let triangles: [OpCase] = [0, 1, -2].flatMap { (offset: Int) -> [OpCase] in
    [
      arrangement(
        "lowerTriangle \(offset)", "lowerTriangle(offset: Int)", on: triangleShapes,
        large: largeShape,
        errors: [
          OpError("lowerTriangle: shape [3] has fewer than two axes") {
            _ = Tensor([1, 2, 3]).lowerTriangle()
          }
        ]
      ) {
        offset == 0 ? $0.lowerTriangle() : $0.lowerTriangle(offset: offset)
      } source: { index, _ in
        index[index.count - 1] - index[index.count - 2] <= offset ? index : nil
      },
      arrangement(
        "upperTriangle \(offset)", "upperTriangle(offset: Int)", on: triangleShapes,
        large: largeShape,
        errors: [
          OpError("upperTriangle: shape [] has fewer than two axes") {
            _ = Tensor(1).upperTriangle()
          }
        ]
      ) {
        offset == 0 ? $0.upperTriangle() : $0.upperTriangle(offset: offset)
      } source: { index, _ in
        index[index.count - 1] - index[index.count - 2] >= offset ? index : nil
      },
      OpCase(
        name: "lowerTriangleMask \(offset)",
        operations: ["lowerTriangleMask(rows: Int, columns: Int, offset: Int)"],
        // The mask has the size of the input.
        apply: {
          Tensor.lowerTriangleMask(
            rows: $0[0].shape[0], columns: $0[0].shape[1], offset: offset)
        },
        reference: { inputs in
          PlainArray(shape: inputs[0].shape) { $0[1] - $0[0] <= offset ? 1 : 0 }
        },
        samples: ([[3, 3], [2, 4], [4, 2], [1, 1], [0, 2]] as [Shape]).map { [Input($0)] },
        large: [Input(largeShape)], bound: .none, exactness: .none, isDifferentiable: false,
        resultType: .bool,
        errors: [
          OpError("lowerTriangleMask: the sizes must be at least 0, got 2 and -1") {
            _ = Tensor.lowerTriangleMask(rows: 2, columns: -1)
          }
        ]),
    ]
  }
}
