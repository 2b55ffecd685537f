import Foundation
import NN
import Tensor
import TestSupport
import Testing
import Training

@testable import Train

struct AdditionTests {
  private func rows(_ examples: Examples, _ vocabulary: Vocabulary?) -> [String] {
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

  @Test(arguments: [2, 3, 9]) func rowsAreSums(digits: Int) throws {
    let data = Addition(digits: digits).data(seed: 1, trainingRows: 300, validationRows: 100)
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
    let other = Addition(digits: digits).data(seed: 2, trainingRows: 300, validationRows: 100)
    #expect(other.training != data.training && other.validation != data.validation)
  }
}

struct MemoryTests {
  @Test func theFirstSymbolIsTheTarget() {
    let data = MemoryTask(delay: 5).data(seed: 3, trainingRows: 400, validationRows: 50)
    #expect(data.training.inputs.shape == [400, 6] && data.validation.rows == 50)
    let symbols = data.training.inputs.scalars(as: Int32.self)
    #expect(
      data.training.targets == .classes(stride(from: 0, to: 2400, by: 6).map { symbols[$0] }))
    #expect(Set(symbols) == Set(0..<8))
    #expect(data.target.outputs == 8 && data.vocabulary?.count == 8)
  }
}

struct GlyphTests {
  @Test func imagesAreSeededAndEveryCharacterIsDrawn() throws {
    let data = Glyphs.data(seed: 1, trainingRows: 72, validationRows: 36)
    let again = Glyphs.data(seed: 1, trainingRows: 72, validationRows: 36)
    let other = Glyphs.data(seed: 2, trainingRows: 72, validationRows: 36)
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
    try withTemporaryFolder { folder in
      let arguments = try Arguments(
        line.split(separator: " ").map(String.init), options: FitOptions.groups.flatMap(\.options))
      let source = try DataSource(task: arguments.words[0], arguments: arguments)
      let data = try source.data(seed: seed)
      let run = try TrainingRun(
        starting: TrainingConfiguration(
          arguments: arguments, source: source, data: data, seed: seed),
        data: data, folder: RunFolder(creating: folder + "/run", task: source.taskName))
      guard case .finished(let summary) = try run.train() else {
        throw TrainingError.training("interrupted")
      }
      return summary
    }
  }

  @Test func microgradsMoonsAreSolved() throws {
    let summary = try summary("--preset micrograd", seed: 1337)
    #expect(summary.model == "mlp 2-16-16-1, relu" && summary.parameters == 337)
    #expect(summary.trainAccuracy == 1 && summary.validationAccuracy == 1)
  }

  @Test func aRecurrentNetRemembersAFewSteps() throws {
    let summary = try summary("memory --delay 3 --model rnn --steps 400", seed: 1)
    #expect(try #require(summary.validationAccuracy) > 0.9)
  }

  @Test(.slow, arguments: [0, 1, 2]) func additionIsLearned(seed: UInt64) throws {
    #expect(try #require(summary("addition", seed: seed).validationAccuracy) >= 0.99)
  }

  @Test(.slow, arguments: [("conv", 0.99), ("mlp", 0.97)])
  func glyphsAreTold(model: String, accuracy: Double) throws {
    let summary = try summary("glyphs --model \(model)", seed: 1)
    #expect(try #require(summary.validationAccuracy) >= accuracy)
  }

  @Test(.slow, arguments: ["lstm", "gru"]) func gatesRemember(model: String) throws {
    let summary = try summary("memory --model \(model)", seed: 1)
    #expect(try #require(summary.validationAccuracy) >= 0.99)
  }

  @Test(.slow) func aPlainRecurrentNetForgets() throws {
    let summary = try summary("memory --model rnn", seed: 1)
    #expect(try #require(summary.validationAccuracy) < 0.3)
  }
}
