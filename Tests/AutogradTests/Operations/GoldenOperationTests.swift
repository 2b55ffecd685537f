import Foundation
import TestSupport
import Testing

/// Operations compared with PyTorch's float64 values and gradients, at kinks, ties, special values
/// and empty axes too.
struct GoldenOperationTests {
  /// A row of one of the files `ops-*.json`.
  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let json: JSON

    var testDescription: String { name }

    static let all: [Row] = {
      let folder = fixtureURL("")
      let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
      let tables = files.filter { $0.hasPrefix("ops-") && $0.hasSuffix(".json") }.sorted()
      return tables.flatMap { (try? JSON.fixture($0)["cases"].list) ?? [] }
        .map { Row(name: (try? $0["name"].text) ?? "?", json: $0) }
    }()
  }

  @Test func everyOperationHasARow() throws {
    #expect(Row.all.count > 1000)
    #expect(Set(Row.all.map(\.name)).count == Row.all.count, "two rows have one name")
    let named = try Set(Row.all.map { try $0.json["op"].text })
    #expect(Set(GoldenOperations.all.keys).subtracting(named).isEmpty)
    #expect(GoldenDifference.ofEitherZero.subtracting(named).isEmpty)
  }

  @Test func everyDifferenceHasARow() {
    #expect(Set(GoldenDifference.all.keys).subtracting(Row.all.map(\.name)).isEmpty)
  }

  @Test(arguments: Row.all)
  func agreesWithPyTorch(_ row: Row) throws {
    let test = try GoldenTest(row)
    let value = try test.value()
    test.expectValue(value, "value")
    if try !GoldenDifference.ofEitherZero.contains(row.json["op"].text) {
      #expect(zeroSigns(value) == zeroSigns(test.expected), "signs of zeros")
    }
    guard let expected = test.expectedGradients else { return }
    // Inside another scope the pullbacks are recorded, so they use compositions instead of fused
    // kernels.
    for isRecorded in [false, true] {
      let note = isRecorded ? ", recorded" : ""
      let (inner, gradients) = try test.gradients(isRecorded: isRecorded)
      test.expectValue(inner, "value in a scope" + note)
      for (i, gradient) in gradients.enumerated() {
        expectClose(
          gradient, expected[i], relative: 1e-13,
          // Compositions have cancellation in the tails.
          absolute: isRecorded ? max(test.absolute, 1e-15) : test.absolute, nanEqual: true,
          "gradient \(i)" + note)
      }
    }
  }

  private func zeroSigns(_ x: Tensor) -> [Bool] {
    x.scalars(as: Double.self).map { $0 == 0 && $0.sign == .minus }
  }
}

/// The content of a row, and how it is run.
private struct GoldenTest {
  let operation: GoldenOperation
  let arguments: JSON
  let inputs: [Tensor]
  /// The positions of the inputs that have a gradient.
  let sources: [Int]
  let cotangent: Tensor
  let expected: Tensor
  /// The gradients of the sources; `nil` for an operation without a derivative.
  let expectedGradients: [Tensor]?
  /// The absolute tolerance: sums of numbers of ordinary size may cancel, but special values may
  /// not differ by more than a few subnormal numbers.
  let absolute: Double

  init(_ row: GoldenOperationTests.Row) throws {
    let json = row.json
    let name = try json["op"].text
    guard let operation = GoldenOperations.all[name] else {
      throw FixtureError(description: "no operation is called '\(name)'")
    }
    self.operation = operation
    arguments = json["arguments"]
    let inputs = try json["inputs"].list.map { try $0.tensor }
    self.inputs = inputs
    let isSpecial = try json["case"].text == "special"
    absolute = isSpecial ? 100 * .leastNonzeroMagnitude : 1e-14
    let difference = GoldenDifference.all[row.name]
    let output = try json["output"].tensor
    expected = try replacing(difference?.value, in: output, "the value")
    if json["cotangent"] == .null {
      (sources, cotangent, expectedGradients) = ([], output, nil)
      return
    }
    cotangent = Tensor(try json["cotangent"].numbers, shape: output.shape)
    let gradients = try json["gradients"].list
    let sources = gradients.indices.filter { gradients[$0] != .null }
    self.sources = sources
    expectedGradients = try sources.enumerated().map { i, source in
      let gradient = Tensor(try gradients[source].numbers, shape: inputs[source].shape)
      return try replacing(difference?.gradients[i], in: gradient, "gradient \(i)")
    }
  }

  func value() throws -> Tensor { try operation(inputs, arguments) }

  func expectValue(_ value: Tensor, _ comment: String) {
    expectClose(value, expected, relative: 1e-14, absolute: absolute, nanEqual: true, comment)
  }

  /// The value inside a gradient scope, and the gradients.
  func gradients(isRecorded: Bool) throws -> (value: Tensor, gradients: [Tensor]) {
    let points = sources.map { inputs[$0] }
    if !isRecorded { return try gradients(at: points) }
    var result: (value: Tensor, gradients: [Tensor])?
    _ = try valueWithGradients(at: points) { points in
      result = try gradients(at: points)
      return Tensor(0, dtype: .float64)
    }
    return try #require(result)
  }

  private func gradients(at points: [Tensor]) throws -> (value: Tensor, gradients: [Tensor]) {
    var value: Tensor?
    let gradients = try valueWithGradients(at: points) { leaves in
      var all = inputs
      for (place, leaf) in zip(sources, leaves) { all[place] = leaf }
      let output = try operation(all, arguments)
      value = output.detached
      if !output.dtype.isFloatingPoint { return Tensor(0, dtype: .float64) }
      let cotangent = cotangent.converted(to: output.dtype)
      // A product with the cotangent would turn an infinite value into a NaN.
      return record("weighted", output) {
        $0.sum()
      } pullback: { _, _ in
        cotangent
      }
    }.gradients
    return (try #require(value), gradients.map(\.detached))
  }
}

/// PyTorch's elements with some replaced by what is expected instead; each of those must differ.
private func replacing(
  _ elements: [Int: Double]?, in theirs: Tensor, _ what: String
) throws -> Tensor {
  guard let elements else { return theirs }
  var numbers = theirs.scalars(as: Double.self)
  for (i, element) in elements {
    #expect(!(numbers[i].bitPattern == element.bitPattern), "\(what): PyTorch has element \(i) too")
    numbers[i] = element
  }
  return Tensor(numbers, shape: theirs.shape).converted(to: theirs.dtype)
}
