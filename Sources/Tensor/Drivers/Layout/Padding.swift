import CKernels

/// The values of elements that are added at the ends of axes.
package enum PaddingFill: Sendable {
  case constant(Double)
  /// The elements next to the end, mirrored at it.
  case reflect
  /// The element at the end.
  case edge
  /// The elements at the other end.
  case circular
}

/// Adds elements at the ends of axes: all axes in one pass, block by block, so that the parts of a
/// block are written while it is in the nearest cache.
package enum Padding {
  /// The numbers of elements added at both ends of an axis.
  package struct Side {
    package var axis: Int
    package var before: Int
    package var after: Int

    package init(axis: Int, before: Int, after: Int) {
      (self.axis, self.before, self.after) = (axis, before, after)
    }
  }

  /// Returns `x` with elements added at both ends of some axes, which the fill allows; the sides of
  /// an axis include those that were added along the axes before it.
  package static func forward(_ x: Tensor, _ sides: [Side], _ fill: PaddingFill) -> Tensor {
    var shape = x.shape
    for side in sides { shape[side.axis] += side.before + side.after }
    let result = Tensor(uninitialized: shape, dtype: x.dtype)
    if result.elementCount == 0 { return result }
    // A block is what the axes from the first padded one on hold.
    let outer = sides.map(\.axis).min() ?? 0
    let blocks = shape[..<outer].reduce(1, *)
    let source = blocks > 1 ? x.contiguous : x
    let parts = Parts(source, result, sides, fill, outer: outer)
    let size = x.dtype.byteCount
    let (from, to) = (source.pointer, result.pointer)
    let (fromBlock, toBlock) = (
      source.elementCount / blocks * size, result.elementCount / blocks * size
    )
    if toBlock >= 2 * Grain.elements * size {
      for block in 0..<blocks {
        parts.run(from + block * fromBlock, to + block * toBlock, size) {
          $0.run($1, $2, size: size)
        }
      }
      return result
    }
    guard let kernel = ck_move(Execution.current.kernels, size) else { return result }
    forEachChunk(of: blocks, each: toBlock, grain: Grain.elements * size) { range in
      for block in range {
        parts.run(from + block * fromBlock, to + block * toBlock, size) {
          $0.run($1, $2, kernel, size: size)
        }
      }
    }
    withExtendedLifetime(source) {}
    return result
  }

  /// The copies that make a block of the result: its center, and then each end of each axis, or, if
  /// the block is small, the number of a constant fill everywhere and then the center.
  private struct Parts {
    // Without references, so that the loop over blocks counts none.
    private struct Part {
      var move: Move
      /// The memory that is read.
      var origin: Origin
      /// The first elements in the memories.
      var from = 0
      var to = 0
    }
    private enum Origin {
      case source
      case result
      case number
    }

    /// The most elements of a block that are cheaper to write twice than side by side.
    private static let smallBlock = 1 << 14

    private var parts = [Part]()
    /// The number that a constant fill adds.
    private var number: Tensor?

    init(_ x: Tensor, _ result: Tensor, _ sides: [Side], _ fill: PaddingFill, outer: Int) {
      /// The axes of a block.
      func inner(_ strides: Strides) -> Strides {
        var steps = Strides()
        for axis in outer..<x.rank { steps[axis - outer] = strides[axis] }
        return steps
      }
      let (fromSteps, toSteps) = (inner(x.strides), inner(result.strides))
      var shape = Shape(x.shape[outer...])
      var start = sides.reduce(0) { $0 + $1.before * result.strides[$1.axis] }
      let count = result.shape[outer...].reduce(1, *)
      var isFilled = false
      if case .constant(let value) = fill {
        number = Tensor(number: value, dtype: x.dtype, for: "padded")
        isFilled = count <= Self.smallBlock
      }
      if isFilled {
        let whole = Move(ck_level(size: count, from: 0, to: 1))
        parts.append(Part(move: whole, origin: .number))
      }
      if x.elementCount > 0 {
        let center = Move(shape, from: fromSteps, to: toSteps)
        parts.append(Part(move: center, origin: .source, to: start))
      }
      for side in sides where !isFilled {
        let (axis, step) = (side.axis - outer, result.strides[side.axis])
        let size = shape[axis]
        let ends = [(side.before, -side.before, true), (side.after, size, false)]
        for (count, place, isBefore) in ends where count > 0 {
          var end = shape
          end[axis] = count
          // The axis of the elements that the added ones show, and the first of them.
          var (along, first) = (0, 0)
          switch fill {
          case .constant:
            let move = Move(end, from: Strides(), to: toSteps)
            parts.append(Part(move: move, origin: .number, to: start + place * step))
            continue
          case .edge: first = isBefore ? 0 : size - 1
          case .reflect: (along, first) = (-step, isBefore ? count : size - 2)
          case .circular: (along, first) = (step, isBefore ? size - count : 0)
          }
          var steps = toSteps
          steps[axis] = along
          parts.append(
            Part(
              move: Move(end, from: steps, to: toSteps), origin: .result,
              from: start + first * step, to: start + place * step))
        }
        start -= side.before * step
        shape[axis] += side.before + side.after
      }
    }

    func run(
      _ source: UnsafeMutableRawPointer, _ result: UnsafeMutableRawPointer, _ size: Int,
      _ body: (Move, UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Void
    ) {
      let numberStart = number?.pointer ?? source
      parts.withUnsafeBufferPointer { parts in
        for index in parts.indices {
          let from =
            switch parts[index].origin {
            case .source: source
            case .result: result + parts[index].from * size
            case .number: numberStart
            }
          body(parts[index].move, from, result + parts[index].to * size)
        }
      }
    }
  }
}
