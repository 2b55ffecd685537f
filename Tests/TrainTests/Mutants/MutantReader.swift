import Foundation
import TestSupport
import Training

@testable import Train

/// A kind of content that the command reads, with what reads it.
enum MutantReader: String, CaseIterable, Codable, Sendable {
  case table, rows, text, pixels, labels, image
  case config, checkpoint, weights, model
  case metrics, diagnostics, decisions, summary
  case comparison, sweep, trials
  case line, space

  /// All readers, or those that the environment variable `ADJOINT_MUTANT_READERS` names.
  static var chosen: [MutantReader] {
    let names = ProcessInfo.processInfo.environment["ADJOINT_MUTANT_READERS"]
    guard let names = names?.split(separator: ",") else { return allCases }
    return names.compactMap { MutantReader(rawValue: String($0)) }
  }

  /// Valid contents, and what reads one.
  struct Subject {
    /// The contents that are damaged.
    var corpus: [[UInt8]]
    /// Corrects checksums of a mutant with a number, so that damage behind them is found.
    var repaired: ([UInt8], Int) -> [UInt8] = { bytes, _ in bytes }
    /// Reads content and uses what was read.
    var read: ([UInt8]) throws -> Void
  }

  /// What is put into content.
  static let tokens = [
    "", "0", "-0", "-1", "1", "2", "0.5", "1e-320", "1e308", "1e999", "-1e308", "nan", "inf",
    "-inf",
    "0x10", "+1", "1_000", "1,5", "9223372036854775807", "9223372036854775808",
    "99999999999999999999", "-9223372036854775808", "2147483648", "1.7976931348623157e308", "true",
    "false", "null", "[]", "{}", "[null]", "a", "a=b", "a(b=c)", "adamw(", "adamw(beta1=2)",
    "sgd(learning-rate=1e308)", "lookahead(lookahead(sgd))", "cosine(final=-1)", "mlp(hidden=0)",
    "conv", "gpt", "lstm", "0-0", "1-", "-", "--", "*", "%s%n", "\u{1B}[31m", "é", "✓✓✓", "\u{0}",
    "\u{FEFF}", "\r\n", "\"", "\"\"", "'", ",", ";", "\t", "/dev/null", "/nonexistent", ".", "..",
    "/",
    "1s", "0s", "1e9h", "*=0.1", "*=1e308", ",,,", "1,2,3", "5%",
    "($1,234.50)", "2024-02-30", "01/02/2024", "12:30", "log(1,1)", "log(0,1)", "choice()",
  ]

  func subject(in folder: String) throws -> Subject {
    switch self {
    case .table, .rows, .text, .pixels, .labels, .image: try data(in: folder)
    case .config, .checkpoint, .weights, .model: try model(in: folder)
    case .metrics, .diagnostics, .decisions, .summary: try record(in: folder)
    case .comparison: try comparison(in: folder)
    case .sweep, .trials: try sweep(in: folder)
    case .line:
      Subject(corpus: Self.lines.map { Array($0.replacing(" ", with: "\n").utf8) }) { bytes in
        let words = String(decoding: bytes, as: UTF8.self).split(
          separator: "\n", omittingEmptySubsequences: false
        ).map(String.init)
        var arguments = try Arguments.reading(words, options: FitOptions.all)
        arguments.values.setDefault(FitOptions.seed, 1)
        // Only tasks that need no file, and few examples of them.
        guard ["moons", "xor"].contains(arguments.words.first) else {
          throw UsageError("another task")
        }
        let assignment = try Assignment(arguments, command: "fit")
        let configuration = try assignment.configuration(arguments)
        try configuration.check(on: assignment.data)
        _ = try configuration.trainerOptions()
        let experiment = try Experiment(starting: configuration, on: assignment.data)
        _ = configuration.optimizer(experiment.model.parameters)
      }
    case .space:
      Subject(corpus: Self.spaces.map { Array($0.utf8) }) { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        _ = try SweepLine("xor --seed 1 --trials 4 --over \"\(text.replacing("\"", with: ""))\"")
          .plan()
      }
    }
  }

  private static let lines = [
    "moons --hidden 4-4 --optimizer lookahead(adamw(beta1=0.8),sync-period=6) --steps 50",
    "xor --model mlp(hidden=8,activation=tanh) --schedule wsd(decay-steps=20,shape=1-sqrt)",
    "moons --optimizer switch(adam,sgd(learning-rate=0.05),at=2000) --batch-size 8 --seed 4",
    "xor --optimizer muon --learning-rate 0.01 --clip-norm 1 --accumulate 2 --patience 5 --keep 2",
    "moons --freeze layers.0.* --learning-rate-scale layers.*=0.1 --time-limit 90s --warmup 5",
  ]

  private static let spaces = [
    "learning-rate=log(1e-4,1e-1) hidden=choice(4,8-8)", "batch-size=int(2,16)",
    "optimizer=choice(adamw,lookahead(adamw, sync-period=6)) weight-decay=linear(0,1)",
  ]
}
