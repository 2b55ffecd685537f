import Foundation
import TestSupport
import Testing

struct SignedLogarithmTests {
  /// Numbers at equal probabilities of a normal distribution, transformed.
  private func numbers(_ transform: (Double) -> Double) -> [Double] {
    withRandomSeed(7) { Tensor.normal([400], dtype: .float64) }.scalars(as: Double.self)
      .map(transform)
  }

  @Test func onlyHeavyTailsHaveOne() {
    #expect(SignedLogarithm(fitting: numbers { $0 }) == nil)
    #expect(SignedLogarithm(fitting: numbers { exp($0) }) == nil)
    #expect(SignedLogarithm(fitting: numbers { abs($0) < 2 ? 0 : 1 }) == nil)
    #expect(SignedLogarithm(fitting: Array(repeating: 3, count: 100)) == nil)
    #expect(SignedLogarithm(fitting: numbers { exp(3 * $0) }) != nil)
    #expect(SignedLogarithm(fitting: numbers { exp(3 * abs($0)) * ($0 < 0 ? -1 : 1) }) != nil)
    // Many zeros are no reason, and no obstacle.
    #expect(SignedLogarithm(fitting: numbers { $0 < 0 ? 0 : exp(4 * $0) }) != nil)
  }

  @Test(arguments: [-1e12, -3, -1e-9, 0, 1e-9, 0.5, 3, 1e12]) func itIsUndone(value: Double) {
    let logarithm = SignedLogarithm(unit: 0.25)
    #expect(abs(logarithm.inverse(logarithm(value)) - value) <= 1e-12 * abs(value))
    #expect(logarithm(-value) == -logarithm(value))
    #expect(abs(logarithm(3) - log(13)) < 1e-15)
  }

  /// A table whose feature and target have heavy tails: y = x².
  private func data() throws -> SupervisedData {
    let rows = numbers { exp(3 * $0) }.map { "\($0),\($0 * $0)" }
    let table = try CSVTable(bytes: Array((["x,y"] + rows).joined(separator: "\n").utf8), file: "t")
    return try SupervisedData(table: table, target: "y", seed: 1)
  }

  @Test func columnsWithAHeavyTailBecomeLogarithms() throws {
    let data = try data()
    #expect(data.notes.contains("column 'x' has a heavy tail; its logarithm is the feature"))
    #expect(data.notes.contains { $0.hasPrefix("'y' has a heavy tail; the model learns its log") })
    let features = data.training.features
    // Nearly normal again: no value is out of reach.
    #expect(features.allSatisfy { abs($0) < 4 } && features.contains { $0 < -1.5 })
    let encoder = try #require(data.encoder)
    let again = try JSONText.decode(
      FeatureEncoder.self, from: JSONText.encode(encoder).utf8)
    #expect(again == encoder)
    guard case .number(_, _, _, let logarithm?) = encoder.columns[0].encoding else {
      Issue.record("no logarithm")
      return
    }
    #expect(logarithm.unit > 0)
    for y in [1e-6, 0.5, 40, 1e9] {
      let encoded = data.target.standardized(y)
      #expect(abs(data.target.number(ofStandardized: encoded) / y - 1) < 1e-9)
      #expect(abs(encoded) < 6)
    }
    // Encodings of earlier versions have none.
    let old = #"{"number":{"deviation":2,"mean":1,"marksMissing":false}}"#
    #expect(
      try JSONText.decode(FeatureEncoder.Encoding.self, from: old.utf8)
        == .number(mean: 1, deviation: 2, marksMissing: false))
    let target = #"{"number":{"deviation":2,"mean":1}}"#
    #expect(
      try JSONText.decode(TargetEncoding.self, from: target.utf8)
        == .number(mean: 1, deviation: 2))
  }

  @Test(arguments: [1e-200, 1e300]) func targetsOfAnySizeAreLearned(scale: Double) throws {
    let rows = (0..<60).map { "\($0),\(Double($0) / 60 * scale)" }
    let table = try CSVTable(bytes: Array((["x,y"] + rows).joined(separator: "\n").utf8), file: "t")
    let data = try SupervisedData(table: table, target: "y", kind: .regression, seed: 1)
    #expect(data.target.lossUnit == 1)
    #expect(
      data.notes.contains(
        "the squares of 'y' are beyond all numbers; losses are of the standardized target"))
    guard case .values(let values) = data.training.targets else { return }
    #expect(values.allSatisfy { $0.isFinite && abs($0) < 2 } && Set(values).count > 40)
    // The ends of the range of numbers.
    let encoding = TargetEncoding.number(mean: 1.7e308, deviation: 1e308)
    #expect(abs(encoding.standardized(-1.7e308) + 3.4) < 1e-12)
  }
}
