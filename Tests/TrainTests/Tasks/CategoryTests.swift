import TestSupport
import Testing

@testable import Train
@testable import Training

struct CategoryTests {
  /// A table of 50 people in ten rows each, whose score is the person's own beside a little noise.
  private static func table(_ person: (Int) -> String) -> String {
    let rows = (0..<500).map { row in
      let number = row * 37 % 50
      return "\(person(number)),\(row % 7),\(number * number * 31 % 101 + row % 3)"
    }
    return (["person,x,score"] + rows).joined(separator: "\n")
  }

  /// The share of the variance that a model explains of the rows to validate on.
  private func explained(_ table: String, _ options: String = "") throws -> Double {
    try withTemporaryFolder { folder in
      try FileAccess.write(table, to: folder + "/t.csv")
      let line = "csv --data \(folder)/t.csv --target score --kind regression --seed 3 --epochs 40"
      let summary = try FitLine(line + options).summary(in: folder + "/run")
      // What a resumed run reads is the same.
      _ = try TrainingRun(resuming: RunFolder(existing: folder + "/run"))
      return try #require(summary.validationR2)
    }
  }

  @Test func identifiersThatRepeatAreLearned() throws {
    #expect(try explained(Self.table { "user\($0)" }) > 0.95)
    let numbers = Self.table { "\($0 * 7919)" }
    #expect(try explained(numbers, " --categories person") > 0.95)
    #expect(try explained(numbers) < 0.3)
  }

  @Test func categoriesAreColumnsBesideTheTarget() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/t.csv"
      try FileAccess.write(Self.table { "\($0)" }, to: path)
      let line = "csv --data \(path) --target score --categories "
      #expect(throws: UsageError("--categories: 'score' is the target; see --kind")) {
        try FitLine(line + "x,score").assignment()
      }
      #expect(
        throws: TrainingError.data("\(path):1: no column 'persn'; did you mean 'person'?")
      ) { try FitLine(line + "x,persn").assignment() }
      #expect(throws: (any Error).self) { try FitLine(line + "x,") }
    }
  }
}
