import Foundation
import TestSupport
import Testing

/// The operations against PyTorch's values and gradients in float64, with kinks, ties, special values and empty
/// axes.
struct GoldenOperationTests {
  /// A row of one of the files `ops-*.json`.
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let json: JSON

    var testDescription: String { name }

    static let all: [Row] = {
      let folder = fixtureURL("")
      let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
      return files.filter { $0.hasPrefix("ops-") && $0.hasSuffix(".json") }.sorted().flatMap { file in
        let rows = (try? JSON.fixture(file)["cases"].list) ?? []
        return rows.map { Row(name: (try? $0["name"].text) ?? "?", json: $0) }
      }
    }()
  }

  @Test func theRowsWereRead() throws {
    #expect(Row.all.count > 1000)
    #expect(Set(Row.all.map(\.name)).count == Row.all.count, "two rows with one name")
    let named = try Set(Row.all.map { try $0.json["op"].text })
    let unused = Set(GoldenOperations.all.keys).subtracting(named)
    #expect(unused.isEmpty, "operations without a row")
  }

  @Test func everyDifferenceHasARow() {
    let unknown = Set(GoldenDifference.all.keys).subtracting(Row.all.map(\.name))
    #expect(unknown.isEmpty, "differences of rows that there are not")
  }

  @Test(arguments: Row.all)
  func agreesWithPyTorch(_ row: Row) throws {
    let test = try GoldenTest(row.json)
    let difference = GoldenDifference.all[row.name]
    let value = try test.value()
    expectClose(
      value, difference?.value(test.expected) ?? test.expected, relative: 1e-14,
      absolute: test.absolute, nanEqual: true, "value")
    #expect(zeroSigns(value) == zeroSigns(test.expected), "signs of zeros")
    guard let expected = test.expectedGradients else { return }
    // Under another scope the pullbacks are recorded, which takes the composed form of those that are fused.
    for isRecorded in [false, true] {
      let (inner, gradients) = try test.gradients(isRecorded: isRecorded)
      expectClose(
        inner, difference?.value(test.expected) ?? test.expected, relative: 1e-14,
        absolute: test.absolute, nanEqual: true, "value in a scope")
      for (i, gradient) in gradients.enumerated() {
        expectClose(
          gradient, difference?.gradient(expected[i], i) ?? expected[i], relative: 1e-13,
          absolute: test.absolute, nanEqual: true,
          "gradient \(i)\(isRecorded ? ", recorded" : "")")
      }
    }
  }

  private func zeroSigns(_ x: Tensor) -> [Bool] {
    x.scalars(as: Double.self).map { $0 == 0 && $0.sign == .minus }
  }
}

/// What a row holds, and how it is run.
private struct GoldenTest {
  let operation: GoldenOperation
  let arguments: JSON
  let inputs: [Tensor]
  /// The positions of the inputs that have a gradient.
  let sources: [Int]
  let cotangent: Tensor
  let expected: Tensor
  /// Those of the sources; nil for an operation without a derivative.
  let expectedGradients: [Tensor]?
  /// Sums of numbers of ordinary size may cancel; special values may not be off.
  let absolute: Double

  init(_ json: JSON) throws {
    let name = try json["op"].text
    guard let operation = GoldenOperations.all[name] else {
      throw FixtureError(description: "no operation is called '\(name)'")
    }
    self.operation = operation
    arguments = json["arguments"]
    let inputs = try json["inputs"].list.map { try $0.tensor }
    expected = try json["output"].tensor
    absolute = try json["case"].text == "special" ? 0 : 1e-14
    self.inputs = inputs
    if json["cotangent"] == .null {
      (sources, cotangent, expectedGradients) = ([], expected, nil)
      return
    }
    cotangent = Tensor(try json["cotangent"].numbers, shape: expected.shape)
    let gradients = try json["gradients"].list
    let sources = gradients.indices.filter { gradients[$0] != .null }
    self.sources = sources
    expectedGradients = try sources.map {
      Tensor(try gradients[$0].numbers, shape: inputs[$0].shape)
    }
  }

  func value() throws -> Tensor { try operation(inputs, arguments) }

  /// The value inside a gradient scope, and the gradients.
  func gradients(isRecorded: Bool) throws -> (value: Tensor, gradients: [Tensor]) {
    var result = (value: expected, gradients: [Tensor]())
    let points = sources.map { inputs[$0] }
    if !isRecorded {
      result.gradients = try gradients(at: points, &result.value)
      return result
    }
    _ = try valueWithGradients(at: points) { points in
      result.gradients = try gradients(at: points, &result.value).map(\.detached)
      return Tensor(0, dtype: .float64)
    }
    return result
  }

  private func gradients(at points: [Tensor], _ value: inout Tensor) throws -> [Tensor] {
    try valueWithGradients(at: points) { leaves in
      var all = inputs
      for (place, leaf) in zip(sources, leaves) { all[place] = leaf }
      let output = try operation(all, arguments)
      value = output.detached
      let cotangent = cotangent.converted(to: output.dtype)
      // A product with the cotangent would turn an infinite value into a NaN.
      return record("weighted", output) { $0.sum() } pullback: { _, _ in cotangent }
    }.gradients
  }
}
