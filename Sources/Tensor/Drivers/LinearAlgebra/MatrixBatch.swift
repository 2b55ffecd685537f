import CKernels

/// Computations on each matrix of a batch, in float64.
enum MatrixBatch {
  /// The matrices of the inputs at one position of the batch.
  struct Inputs {
    fileprivate let operands: [Operand]
    fileprivate let index: Int

    subscript(i: Int) -> MatrixView {
      let operand = operands[i]
      return MatrixView(operand.start(at: index), rows: operand.rows, columns: operand.columns)
    }
  }

  /// The matrices of the inputs and of the result for the lanes of a vector.
  struct Lanes {
    fileprivate let count: Int
    fileprivate let starts: UnsafeMutablePointer<UnsafeMutablePointer<Double>?>
    fileprivate let inputCount: Int
    let kernels: ck_linear

    /// The first elements of an input.
    subscript(i: Int) -> UnsafePointer<UnsafePointer<Double>?> {
      UnsafeRawPointer(starts + i * count).assumingMemoryBound(to: UnsafePointer<Double>?.self)
    }

    var results: UnsafePointer<UnsafeMutablePointer<Double>?> {
      UnsafePointer(starts + inputCount * count)
    }
  }

  fileprivate struct Operand {
    private let tensor: Tensor
    private let first: UnsafeMutablePointer<Double>
    private let offsets: BatchOffsets
    let rows: Int
    let columns: Int

    init(_ x: Tensor, broadcastTo batch: Shape) {
      tensor = Elementwise.convert(x, to: .float64).contiguous
      first = tensor.pointer.assumingMemoryBound(to: Double.self)
      offsets = BatchOffsets(of: tensor, innerRank: 2, broadcastTo: batch)
      (rows, columns) = (x.shape[x.rank - 2], x.shape[x.rank - 1])
    }

    @inline(__always)
    func start(at index: Int) -> UnsafeMutablePointer<Double> { first + offsets[index] }
  }

  /// Returns the results of shape [.., rows, columns] that `body` computes from the matrices of the
  /// inputs, in the dtype of the first input.
  ///
  /// The axes before the last two are broadcast. `body` may not change its inputs; the elements of
  /// its result are uninitialized.
  static func map(
    _ inputs: [Tensor], batch: Shape, rows: Int, columns: Int, dtype: DType? = nil,
    _ body: (_ inputs: Inputs, _ result: MatrixView) -> Void
  ) -> Tensor {
    let operands = inputs.map { Operand($0, broadcastTo: batch) }
    let work = operands.reduce(rows * columns) { Swift.max($0, $1.rows * $1.columns) }
    // Large matrices are cut inside their products, which find the pool busy and run inline where
    // several share a job.
    return results(batch, rows, columns, dtype ?? inputs[0].dtype) { target in
      forEachChunk(
        of: batch.elementCount, each: work * Swift.max(1, rows), grain: Grain.multiplyAdds
      ) { range in
        for index in range {
          body(
            Inputs(operands: operands, index: index),
            MatrixView(target + index * rows * columns, rows: rows, columns: columns))
        }
      }
    }
  }

  /// Whether matrices are so small that a vector of lanes of them is worked on at once.
  static func isSmall(rows: Int, columns: Int) -> Bool {
    columns > 0 && columns <= CK_LINEAR_SMALL && rows <= CK_LINEAR_TALL
  }

  /// The same as `map` for small matrices; `body` computes the results of as many as there are
  /// lanes.
  ///
  /// The last position is repeated where fewer are left.
  static func mapLanes(
    _ inputs: [Tensor], batch: Shape, rows: Int, columns: Int, dtype: DType? = nil,
    _ body: (_ lanes: Lanes) -> Void
  ) -> Tensor {
    let operands = inputs.map { Operand($0, broadcastTo: batch) }
    let kernels = MatrixView.kernels
    let (count, lanes) = (batch.elementCount, Int(kernels.lanes))
    let work = operands.reduce(rows * columns * Swift.max(rows, columns)) {
      Swift.max($0, $1.rows * $1.columns * Swift.max($1.rows, $1.columns))
    }
    return results(batch, rows, columns, dtype ?? inputs[0].dtype) { target in
      forEachChunk(of: (count + lanes - 1) / lanes, each: 4 * work, grain: Grain.multiplyAdds / 8) {
        groups in
        withUnsafeTemporaryAllocation(
          of: UnsafeMutablePointer<Double>?.self, capacity: (inputs.count + 1) * lanes
        ) { starts in
          guard let table = starts.baseAddress else { return }
          let group = Lanes(
            count: lanes, starts: table, inputCount: inputs.count, kernels: kernels)
          for number in groups {
            for lane in 0..<lanes {
              let index = Swift.min(number * lanes + lane, count - 1)
              for i in operands.indices {
                table[i * lanes + lane] = operands[i].start(at: index)
              }
              table[operands.count * lanes + lane] = target + index * rows * columns
            }
            body(group)
          }
        }
      }
    }
  }

  /// Returns a tensor that `fill` fills in float64.
  private static func results(
    _ batch: Shape, _ rows: Int, _ columns: Int, _ dtype: DType,
    _ fill: (UnsafeMutablePointer<Double>) -> Void
  ) -> Tensor {
    var shape = batch
    shape.append(rows)
    shape.append(columns)
    let result = Tensor(uninitialized: shape, dtype: .float64)
    fill(result.pointer.assumingMemoryBound(to: Double.self))
    return Elementwise.convert(result, to: dtype)
  }
}
