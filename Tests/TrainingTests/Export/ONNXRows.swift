import Adjoint
import OpTable
import Synchronization

/// The rows of the op table as models.
enum ONNXRows {
  /// Rows that have no counterpart in ONNX.
  ///
  /// The error names the operation.
  static let withoutCounterpart: Set<String> = Set(
    [
      "isFinite", "tiled once and never", "binCounts", "binCounts with weights", "logGamma",
      "digamma", "digamma below 0", "polygamma", "inverseErf", "solve", "logAbsDeterminant",
      "cholesky", "choleskySolve", "inverse", "matrixPower", "matrixExponential", "qr", "eigh",
      "eigvalsh", "svd", "svdvals", "matrixRank", "pseudoInverse", "leastSquares", "nuclearNorm",
      "spectralNorm", "conditionNumber",
    ]
      + OpCase.all.map(\.name).filter { name in
        ["triangularSolve", "cumulativeM", "logCumulative"].contains { name.hasPrefix($0) }
      })

  /// Rows whose values may differ: to ONNX all NaN are one element of `unique`.
  static let withOtherValues: Set<String> = ["unique"]

  /// A sample of a row.
  struct Sample {
    let row: OpCase
    let inputs: [Input]

    /// The tensors of one call.
    func tensors(_ seed: UInt64) -> [Tensor] { row.tensors(inputs, .float32, seed: seed) }

    /// The row as a model, of which each trace has other tensors.
    func model() throws -> ONNXModel {
      let calls = Calls()
      return try ONNXModel(
        tracing: nil,
        inputs: inputs.indices.map { i in
          ONNXModel.Input("x\(i)", inputs[i].shape.map { .fixed($0) }) { _, _ in
            self.tensors(calls.next(i))[i]
          }
        }
      ) { [row.apply($0)] }
    }
  }

  /// The samples of a row that have elements.
  static func samples(of row: OpCase) -> [Sample] {
    row.samples.filter { $0.allSatisfy { $0.shape.elementCount > 0 } }
      .map { Sample(row: row, inputs: $0) }
  }

  /// Counts how often each input was asked for, so that those of one trace belong together.
  private final class Calls: Sendable {
    private let counts = Mutex<[Int: UInt64]>([:])

    func next(_ input: Int) -> UInt64 {
      counts.withLock {
        $0[input, default: 0] += 1
        return $0[input] ?? 0
      }
    }
  }
}
