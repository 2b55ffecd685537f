import Foundation
import TestSupport
import Testing
import Training

@testable import Train

/// Every reader of files, and of the command line, answers damaged content with an error that says
/// something, or with a result that can be used: it never traps.
struct MutantTests {
  @Test(arguments: MutantReader.allCases)
  func damagedContentIsAnErrorOrUsable(_ reader: MutantReader) async {
    await read(reader, count: 60)
  }

  @Test(.slow, arguments: MutantReader.chosen)
  func muchDamagedContentIsAnErrorOrUsable(_ reader: MutantReader) async {
    await read(reader, count: MutantCount.value)
  }

  /// A mutant that ends a process can be read again by its number.
  @Test(arguments: MutantReader.allCases)
  func mutantsAreTheSameOnEachRun(_ reader: MutantReader) throws {
    try withTemporaryFolder { folder in
      let place = folder + "/place"
      let corpora = try (0..<2).map { _ in
        defer { try? FileManager.default.removeItem(atPath: place) }
        try FileManager.default.createDirectory(
          atPath: place, withIntermediateDirectories: false)
        return try reader.subject(in: place).corpus
      }
      #expect(corpora[0].count == corpora[1].count && !corpora[0].isEmpty)
      for (first, second) in zip(corpora[0], corpora[1]) where first != second {
        let lines = zip(first.split(separator: 10), second.split(separator: 10)).first { $0 != $1 }
        let texts = lines.map { [$0, $1].map { String(decoding: $0, as: UTF8.self) } }
        Issue.record("\(reader): \(texts ?? [])")
      }
    }
  }

  /// Reads mutants in a process of its own, which a trap may end.
  private func read(_ reader: MutantReader, count: Int) async {
    let log = FileManager.default.temporaryDirectory
      .appendingPathComponent("adjoint-mutants-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: log) }
    let result = await #expect(processExitsWith: .success) { [reader, count, log = log as String] in
      try Self.readInThisProcess(reader, count: count, log: log)
    }
    if result == nil {
      // The last mutant that was begun is the one that ended the process.
      let lines = String(decoding: (try? FileAccess.read(log)) ?? [], as: UTF8.self)
        .split(separator: "\n")
      let start = lines.lastIndex { $0.contains(", mutant ") } ?? lines.startIndex
      Issue.record("\(lines[start...].prefix(40).joined(separator: "\n"))")
    }
  }

  private static func note(_ line: String) {
    FileHandle.standardError.write(Data("\(line)\n".utf8))
  }

  /// Swift Testing records where each error is thrown, which would take a third of the time.
  private static func stopRecordingBacktraces() {
    for hook in ["_swift_willThrow", "_swift_willThrowTypedImpl"] {
      dlsym(nil, hook)?.storeBytes(of: nil, as: UnsafeRawPointer?.self)
    }
  }

  private static func readInThisProcess(
    _ reader: MutantReader, count: Int, log: String
  ) throws {
    // The message of a trap goes there, too.
    dup2(open(log, O_WRONLY | O_CREAT | O_TRUNC, 0o600), STDERR_FILENO)
    stopRecordingBacktraces()
    let environment = ProcessInfo.processInfo.environment
    let seed = environment["ADJOINT_MUTANT_SEED"].flatMap { UInt64($0) } ?? 1
    let only = environment["ADJOINT_MUTANT"].flatMap { Int($0) }
    try withTemporaryFolder { folder in
      let subject = try reader.subject(in: folder)
      // What nothing has damaged can be read.
      for content in subject.corpus { try subject.read(content) }
      var mutator = Mutator(seed: seed, corpus: subject.corpus, tokens: MutantReader.tokens)
      var refused = 0
      for number in 0..<max(count, (only ?? 0) + 1) {
        let mutant = subject.repaired(mutator.mutant(), number)
        if let only, number != only { continue }
        note("\(reader), seed \(seed), mutant \(number)")
        do {
          try subject.read(mutant)
        } catch {
          let isPlain = error is TrainingError || error is UsageError
          if !isPlain || "\(error)".isEmpty {
            note("\(type(of: error)): \(error)")
            Issue.record("\(reader), seed \(seed), mutant \(number): \(error)")
          }
          refused += 1
        }
      }
      if only == nil {
        #expect(refused > count / 20, "\(reader): only \(refused) of \(count) were refused")
      }
    }
  }
}
