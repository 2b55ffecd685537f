import OpTable
import TestSupport
import Testing

/// Every row of the op table is written to ONNX, or is listed as having no counterpart.
struct ONNXRowTests {
  @Test func everyRowIsExportedOrListed() {
    for row in OpCase.all {
      var failures = [String]()
      for sample in ONNXRows.samples(of: row) {
        do {
          let model = try sample.model()
          expectWellFormed(model.graph, row.name)
        } catch {
          failures.append("\(row.name) \(sample.inputs.map(\.shape)): \(error)")
        }
      }
      if ONNXRows.withoutCounterpart.contains(row.name) {
        #expect(!failures.isEmpty, "\(row.name) is exported, but listed without a counterpart")
      } else {
        #expect(failures.isEmpty, "neither exported nor listed: \(failures)")
      }
    }
  }

  @Test func theListHasRowsAlone() {
    let names = Set(OpCase.all.map(\.name))
    #expect(ONNXRows.withoutCounterpart.subtracting(names).isEmpty)
    #expect(ONNXRows.withOtherValues.subtracting(names).isEmpty)
  }
}

/// Expects that every value of a graph has one name, and is computed before it is used.
func expectWellFormed(_ graph: ONNXGraph, _ comment: String) {
  var known = Set<String>()
  func define(_ name: String) {
    #expect(known.insert(name).inserted, "\(comment): '\(name)' is defined twice")
  }
  for input in graph.inputs { define(input.name) }
  for constant in graph.constants { define(constant.name) }
  for node in graph.nodes {
    for input in node.inputs where !input.isEmpty {
      #expect(known.contains(input), "\(comment): '\(input)' is used before it is computed")
    }
    for output in node.outputs { define(output) }
  }
  for output in graph.outputs {
    #expect(known.contains(output.name), "\(comment): the output '\(output.name)' is not computed")
  }
}
