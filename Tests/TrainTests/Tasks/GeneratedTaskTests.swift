import Foundation
import NN
import Tensor
import TestSupport
import Testing
import Training

@testable import Train

struct AdditionTests {
  private func rows(_ examples: SupervisedData.Examples, _ vocabulary: Vocabulary?) -> [String] {
    guard case .sequences(let targets, let length) = examples.targets, let vocabulary else {
      return []
    }
    let inputs = examples.inputs.scalars(as: Int32.self)
    func text(_ tokens: ArraySlice<Int32>) -> String {
      String(String.UnicodeScalarView(tokens.map { vocabulary.characters[Int($0)] }))
    }
    let columns = examples.columns
    return (0..<examples.rows).map { row in
      let input = text(inputs[row * columns..<(row + 1) * columns])
      let target = text(targets[row * length..<(row + 1) * length])
      // The last digit is a target only; the others of the sum are inputs too.
      #expect(input.hasSuffix(target.dropLast()))
      return input + target.suffix(1)
    }
  }

  private func addition(_ digits: Int) throws -> Addition {
    try #require(FitLine("addition --digits \(digits)").assignment().task as? Addition)
  }

  @Test(arguments: [2, 3, 9]) func rowsAreSums(digits: Int) throws {
    let data = try addition(digits).data(seed: 1, trainingRows: 300, validationRows: 100)
    let training = rows(data.training, data.vocabulary)
    let validation = rows(data.validation, data.vocabulary)
    #expect(training.count == 300 && validation.count == 100)
    for row in training + validation {
      let parts = row.split { $0 == "+" || $0 == "=" }
      #expect(parts[0].count == digits && parts[1].count == digits)
      #expect(parts[2].count == digits + 1)
      let numbers = try parts.map { try #require(Int($0)) }
      #expect(Int(String(parts[2].reversed())) == numbers[0] + numbers[1])
    }
    #expect(Set(training).isDisjoint(with: validation) && Set(validation).count == 100)
    let other = try addition(digits).data(seed: 2, trainingRows: 300, validationRows: 100)
    #expect(other.training != data.training && other.validation != data.validation)
  }
}

struct RecallTests {
  @Test func theFirstSymbolIsTheTarget() throws {
    let task = try #require(FitLine("recall --delay 5").assignment().task as? Recall)
    let data = task.data(seed: 3, trainingRows: 400, validationRows: 50)
    #expect(data.training.inputs.shape == [400, 6] && data.validation.rows == 50)
    let symbols = data.training.inputs.scalars(as: Int32.self)
    #expect(
      data.training.targets == .classes(stride(from: 0, to: 2400, by: 6).map { symbols[$0] }))
    #expect(Set(symbols) == Set(0..<8))
    #expect(data.target.outputs == 8 && data.vocabulary?.count == 8)
  }
}

struct PointTaskTests {
  private static let seeded: [@Sendable (UInt64) -> SupervisedData] = [
    { Spirals(OptionValues()).data(seed: $0, trainingPoints: 200, validationPoints: 200) },
    { Moons(OptionValues()).data(seed: $0, trainingPoints: 200, validationPoints: 200) },
    { XOR(OptionValues()).data(seed: $0, trainingPoints: 200, validationPoints: 200) },
    { Sine(OptionValues()).data(seed: $0, trainingPoints: 200, validationPoints: 200) },
  ]

  @Test(arguments: seeded.indices)
  func dataIsSeededAndValidationPointsAreFresh(_ index: Int) {
    let make = Self.seeded[index]
    let (data, again, other) = (make(5), make(5), make(6))
    #expect(data.training == again.training && data.validation == again.validation)
    #expect(data.training != other.training && data.validation != other.validation)
    #expect(data.training.rows == 200 && data.validation.rows == 200)
    #expect(data.training.features.count == 200 * data.training.columns)
    #expect(Set(data.training.features).isDisjoint(with: data.validation.features))
    if case .classes(let classes) = data.training.targets {
      #expect(classes.count { $0 == 0 } == 100 && classes.count { $0 == 1 } == 100)
    }
  }
}

struct GlyphTests {
  @Test func imagesAreSeededAndEveryCharacterIsDrawn() throws {
    let task = GlyphsTask(OptionValues())
    let data = task.data(seed: 1, trainingRows: 72, validationRows: 36)
    let again = task.data(seed: 1, trainingRows: 72, validationRows: 36)
    let other = task.data(seed: 2, trainingRows: 72, validationRows: 36)
    #expect(data.training == again.training && data.validation == again.validation)
    #expect(data.training != other.training && data.validation != other.validation)
    #expect(data.training.inputs.shape == [72, 1, 16, 16])
    guard case .classes(let classes) = data.training.targets else {
      Issue.record("not classes")
      return
    }
    #expect(classes == Array(0..<36) + Array(0..<36))
    // The ink of a glyph stands out of the noise: a squared pixel of noise is 0.01 on average.
    for row in data.training.features.chunked(by: 256) {
      let strength = row.reduce(0) { $0 + $1 * $1 } / 256
      #expect(strength > 0.05 && strength < 0.5)
    }
  }
}

extension Array {
  fileprivate func chunked(by size: Int) -> [ArraySlice<Element>] {
    stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
  }
}

/// What the tasks are for: small models learn them within a minute.
@Suite(.serialized) struct SmallResultTests {
  private func summary(_ line: String, seed: UInt64) throws -> RunSummary {
    try withTemporaryFolder { try FitLine("\(line) --seed \(seed)").summary(in: $0 + "/run") }
  }

  @Test func microgradsMoonsAreSolved() throws {
    let summary = try summary("--preset micrograd", seed: 2)
    #expect(summary.model == "mlp 2-16-16-1, relu" && summary.parameters == 337)
    #expect(summary.trainAccuracy == 1 && summary.validationAccuracy == 1)
  }

  @Test func aRecurrentNetRemembersAFewSteps() throws {
    let summary = try summary("recall --delay 3 --model rnn --steps 400", seed: 1)
    #expect(try #require(summary.validationAccuracy) > 0.9)
  }

  @Test(.slow) func additionIsLearned() throws {
    #expect(try #require(summary("addition", seed: 1).validationAccuracy) >= 0.99)
  }

  @Test(.slow, arguments: [("conv", 0.99), ("mlp", 0.97)])
  func glyphsAreTold(model: String, accuracy: Double) throws {
    let summary = try summary("glyphs --model \(model)", seed: 1)
    #expect(try #require(summary.validationAccuracy) >= accuracy)
  }

  @Test(.slow, arguments: ["lstm", "gru"]) func gatesRemember(model: String) throws {
    let summary = try summary("recall --model \(model)", seed: 1)
    #expect(try #require(summary.validationAccuracy) >= 0.99)
  }

  @Test(.slow) func aPlainRecurrentNetForgets() throws {
    let summary = try summary("recall --model rnn", seed: 1)
    #expect(try #require(summary.validationAccuracy) < 0.3)
  }
}
