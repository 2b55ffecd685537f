/// Computations on each matrix of a batch, in float64.
enum MatrixBatch {
  /// Returns the results of shape [.., rows, columns] that `body` computes from the matrices of the
  /// inputs, in the dtype of the first input.
  ///
  /// The axes before the last two are broadcast. `body` may not change its inputs; the elements of
  /// its result are uninitialized.
  static func map(
    _ inputs: [Tensor], batch: Shape, rows: Int, columns: Int, dtype: DType? = nil,
    _ body: (_ inputs: [MatrixView], _ result: MatrixView) -> Void
  ) -> Tensor {
    var shape = batch
    shape.append(rows)
    shape.append(columns)
    let sources = inputs.map { Elementwise.convert($0, to: .float64).contiguous }
    let offsets = sources.map { BatchOffsets(of: $0, innerRank: 2, broadcastTo: batch) }
    let result = Tensor(uninitialized: shape, dtype: .float64)
    let target = result.pointer.assumingMemoryBound(to: Double.self)
    let starts = sources.map { $0.pointer.assumingMemoryBound(to: Double.self) }
    let work = sources.reduce(rows * columns) { Swift.max($0, $1.shape.suffix(2).reduce(1, *)) }
    // Large matrices are cut inside their products, which find the pool busy and run inline where
    // several share a job.
    let grain = Grain.items(Grain.multiplyAdds, each: work * Swift.max(1, rows))
    forEachChunk(of: batch.elementCount, grain: grain) { range in
      for index in range {
        let matrices = sources.indices.map { i in
          let (height, width) = (sources[i].shape.suffix(2).first ?? 0, sources[i].shape.last ?? 0)
          return MatrixView(starts[i] + offsets[i][index], rows: height, columns: width)
        }
        body(matrices, MatrixView(target + index * rows * columns, rows: rows, columns: columns))
      }
    }
    withExtendedLifetime(sources) {}
    return Elementwise.convert(result, to: dtype ?? inputs[0].dtype)
  }
}
