import Foundation
import TestSupport
import Testing
import Training

@testable import Train

/// How runs start from other weights, end early, go on, and keep to themselves.
struct RunControlTests {
  @Test(arguments: [
    ("90s", 90.0), ("10m", 600), ("1h30m", 5400), ("0.5s", 0.5), ("2h", 7200), ("1m30s", 90),
  ])
  func timesHaveUnits(_ text: String, _ seconds: Double) {
    #expect(TimeSpan(text)?.seconds == seconds)
  }

  @Test(arguments: ["", "90", "s", "-1s", "10m1h", "3x", "0s", "nans", "1e400s"])
  func otherTextIsNotATime(_ text: String) { #expect(TimeSpan(text) == nil) }

  @Test func aProlongedRunGoesOnFromItsEnd() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run"
      let line = try FitLine("xor --schedule constant --warmup 0 --hidden 4 --seed 3 --steps 40")
      _ = try line.summary(in: path)
      #expect(throws: UsageError.self) {
        try TrainingRun(resuming: RunFolder(existing: path), steps: 40)
      }
      let run = try TrainingRun(resuming: RunFolder(existing: path), steps: 60)
      #expect(try run.earlierSummary == nil)
      guard case .finished(let summary) = try run.train(isInterrupted: { false }) else {
        Issue.record("not finished")
        return
      }
      #expect(summary.steps == 60)
      // With a rate that does not depend on the number of steps, it is as if all had been asked for
      // at once.
      let whole = folder + "/whole"
      let other = try FitLine("xor --schedule constant --warmup 0 --hidden 4 --seed 3 --steps 60")
      _ = try other.summary(in: whole)
      let weights = try [path, whole].map { try FileAccess.read($0 + "/best.safetensors") }
      #expect(weights[0] == weights[1])
      // Another session knows the new number of steps.
      #expect(try TrainingRun(resuming: RunFolder(existing: path)).earlierSummary?.steps == 60)
    }
  }

  @Test func anInterruptedLastEvaluationIsMadeLater() throws {
    try withTemporaryFolder { folder in
      let words = (0..<20_000).map { "\(($0 * $0) % 1013)" }
      try FileAccess.write(words.joined(separator: " "), to: folder + "/text")
      let text = "text --data \(folder)/text --context 8 --layers 1 --heads 1 --width 8"
      let line = try FitLine("\(text) --batch-size 4 --seed 2 --steps 5")
      let whole = folder + "/whole"
      let expected = try line.summary(in: whole)
      let part = folder + "/part"
      let run = try RunFolder(existing: whole)
      // At the end of a new run, and of one that is prolonged, where the summary is of the shorter.
      for (steps, session) in [(5, try line.start(in: part)), (7, nil)] {
        let session = try session ?? TrainingRun(resuming: RunFolder(existing: part), steps: steps)
        var calls = session.step
        let outcome = try session.train(isInterrupted: {
          calls += 1
          return calls == steps + 2
        })
        guard case .interrupted(steps) = outcome else {
          Issue.record("not interrupted in the last evaluation: \(outcome)")
          return
        }
        let rest = try TrainingRun(resuming: RunFolder(existing: part))
        #expect(try rest.step == steps && rest.earlierSummary == nil)
        guard case .finished(let summary) = try rest.train(isInterrupted: { false }) else {
          Issue.record("not finished")
          return
        }
        #expect(summary.steps == steps && summary.seconds > 0)
        let earlier = try TrainingRun(resuming: RunFolder(existing: part)).earlierSummary
        #expect(earlier == summary)
        guard steps == 5 else { continue }
        #expect(summary.validationLoss == expected.validationLoss)
        for path in [run.checkpoint, run.best, run.metrics, run.plot] {
          let other = path.replacing("/whole/", with: "/part/")
          #expect(try FileAccess.read(path) == FileAccess.read(other), "\(path)")
        }
      }
    }
  }

  @Test func evaluationsDoNotCountAgainstTheTimeLimit() throws {
    let line = try FitLine("xor --hidden 4 --steps 5 --time-limit 0.001s")
    let control = SessionControl(try line.configuration(), OneWorker())
    while control.seconds < 0.002 {}
    let evaluated = control.decision(
      after: 1, evaluationTime: .seconds(60), isInterrupted: false)
    #expect(!evaluated.contains(.timeIsOver))
    let trained = control.decision(after: 2, evaluationTime: .zero, isInterrupted: false)
    #expect(trained.contains(.timeIsOver))
  }

  @Test func otherThreadsContinueWithTheSameBits() throws {
    try withTemporaryFolder { folder in
      let line = try FitLine(
        "moons --hidden 300-300 --batch-size 200 --seed 4 --steps 12 --threads 1")
      let whole = folder + "/whole"
      _ = try line.summary(in: whole)
      let path = folder + "/parts"
      var steps = 0
      _ = try line.start(in: path).train(isInterrupted: {
        steps += 1
        return steps == 5
      })
      let rest = try TrainingRun(resuming: RunFolder(existing: path), threads: 3)
      #expect(rest.step == 5 && rest.configuration[FitOptions.threads] == 3)
      _ = try rest.train(isInterrupted: { false })
      for name in ["checkpoint.safetensors", "best.safetensors", "metrics.jsonl"] {
        #expect(
          try FileAccess.read("\(path)/\(name)") == FileAccess.read("\(whole)/\(name)"),
          "\(name)")
      }
      // It was for the session alone.
      let file = try ConfigurationFile(contentsOf: path + "/config.json")
      #expect(file.configuration[FitOptions.threads] == 1)
    }
  }

  @Test func aRunEndsBelowALoss() throws {
    try withTemporaryFolder { folder in
      let line = try FitLine("moons --hidden 8 --seed 1 --stop-below 0.5 --steps 2000")
      let summary = try line.summary(in: folder + "/run")
      #expect(summary.stoppedEarly && summary.steps < 2000)
      let loss = try #require(summary.validationLoss)
      #expect(loss < 0.5)
    }
  }

  @Test(arguments: [
    "--steps 50", "--steps 9223372036854775807",
    "--steps 9223372036854775807 --diagnostics full --checkpoint-every 9223372036854775807",
  ])
  func aSessionThatIsOutOfTimeCanBeContinued(options: String) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run"
      let line = try FitLine("moons --hidden 8 --seed 1 --time-limit 0.000000001s \(options)")
      let run = try line.start(in: path)
      guard case .outOfTime(let summary) = try run.train(isInterrupted: { false }) else {
        Issue.record("not out of time")
        return
      }
      #expect(summary.steps == 1)
      let resumed = try TrainingRun(resuming: RunFolder(existing: path))
      #expect(resumed.step == 1)
      #expect(try resumed.earlierSummary == nil)
    }
  }

  @Test func theLastCheckpointsAreKept() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run"
      let line = try FitLine("xor --hidden 4 --seed 1 --steps 50 --checkpoint-every 10 --keep 2")
      _ = try line.summary(in: path)
      let names = FileAccess.names(in: path).filter { $0.hasPrefix("checkpoint") }
      #expect(
        names == [
          "checkpoint-40.safetensors", "checkpoint-50.safetensors",
          "checkpoint.safetensors",
        ])
      #expect(
        try FileAccess.read(path + "/checkpoint-50.safetensors")
          == FileAccess.read(path + "/checkpoint.safetensors"))
      // They belong to the run, as do the leftovers of a killed process; other files do not.
      try FileAccess.write("", to: path + "/best.safetensors.1-2.partial")
      try FileAccess.write("mine", to: path + "/notes.txt")
      let removal = try ResultRemoval(hiding: path, named: "run")
      #expect(removal.rest == ["notes.txt"] && !RunFolder.holdsRun(path))
      #expect(removal.undo().isEmpty)
      #expect(try RunListing(RunFolder(existing: path)).isFinished)
      try ResultRemoval(hiding: path, named: "run").finish()
      #expect(FileAccess.names(in: path) == ["notes.txt"])
    }
  }

  @Test func aRemovalThatCannotBeUndoneSaysWhereTheRunIs() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run"
      _ = try FitLine("xor --hidden 4 --seed 1 --steps 5").summary(in: path)
      let removal = try ResultRemoval(hiding: path, named: "run")
      try FileManager.default.createDirectory(
        atPath: path + "/new", withIntermediateDirectories: true)
      let hidden = folder + "/.run.removed"
      #expect(removal.undo() == ["\(path): could not be brought back; it is in \(hidden)"])
      #expect(RunFolder.holdsRun(hidden))
    }
  }

  /// The disk may be full when all but the page is written.
  @Test func aRunWithoutItsPageIsNotFinished() throws {
    try withTemporaryFolder { folder in
      let run = try FitLine("xor --hidden 4 --seed 3 --steps 20").start(in: folder + "/run").folder
      try FileManager.default.createDirectory(
        atPath: run.report, withIntermediateDirectories: false)
      #expect(throws: TrainingError.self) { _ = try TrainingRun(resuming: run).train() }
      try FileManager.default.removeItem(atPath: run.report)
      let resumed = try TrainingRun(resuming: RunFolder(existing: run.path))
      #expect(try resumed.earlierSummary == nil)
      _ = try resumed.train()
      #expect(FileAccess.exists(run.report) && FileAccess.exists(run.summary))
      #expect(try !FileAccess.readText(run.report).contains("not finished"))
    }
  }

  /// As of a process that was killed before its first checkpoint.
  @Test func aRunWithoutACheckpointBeginsAgain() throws {
    try withTemporaryFolder { folder in
      let line = try FitLine("xor --hidden 4 --seed 3 --steps 20")
      _ = try line.summary(in: folder + "/whole")
      _ = try line.start(in: folder + "/killed")
      try FileManager.default.removeItem(atPath: folder + "/killed/checkpoint.safetensors")
      try FileAccess.write("", to: folder + "/killed/checkpoint.safetensors.1-2.partial")
      let run = try TrainingRun(resuming: RunFolder(existing: folder + "/killed"))
      #expect(run.step == 0)
      _ = try run.train(isInterrupted: { false })
      for name in ["checkpoint.safetensors", "best.safetensors", "metrics.jsonl"] {
        #expect(
          try FileAccess.read("\(folder)/whole/\(name)")
            == FileAccess.read("\(folder)/killed/\(name)"))
      }
      #expect(!FileAccess.names(in: folder + "/killed").contains { $0.hasSuffix(".partial") })
    }
  }

  @Test(arguments: [
    "compare.json", "sweep.json", "trials.jsonl", "trial-1-0.safetensors", "best.json",
    "race.json", "checkpoint-10.safetensors", "best.safetensors.1-2.partial", "config.json",
  ])
  func forceReplacesWhateverTheCommandWrote(name: String) throws {
    try withTemporaryFolder { folder in
      try FileAccess.write("{}", to: "\(folder)/\(name)")
      try FileAccess.write("mine", to: folder + "/notes.txt")
      #expect(ResultFolder.files(in: folder) == [name])
      let run = try RunFolder(
        creating: folder, task: "xor", replacing: ResultFolder.files(in: folder))
      #expect(FileAccess.names(in: run.path) == ["notes.txt"])
      // But not while a process writes there.
      try FileAccess.write("{}", to: "\(folder)/\(name)")
      let lock = try RunLock(folder)
      defer { lock.release() }
      #expect(throws: TrainingError.self) {
        try RunFolder(creating: folder, task: "xor", replacing: ResultFolder.files(in: folder))
      }
      #expect(FileAccess.names(in: folder) == [name, "notes.txt"].sorted())
    }
  }

  @Test func aDamagedBitEndsARun() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run"
      _ = try FitLine("sine --hidden 4 --seed 1 --steps 20").summary(in: path)
      let run = try RunFolder(existing: path)
      for (file, read) in [
        (run.checkpoint, { _ = try TrainingRun(resuming: run) }),
        (run.best, { _ = try TrainedModel(contentsOf: path) }),
      ] {
        let bytes = try FileAccess.read(file)
        for place in stride(from: 8, to: bytes.count, by: 97) {
          var damaged = bytes
          damaged[place] ^= 4
          try FileAccess.write(damaged, to: file)
          #expect { try read() } throws: { error in
            (error as? TrainingError)?.kind == .data && "\(error)".hasPrefix(file)
          }
        }
        try FileAccess.write(bytes, to: file)
        try read()
      }
    }
  }

  /// A run goes on, and is reported, from all of its records or not at all.
  @Test(arguments: ["metrics", "diagnostics", "decisions"])
  func missingRecordsAreFound(_ name: String) throws {
    try withTemporaryFolder { folder in
      let line = try FitLine("moons --hidden 4 --seed 1 --steps 100 --diagnostics full")
      let path = folder + "/run"
      _ = try line.start(in: path).train(isInterrupted: Self.after(60))
      let run = try RunFolder(existing: path)
      let file = "\(path)/\(name).jsonl"
      let whole = try FileAccess.read(file)
      let lines = try FileAccess.readText(file).split(separator: "\n")
      #expect(lines.count > 2)
      for lost in [0..<1, 1..<2, lines.count - 1..<lines.count, 0..<lines.count] {
        var left = lines
        left.removeSubrange(lost)
        try FileAccess.write(left.map { $0 + "\n" }.joined(), to: file)
        for read in [
          { _ = try TrainingRun(resuming: run) }, { _ = try ReportedRun(run) },
        ] as [() throws -> Void] {
          #expect("\(name) without \(lost)") {
            try read()
          } throws: { error in
            (error as? TrainingError)?.kind == .data && "\(error)".hasPrefix(file + ":")
          }
        }
      }
      // Those of another run, but for the ones with times, of which the checkpoint has no checksum.
      if name != "diagnostics" {
        let other = try FitLine("moons --hidden 4 --seed 2 --steps 100 --diagnostics full")
        _ = try other.start(in: folder + "/other").train(isInterrupted: Self.after(60))
        try FileAccess.write(try FileAccess.read("\(folder)/other/\(name).jsonl"), to: file)
        #expect { _ = try TrainingRun(resuming: run) } throws: { error in
          "\(error)".hasPrefix(file + ":")
            && "\(error)".contains(": is not the line that was recorded (")
        }
      }
      // Records that were written after the checkpoint, and one that was cut off, are forgotten.
      try FileAccess.write(whole + Array("{\"step\":6".utf8), to: file)
      _ = try TrainingRun(resuming: run)
      #expect(try FileAccess.read(file) == whole)
      // A run of an earlier version, whose checkpoint does not know, and one whose records were
      // deleted.
      var checkpoint = try Safetensors(contentsOf: run.checkpoint)
      checkpoint.metadata["state"]?.replace(
        /"records":{("[a-z]*":{[^}]*},?)*},/, with: "")
      try FileAccess.write(
        String(decoding: whole, as: UTF8.self).replacing(/,"checksum":"[^"]*"/, with: ""), to: file)
      try checkpoint.write(to: run.checkpoint, checksummed: true)
      #expect(try Checkpoint.state(of: run.checkpoint, as: CheckpointState.self).records == nil)
      #expect(try TrainingRun(resuming: run).step == 60)
      // The session after the deletion may end before its first checkpoint.
      try FileAccess.write(whole, to: file)
      _ = try TrainingRun(resuming: run).train(isInterrupted: Self.after(1))
      var state = try Safetensors(contentsOf: run.checkpoint)
      state.metadata["state"]?.replace(/"staleEvaluations":[0-9]+/, with: "\"staleEvaluations\":3")
      try state.write(to: run.checkpoint, checksummed: true)
      try FileManager.default.removeItem(atPath: file)
      // Resuming then changes nothing else in the checkpoint, and still reports lines that are
      // missing from another file.
      let another = "\(path)/\(name == "metrics" ? "decisions" : "metrics").jsonl"
      let others = try FileAccess.read(another)
      for _ in 0..<2 {
        try FileAccess.write("", to: another)
        #expect {
          _ = try TrainingRun(resuming: run, steps: 120)
        } throws: {
          "\($0)".hasPrefix(another + ":")
        }
        try FileAccess.write(others, to: another)
        _ = try TrainingRun(resuming: run, steps: 120)
        let left = try Checkpoint.state(of: run.checkpoint, as: CheckpointState.self)
        #expect(left.training.staleEvaluations == 3 && left.training.step == 61)
      }
      try FileAccess.write("", to: file)
      _ = try TrainingRun(resuming: run)
      try FileManager.default.removeItem(atPath: file)
      guard case .finished = try TrainingRun(resuming: run).train(isInterrupted: { false }) else {
        Issue.record("not finished")
        return
      }
      _ = try ReportedRun(run)
    }
  }

  /// Interrupts after so many steps.
  private static func after(_ count: Int) -> () -> Bool {
    var steps = 0
    return {
      steps += 1
      return steps == count
    }
  }

  @Test func aDamagedEncodingEndsAPrediction() throws {
    try withTemporaryFolder { folder in
      let rows = (0..<40).map { "\($0),\($0 % 2 == 0 ? "a" : "b")" }
      try FileAccess.write((["x,y"] + rows).joined(separator: "\n"), to: folder + "/t.csv")
      let path = folder + "/run"
      _ = try FitLine("csv --data \(folder)/t.csv --target y --hidden 4 --seed 1 --steps 5")
        .summary(in: path)
      let file = try RunFolder(existing: path).configuration
      let text = try FileAccess.readText(file)
      let start = try #require(text.range(of: "\"mean\" : "))
      let digit = text[start.upperBound]
      let changed = text.replacingCharacters(
        in: start.upperBound...start.upperBound, with: digit == "1" ? "2" : "1")
      try FileAccess.write(changed, to: file)
      let problem = "\(file): 'input.checksum': it is not that of 'input', which is damaged"
      #expect(throws: TrainingError.data(problem)) { try TrainedModel(contentsOf: path) }
      #expect(throws: TrainingError.data(problem)) {
        try TrainingRun(resuming: RunFolder(existing: path))
      }
      // Earlier versions wrote none.
      let checksum = try #require(
        text.range(of: #""checksum" : \d+,\s*"#, options: .regularExpression))
      try FileAccess.write(text.replacingCharacters(in: checksum, with: ""), to: file)
      _ = try TrainedModel(contentsOf: path)
    }
  }

  @Test(arguments: [Float.nan, .infinity]) func weightsThatAreNoNumbersAreAnError(value: Float)
    throws
  {
    try withTemporaryFolder { folder in
      let path = folder + "/run"
      _ = try FitLine("sine --hidden 4 --seed 1 --steps 20").summary(in: path)
      let run = try RunFolder(existing: path)
      var file = try Safetensors(contentsOf: run.best, copying: true)
      let name = try #require(file.tensors.names.first)
      let shape = try #require(file.tensors[name]).shape
      file.tensors[name] = Tensor(
        [Float](repeating: value, count: shape.elementCount), shape: shape)
      try file.write(to: run.best)
      #expect(throws: TrainingError.data("\(run.best): '\(name)' is NaN or infinite")) {
        try TrainedModel(contentsOf: path)
      }
    }
  }

  @Test func dropoutBetweenLayersNeedsTwo() throws {
    #expect(
      throws: UsageError(
        "--model: lstm: dropout is between layers, so it has no effect with layers=1")
    ) { try FitLine("recall --model lstm --dropout 0.5").configuration() }
    _ = try FitLine("recall --model lstm --dropout 0.5 --layers 2").configuration()
  }

  @Test func aUselessModelIsNoticed() throws {
    func data(_ targets: SupervisedData.Targets, _ encoding: TargetEncoding) -> TaskData {
      let examples = SupervisedData.Examples(features: [1, 2, 3, 4], columns: 1, targets: targets)
      return .examples(
        SupervisedData(training: examples, validation: examples, target: encoding, pixels: nil))
    }
    let classes = data(.classes([0, 0, 0, 1]), .classes(["x", "y"]))
    #expect(
      classes.warning(about: Evaluation(loss: 1, accuracy: 0.75))
        == "accuracy 75% is no better than predicting 'x' for every row (75%)")
    #expect(classes.warning(about: Evaluation(loss: 1, accuracy: 0.8)) == nil)
    let numbers = data(.values([1, 2, 3, 4]), .number(mean: 0, deviation: 1))
    #expect(numbers.warning(about: Evaluation(loss: 1, r2: 0.003))?.hasPrefix("R² 0.003") == true)
    #expect(numbers.warning(about: Evaluation(loss: 1, r2: 0.3)) == nil)
  }

  @Test func aFolderIsWrittenToByOneProcess() throws {
    try withTemporaryFolder { folder in
      let lock = try RunLock(folder)
      #expect(
        throws: TrainingError.inputOutput("\(folder): another process is writing to this run")
      ) { try RunLock(folder) }
      lock.release()
      try RunLock(folder).release()
    }
  }

  @Test func weightsOfElsewhereAreTakenByName() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/first"
      _ = try FitLine("xor --hidden 4-4 --seed 1 --steps 10").summary(in: path)
      let first = try Safetensors(contentsOf: path + "/best.safetensors").tensors
      // Frozen weights stay as they were, the others are trained.
      let second = folder + "/second"
      _ = try FitLine("moons --hidden 4-4 --seed 2 --steps 20 --from \(path) --freeze layers.0.*")
        .summary(in: second)
      let trained = try Safetensors(contentsOf: second + "/best.safetensors").tensors
      for name in first.names {
        let (a, b) = try (#require(first[name]), #require(trained[name]))
        let isSame = a.scalars(as: Float.self) == b.scalars(as: Float.self)
        #expect(isSame == name.hasPrefix("layers.0."), "\(name)")
      }
      // What does not fit is left, and said.
      let configuration = try FitLine("sine --hidden 4-4 --from \(path)").assignment()
      let experiment = try Experiment(
        starting: FitLine("sine --hidden 4-4 --from \(path)").configuration(),
        on: configuration.data)
      #expect(experiment.notes.count == 2 && experiment.notes[0].hasSuffix("took 3 weights of 6"))
      #expect(experiment.notes[1].hasPrefix("of another shape: layers.0.weight"))
      let foreign = folder + "/foreign.safetensors"
      try Safetensors(["other": Tensor.zeros([2])]).write(to: foreign)
      #expect(throws: TrainingError.data("\(foreign): none of its weights fits the model")) {
        try FitLine("xor --from \(foreign)").start(in: folder + "/third")
      }
    }
  }

  @Test func scaledRatesAndFrozenWeightsAreChecked() throws {
    for (option, message) in [
      ("--freeze nothing.*", "--freeze: no parameter matches 'nothing.*'"),
      ("--learning-rate-scale nothing=2", "--learning-rate-scale: no parameter matches 'nothing'"),
      ("--freeze *", "--freeze: no weight is left to train"),
    ] {
      do {
        try withTemporaryFolder { _ = try FitLine("xor \(option)").start(in: $0 + "/run") }
        Issue.record("\(option) is accepted")
      } catch let error as UsageError {
        #expect(error.message.hasPrefix(message))
      }
    }
    // A factor of 0 is as good as frozen; without weight decay nothing moves.
    try withTemporaryFolder { folder in
      let options = "xor --hidden 4 --seed 1 --optimizer sgd --steps"
      _ = try FitLine("\(options) 1 --learning-rate-scale *=0").summary(in: folder + "/a")
      _ = try FitLine("\(options) 5 --learning-rate-scale *=0").summary(in: folder + "/b")
      let weights = try ["/a", "/b"].map {
        try Safetensors(contentsOf: folder + $0 + "/best.safetensors").tensors
      }
      for name in weights[0].names {
        let values = try weights.map { try #require($0[name]).scalars(as: Float.self) }
        #expect(values[0] == values[1])
      }
    }
  }

  @Test func runsAreListedInTheOrderOfTheirNumbers() throws {
    try withTemporaryFolder { folder in
      for name in ["xor-10", "xor-9"] {
        _ = try FitLine("xor --hidden 4 --seed 1 --steps 3").summary(in: "\(folder)/\(name)")
      }
      try FileAccess.write("", to: folder + "/file")
      let (runs, problems) = RunListing.all(in: folder)
      #expect(problems.isEmpty)
      #expect(runs.map(\.path) == ["\(folder)/xor-9", "\(folder)/xor-10"])
      #expect(runs.allSatisfy { $0.isFinished && $0.steps == 3 && $0.task == "xor" })
      #expect(runs.allSatisfy { $0.bytes > 1000 && $0.modified > 1_600_000_000 })
    }
  }

  @Test func aRunWithADamagedConfigurationIsNamed() throws {
    try withTemporaryFolder { folder in
      for name in ["good", "cut", "other"] {
        _ = try FitLine("xor --hidden 4 --seed 1 --steps 3").summary(in: "\(folder)/\(name)")
      }
      let file = folder + "/cut/config.json"
      try FileAccess.write(FileAccess.read(file).dropLast(30), to: file)
      try FileAccess.write("{\"task\": 3}", to: folder + "/other/config.json")
      // Not a run at all.
      try FileManager.default.createDirectory(
        atPath: folder + "/editor", withIntermediateDirectories: false)
      try FileAccess.write("{}", to: folder + "/editor/config.json")
      let (runs, problems) = RunListing.all(in: folder)
      #expect(runs.map(\.path) == [folder + "/good"])
      #expect(problems.count == 2 && problems[0].hasPrefix(file + ": is not the configuration of"))
      #expect(
        problems.last == "\(folder)/other/config.json: is not the configuration of a run:"
          + " 'task': a string is expected, not a number")
    }
  }
}

struct CommandLineTableTests {
  private let table = CommandLineTable.standard

  @Test(arguments: Completions.Shell.allCases)
  func completionsNameEveryCommandAndOption(_ shell: Completions.Shell) {
    let script = Completions.script(for: shell, table)
    for entry in table.entries {
      #expect(script.contains(entry.name))
      for option in entry.options {
        #expect(script.contains(shell == .fish ? "-l \(option.name) " : "--\(option.name)"))
      }
    }
    for task in table.tasks { #expect(script.contains(task)) }
  }

  @Test func theManualPageNamesEveryCommandAndOption() {
    let page = ManualPage.text(table, version: "1.0")
    for entry in table.entries {
      for option in entry.options {
        #expect(page.contains("\\-\\-" + option.name.replacing("-", with: "\\-")))
      }
    }
    #expect(page.split(separator: "\n").allSatisfy { !$0.hasPrefix("'") })
  }

  @Test func theHelpOfATaskShowsWhatItTakes() {
    let csv = FitCommand.help(task: "csv")
    for option in ["--target", "--hidden", "--validation", "--optimizer"] {
      #expect(csv.contains(option))
    }
    for option in ["--digits", "--heads", "--context", "--evaluate-every", "--width", "text: "] {
      #expect(!csv.contains(option), "\(option)")
    }
    let all = FitCommand.help()
    #expect(all.contains("--digits") && all.contains("--heads") && all.contains("--target"))
  }
}

struct SeedStudyTests {
  @Test func theTableHasTheMeanOfTheRuns() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/study"
      var study = try SeedStudy(FitLine("xor --out \(path)").arguments, task: "xor")
      #expect(study.folder(ofSeed: 7) == "\(path)/seed-7")
      let summary = try FitLine("xor --hidden 4 --steps 3").summary(in: folder + "/run")
      for accuracy in [0.5, 0.75, 1] {
        var one = summary
        one.validationAccuracy = accuracy
        study.add(one)
      }
      #expect(study.table.contains("0.75 ± 0.25"))
      #expect(study.table.split(separator: "\n").count == 6 && !study.table.contains("R²"))
    }
  }
}
