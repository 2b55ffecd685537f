import Foundation
import TestSupport
import Testing
import Training

@testable import Train

struct ProfilingTests {
  private static func arguments(_ line: String, _ command: any Command.Type) throws -> Arguments {
    try Arguments.reading(
      line.split(separator: " ").map(String.init), options: command.options.flatMap(\.options))
  }

  private static func operations(_ path: String) throws -> Set<String> {
    let trace = try JSONSerialization.jsonObject(with: Data(FileAccess.read(path)))
    let events = (trace as? [String: Any])?["traceEvents"] as? [[String: Any]] ?? []
    return Set(events.compactMap { $0["name"] as? String })
  }

  @Test func sessionsLeaveATrace() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run"
      let line = "xor --steps 20 --hidden 4 --seed 1 --quiet --out \(path)"
      let status = try FitCommand.run(Self.arguments(line + " --profile", FitCommand.self))
      #expect(status == 0)
      let trace = path + "/profile.json"
      #expect(try Self.operations(trace).isSuperset(of: ["denseLayers", "softmaxCrossEntropy"]))
      // The profile belongs to a session, and is no part of the run.
      #expect(try FileAccess.readText(path + "/config.json").contains("profile") == false)
      try FileAccess.write("", to: trace)
      _ = try ResumeCommand.run(
        Self.arguments("\(path) --steps 30 --quiet --profile", ResumeCommand.self))
      #expect(try Self.operations(trace).isEmpty == false)
      _ = try EvaluateCommand.run(Self.arguments("\(path) --profile --json", EvaluateCommand.self))
      #expect(try Self.operations(path + "/profile-evaluate.json").contains("denseLayers"))
      try FileAccess.write("x,y\n1,2\n-1,1\n", to: folder + "/t.csv")
      _ = try PredictCommand.run(
        Self.arguments(
          "\(path) --data \(folder)/t.csv --out \(folder)/p.csv --profile", PredictCommand.self))
      #expect(try Self.operations(path + "/profile-predict.json").contains("denseLayers"))
      // What it leaves belongs to the run.
      #expect(try ResultRemoval(hiding: path, named: "run").rest.isEmpty)
    }
  }

  @Test func withoutTheOptionNothingIsWritten() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run"
      let line = "xor --steps 20 --hidden 4 --seed 1 --quiet --out \(path)"
      let status = try FitCommand.run(Self.arguments(line, FitCommand.self))
      #expect(status == 0)
      #expect(!FileAccess.exists(path + "/profile.json"))
    }
  }

  @Test func aFailureIsProfiledToo() throws {
    try withTemporaryFolder { folder in
      let arguments = try Self.arguments("xor --profile", FitCommand.self)
      let path = folder + "/profile.json"
      #expect(throws: UsageError("no")) {
        try Profiling.run(arguments, trace: path) {
          _ = exp(Tensor([1]))
          throw UsageError("no")
        }
      }
      #expect(try Self.operations(path) == ["exp"])
      #expect(throws: TrainingError.self) {
        try Profiling.run(arguments, trace: folder + "/none/profile.json") {}
      }
    }
  }
}
