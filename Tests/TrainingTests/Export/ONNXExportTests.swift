import Foundation
import OpTable
import TestSupport
import Testing

/// Whole models are exported; with `ADJOINT_ONNX_FOLDER` they are written for
/// `Fixtures/onnx/check.py`, and the rows of the op table too.
struct ONNXExportTests {
  private static let folder = ProcessInfo.processInfo.environment["ADJOINT_ONNX_FOLDER"]

  @Test func modelsOfAllKindsAreExported() throws {
    for example in try ONNXExample.models() {
      expectWellFormed(example.model.graph, example.name)
      #expect(example.model.graph.outputs[0].sizes.contains { $0 != .unknown }, "\(example.name)")
      if let folder = Self.folder { try example.write(to: folder) }
    }
  }

  @Test func tablesAreExported() throws {
    for example in try ONNXExample.tables() {
      expectWellFormed(example.model.graph, example.name)
      if let folder = Self.folder { try example.write(to: folder) }
    }
  }

  @Test(.enabled(if: folder != nil, "ADJOINT_ONNX_FOLDER=FOLDER writes the rows there"))
  func rowsAreWritten() throws {
    let folder = try #require(Self.folder)
    let left = ONNXRows.withoutCounterpart.union(ONNXRows.withOtherValues)
    for (number, row) in OpCase.all.enumerated() where !left.contains(row.name) {
      for (i, sample) in ONNXRows.samples(of: row).enumerated() {
        let inputs = sample.tensors(77)
        let names = inputs.indices.map { "x\($0)" }
        let example = ONNXExample(
          name: "row-\(number)-\(i)", model: try sample.model(),
          cases: [
            (
              Dictionary(uniqueKeysWithValues: zip(names, inputs)),
              ["output": row.apply(inputs)]
            )
          ])
        try example.write(to: folder)
      }
    }
  }
}
