import Tensor
import TestSupport
import Testing
import Training

@testable import Train

/// Runs with a limit of their memory.
///
/// Those that measure run in processes of their own, where nothing else allocates.
struct MemoryPlanTests {
  /// The file of the best weights of a run, and the most bytes of tensors while it trained.
  private static func run(
    _ line: String, in folder: String
  ) throws -> (weights: [UInt8], bytes: Int) {
    try trained(FitLine(line).start(in: folder))
  }

  private static func trained(_ run: TrainingRun) throws -> (weights: [UInt8], bytes: Int) {
    TensorMemory.resetPeak()
    var bytes = 0
    // Not with the page that is written at the end.
    _ = try run.train(isInterrupted: {
      bytes = TensorMemory.statistics.peakLiveBytes
      return false
    })
    return (try FileAccess.read(run.folder.best), bytes)
  }

  private static func note(_ line: String) throws -> String? {
    let assignment = try FitLine(line).assignment()
    return try MemoryPlan(FitLine(line).configuration(), on: assignment.data).note
  }

  /// A language model of a text in a folder, whose validation takes little.
  private static func gpt(_ folder: String) throws -> String {
    let text = String((0..<2000).map { Array("abcde fgh")[$0 * $0 % 9] })
    try FileAccess.write(text, to: folder + "/text.txt")
    return """
      text --data \(folder)/text.txt --context 16 --seed 3 --steps 4 --evaluate-every 2 --threads 1 \
      --batch-size 32 --model gpt(layers=4,heads=2,width=16,dropout=0.1)
      """
  }

  private static let recall = "recall --delay 3 --seed 3 --steps 3 --batch-size 1024 --threads 1"

  /// Blocks are recomputed where it is needed, which changes the memory and nothing else.
  @Test func aRunStaysBelowItsLimit() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryFolder { folder in
        let gpt = try MemoryPlanTests.gpt(folder)
        let lines = [
          gpt, gpt + " --accumulate 2 --optimizer muon --clip-norm 1 --shards 2",
          MemoryPlanTests.recall + " --model lstm(layers=3,width=8,dropout=0.1)",
        ]
        for (index, line) in lines.enumerated() {
          let plain = try MemoryPlanTests.run(line, in: folder + "/plain\(index)")
          // Trials keep the best weights from the start, as the run does after an evaluation.
          let ample = try MemoryPlanTests.note(line + " --memory-limit \(plain.bytes / 900)k")
          #expect(ample == nil, "\(line): \(ample ?? "")")
          let limit = plain.bytes * 9 / 10
          let limited = line + " --memory-limit \(limit / 1000)k"
          TensorMemory.resetPeak()
          let note = try MemoryPlanTests.note(limited)
          // A trial may exceed what it tries to keep, but not by much.
          let peak = TensorMemory.statistics.peakLiveBytes
          #expect(peak <= limit * 5 / 4, "\(line): \(peak) of \(limit) in trials")
          #expect(note?.contains("recomputed for the gradient") == true, "\(line): \(note ?? "")")
          let low = try MemoryPlanTests.run(limited, in: folder + "/low\(index)")
          #expect(low.bytes <= limit, "\(line): \(low.bytes) of \(plain.bytes)")
          #expect(low.weights == plain.weights, "\(line): other weights")
        }
      }
    }
  }

  /// What the refusal advises does fit.
  @Test func aLimitThatIsTooLowIsRefused() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryFolder { folder in
        for (name, line, clause) in [
          ("gpt", try MemoryPlanTests.gpt(folder), " with all 4 blocks recomputed,"),
          ("mlp", "moons --seed 3 --steps 3 --batch-size 400 --hidden 64-64 --threads 1", ","),
        ] {
          let plain = try MemoryPlanTests.run(line, in: "\(folder)/\(name)").bytes
          func message(_ limit: Int) -> String {
            do {
              return try MemoryPlanTests.note(line + " --memory-limit \(limit / 1000)k") ?? ""
            } catch { return "\(error)" }
          }
          let limit = plain * (name == "gpt" ? 4 : 8) / 10
          let text = message(limit)
          #expect(text.contains("steps would take at least") && text.contains(clause), "\(text)")
          let advice = text.split(separator: "; ").last?.dropLast(" fits".count) ?? ""
          #expect(advice.hasPrefix("--batch-size "), "\(text)")
          let advised = try MemoryPlanTests.run(
            line + " --memory-limit \(limit / 1000)k \(advice)", in: "\(folder)/\(name)-advised")
          #expect(advised.bytes <= limit, "\(text): \(advised.bytes)")
          #expect(message(20_000).contains("even with --batch-size 1"))
        }
      }
    }
  }

  /// The configuration holds the limit, and a resumed run plans anew.
  @Test func aResumedRunKeepsItsLimit() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryFolder { folder in
        let gpt = try MemoryPlanTests.gpt(folder)
        let plain = try MemoryPlanTests.run(gpt, in: folder + "/plain")
        let line = gpt + " --memory-limit \(plain.bytes * 9 / 10_000)k"
        let configuration = try FitLine(line).configuration()
        let copy = try JSONText.decode(
          TrainingConfiguration.self, from: JSONText.encode(configuration).utf8.map { $0 })
        #expect(copy == configuration)
        #expect(copy[FitOptions.memoryLimit] == configuration[FitOptions.memoryLimit])
        var steps = 0
        _ = try FitLine(line).start(in: folder + "/run").train(isInterrupted: {
          steps += 1
          return steps == 3
        })
        let resumed = try TrainingRun(resuming: RunFolder(existing: folder + "/run"))
        #expect(resumed.step == 3 && resumed.experiment.notes.count == 1)
        let (weights, bytes) = try MemoryPlanTests.trained(resumed)
        #expect(bytes <= plain.bytes * 9 / 10 && weights == plain.weights)
      }
    }
  }

  /// Patterns that match no weight are an error before trials use them, and what an edited
  /// configuration asks for in vain is an error of its file.
  @Test func patternsAndEditedLimitsAreChecked() async {
    await #expect(processExitsWith: .success) {
      let line = "xor --steps 2 --hidden 4 --threads 1 --memory-limit 1G"
      for option in ["--freeze none", "--learning-rate-scale none=2"] {
        #expect(throws: UsageError.self) { try MemoryPlanTests.note("\(line) \(option)") }
      }
      try withTemporaryFolder { folder in
        let run = try FitLine(line).start(in: folder + "/run").folder
        let whole = try FileAccess.readText(run.configuration)
        for (old, new) in [
          (#""1G""#, #""1k""#), (#""memory-limit""#, #""freeze": "none", "memory-limit""#),
        ] {
          try FileAccess.write(whole.replacing(old, with: new), to: run.configuration)
          let error = #expect(throws: TrainingError.self) { try TrainingRun(resuming: run) }
          #expect(error?.kind == .data)
          #expect(error?.message.hasPrefix(run.configuration) == true)
        }
      }
    }
  }

  @Test func sizesAreRead() {
    let sizes: [(String, Int?)] = [
      ("500M", 500_000_000), ("2G", 2_000_000_000), ("1.5GB", 1_500_000_000), ("2GiB", 1 << 31),
      ("64Ki", 65536), ("100k", 100_000), ("1T", 1_000_000_000_000), ("2", nil), ("G", nil),
      ("-1G", nil), ("0M", nil), ("2 G", nil), ("2iB", nil), ("1e9T", nil), ("2Gx", nil),
    ]
    for (text, bytes) in sizes { #expect(ByteCount(text)?.bytes == bytes, "\(text)") }
    #expect(throws: UsageError.self) { try FitLine(Self.recall + " --memory-limit 2") }
    #expect(throws: UsageError.self) {
      try FitLine(Self.recall + " --memory-limit 2G --simulated-workers 2").configuration()
    }
  }
}
