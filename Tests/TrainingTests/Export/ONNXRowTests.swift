import OpTable
import TestSupport
import Testing

/// Every row of the op table is written to ONNX, or is listed as having no counterpart.
struct ONNXRowTests {
  @Test func everyRowIsExportedOrListed() {
    for row in OpCase.all {
      let isListed = ONNXRows.withoutCounterpart.contains(row.name)
      for sample in ONNXRows.samples(of: row) {
        do {
          _ = try sample.model()
          if isListed { Issue.record("\(row.name) is exported, but listed without counterpart") }
        } catch {
          if !isListed { Issue.record("\(row.name) \(sample.inputs.map(\.shape)): \(error)") }
        }
      }
    }
  }
}
