import Optim
import TestSupport
import Testing
import Training

@testable import Train

extension FitLine {
  /// The outcome of a new run on simulated workers.
  ///
  /// - Parameters:
  ///   - folder: The folder of the run.
  ///   - count: The number of workers.
  ///   - pause: The number of steps after which worker 0 wants to stop.
  /// - Returns: How the session ended.
  /// - Throws: What a worker throws.
  fileprivate func run(in folder: String, workers count: Int, pause: Int = .max) throws -> String {
    let assignment = try assignment()
    let configuration = try assignment.configuration(arguments, workers: count)
    let data = assignment.data
    let parts = try configuration.parts(of: data, workers: count)
    return try SimulatedWorkers.run(count) { workers in
      let experiment = try Experiment(starting: configuration, on: data)
      guard workers.rank == 0 else {
        return try FollowingRun(
          starting: configuration, experiment, data: data, parts: parts, workers: workers
        ).status
      }
      let run = try TrainingRun(
        starting: configuration, experiment, data: data, parts: parts,
        folder: RunFolder(creating: folder, task: configuration.taskName), workers: workers)
      return try run.outcome(pause: pause)
    }[0]
  }

  /// The outcome of a run that is continued.
  fileprivate static func resume(
    _ folder: String, workers count: Int, steps: Int? = nil, pause: Int = .max
  ) throws -> String {
    let folder = try RunFolder(existing: folder)
    return try SimulatedWorkers.run(count) { workers in
      guard workers.rank == 0 else {
        return try FollowingRun(resuming: folder, steps: steps, threads: nil, workers: workers)
          .status
      }
      return try TrainingRun(resuming: folder, steps: steps, workers: workers).outcome(pause: pause)
    }[0]
  }
}

extension FollowingRun {
  fileprivate var status: String { get throws { "\(try train())" } }
}

extension TrainingRun {
  fileprivate func outcome(pause: Int) throws -> String {
    var steps = 0
    let outcome = try train(isInterrupted: {
      steps += 1
      return steps >= pause
    })
    return switch outcome {
    case .finished(let summary): "finished after \(summary.steps)"
    case .interrupted: "interrupted"
    case .outOfTime: "out of time"
    }
  }
}

/// Runs of the command on several workers, which take turns.
struct WorkerRunTests {
  private static let files = ["checkpoint.safetensors", "best.safetensors", "metrics.jsonl"]

  private static func expectSameFiles(_ a: String, _ b: String) throws {
    for file in files {
      let bytes = try [a, b].map { try FileAccess.read("\($0)/\(file)") }
      #expect(bytes[0] == bytes[1], "\(b)/\(file)")
    }
  }

  @Test(arguments: [
    "moons --steps 60 --hidden 8",
    "moons --steps 40 --hidden 8 --batch-size 50 --shards 7 --accumulate 3 --clip-norm 0.5",
    "sine --steps 60 --hidden 8 --optimizer ema(momentum) --patience 2 --shards 3",
    "moons --steps 60 --hidden 8 --batch-size 100"
      + " --schedule plateau(patience=0,threshold=0.1,cooldown=1,gamma=0.7)",
    "addition --steps 12 --layers 1 --width 16 --batch-size 8 --dropout 0.2",
    "recall --steps 12 --delay 4 --width 8 --batch-size 8 --layers 2 --dropout 0.2",
  ])
  func aReproducibleRunHasTheSameBitsOnAnyNumberOfWorkers(line: String) throws {
    try withTemporaryFolder { folder in
      let line = try FitLine(line + " --seed 5 --reproducible")
      let outcome = try line.run(in: "\(folder)/1", workers: 1)
      #expect(outcome.hasPrefix("finished"))
      for count in [2, 3, 4, 8] {
        let path = "\(folder)/\(count)"
        #expect(try line.run(in: path, workers: count) == outcome)
        try Self.expectSameFiles("\(folder)/1", path)
      }
      // From 4 workers to 2 and to 3.
      let path = "\(folder)/resumed"
      var resumed = try line.run(in: path, workers: 4, pause: 5)
      #expect(resumed == "interrupted")
      resumed = try FitLine.resume(path, workers: 2, pause: 3)
      #expect(resumed == "interrupted")
      resumed = try FitLine.resume(path, workers: 3)
      #expect(resumed == outcome)
      try Self.expectSameFiles("\(folder)/1", path)
    }
  }

  /// The last evaluations, which workers share, have the figures of one worker that computes all of
  /// them; so have those of an outer loop, whose models differ until the end.
  @Test(arguments: [
    "moons --steps 30 --hidden 8 --test 0.2 --shards 2 --reproducible",
    "glyphs --model mlp --hidden 8 --steps 12",
    "glyphs --model mlp --hidden 8 --steps 14 --optimizer fedavg(sgd,sync-period=4)",
  ])
  func theLastEvaluationsAreThoseOfOneWorker(line: String) throws {
    try withTemporaryFolder { folder in
      for count in [1, 2, 3] {
        let path = "\(folder)/\(count)"
        _ = try FitLine(line + " --seed 5").run(in: path, workers: count)
        let run = try RunFolder(existing: path)
        let summary = try #require(try TrainingRun.summary(of: run))
        let data = try ConfigurationFile(contentsOf: run.configuration).data(of: run)
        let model = try TrainedModel(contentsOf: path)
        for (part, loss) in [
          (TaskData.Part.validation, summary.validationLoss), (.training, summary.trainLoss),
          (.test, summary.testLoss),
        ] {
          let alone = try data.evaluation(of: model, on: part)
          #expect(alone?.loss == loss, "\(count) workers, \(part)")
        }
      }
    }
  }

  /// Workers that were interrupted in the last evaluations make them later, alike.
  @Test(arguments: [
    "glyphs --model mlp --hidden 8 --steps 12 --keep 2",
    "glyphs --model mlp --hidden 8 --steps 12 --optimizer fedavg(sgd,sync-period=4)",
  ])
  func interruptedLastEvaluationsAreMadeLater(line: String) throws {
    try withTemporaryFolder { folder in
      let line = try FitLine(line + " --seed 5")
      for count in [1, 2] {
        let (whole, part) = ("\(folder)/whole-\(count)", "\(folder)/part-\(count)")
        let outcome = try line.run(in: whole, workers: count)
        var interrupted = try line.run(in: part, workers: count, pause: 13)
        #expect(interrupted == "interrupted")
        interrupted = try FitLine.resume(part, workers: count, pause: 1)
        #expect(interrupted == "interrupted")
        let resumed = try FitLine.resume(part, workers: count)
        #expect(resumed == outcome)
        try Self.expectSameFiles(whole, part)
      }
    }
  }

  /// Dropout makes each shard draw numbers of its own, and not each worker.
  @Test func shardsDecideTheNoise() throws {
    try withTemporaryFolder { folder in
      let text = "addition --steps 6 --layers 1 --width 8 --batch-size 8 --dropout 0.3 --seed 2"
      _ = try FitLine(text).run(in: folder + "/alone", workers: 1)
      _ = try FitLine(text + " --shards 2").run(in: folder + "/shards", workers: 1)
      // Two workers have two shards of their own accord.
      _ = try FitLine(text).run(in: folder + "/two", workers: 2)
      _ = try FitLine(text + " --shards 4").run(in: folder + "/four", workers: 2)
      let losses = try ["alone", "shards", "two", "four"].map {
        try JSONLinesFile.values(of: MetricsRecord.self, in: "\(folder)/\($0)/metrics.jsonl")
          .last?.trainLoss ?? 0
      }
      #expect(losses[0] != losses[1] && losses[1] != losses[3])
      #expect(abs(losses[1] - losses[2]) < 1e-5)
    }
  }

  @Test(arguments: [
    "moons --steps 60 --hidden 8 --optimizer diloco(adamw,sync-period=7)",
    "moons --steps 60 --hidden 8 --optimizer fedavg(sgd,sync-period=5) --split classes(alpha=0.5)",
    "sine --steps 60 --hidden 8 --optimizer fedadam(momentum,sync-period=9)",
    "addition --steps 20 --layers 1 --width 16 --batch-size 8 --dropout 0.2"
      + " --optimizer lookahead(adamw,sync-period=4,outer=adamw)",
  ])
  func anOuterLoopOfSeveralWorkersGoesOnWhereItStopped(line: String) throws {
    try withTemporaryFolder { folder in
      let line = try FitLine(line + " --seed 5")
      let (whole, part) = (folder + "/whole", folder + "/part")
      let outcome = try line.run(in: whole, workers: 3)
      #expect(outcome.hasPrefix("finished"))
      let interrupted = try line.run(in: part, workers: 3, pause: 6)
      #expect(interrupted == "interrupted")
      for count in [1, 2, 4] {
        let path = "\(folder)/on-\(count)"
        try FileAccess.copy(part, to: path, Self.files + ["config.json"])
        let resumed = try FitLine.resume(path, workers: count)
        #expect(resumed == outcome)
      }
      let resumed = try FitLine.resume(part, workers: 3)
      #expect(resumed == outcome)
      try Self.expectSameFiles(whole, part)
      // The workers take part: fewer of them come to other weights.
      let other = try line.run(in: folder + "/two", workers: 2)
      #expect(other == outcome)
      let weights = try [whole, folder + "/two"].map {
        try FileAccess.read($0 + "/best.safetensors")
      }
      #expect(weights[0] != weights[1])
    }
  }

  @Test func anErrorOfAWorkerEndsTheRun() throws {
    try withTemporaryFolder { folder in
      let line = try FitLine(
        "moons --steps 50 --hidden 8 --seed 1 --batch-size 20 --warmup 0"
          + " --optimizer fedavg(sgd,sync-period=5) --learning-rate 1e38")
      #expect(throws: TrainingError.self) { try line.run(in: folder + "/run", workers: 4) }
    }
  }

  @Test(arguments: [
    ("moons --shards 65", 1, "--shards: 65 is more than the 64 rows of a batch"),
    ("moons --split classes", 1, "--split: workers that take each step together"),
    ("moons --optimizer diloco(adamw) --shards 4", 1, "--shards: the workers of diloco(adamw)"),
    ("moons --optimizer diloco(adamw) --reproducible", 2, "--reproducible: the workers of"),
    ("moons --optimizer ema(diloco(adamw))", 2, "--optimizer: on several workers"),
    ("moons --optimizer diloco(adamw) --non-finite skip", 2, "--non-finite: skip would let"),
    ("sine --optimizer fedavg(sgd,sync-period=5) --split classes", 2, "--split: the rows of the"),
    (
      "moons --optimizer fedavg(sgd,sync-period=5) --split classes(alpha=1e-9)", 3,
      "--split: worker"
    ),
    (
      "moons --optimizer fedavg(sgd,sync-period=5)", 5000,
      "--optimizer: each worker of fedavg(sgd) trains on examples of its own, and 5000 workers are"
    ),
  ])
  func optionsThatDoNotGoTogether(_ line: String, _ workers: Int, _ message: String) throws {
    let line = try FitLine(line)
    let assignment = try line.assignment()
    let error = #expect(throws: UsageError.self) {
      try assignment.configuration(line.arguments, workers: workers)
        .parts(of: assignment.data, workers: workers)
    }
    #expect(error?.message.hasPrefix(message) ?? false, "\(error?.message ?? "")")
  }

  @Test func anOuterLoopNeedsAnExampleForEachWorker() throws {
    let line = try FitLine("xor --optimizer fedavg(sgd,sync-period=5)")
    let data = try line.assignment().data
    let configuration = try line.assignment().configuration(line.arguments, workers: 2)
    let error = #expect(throws: UsageError.self) {
      try configuration.parts(of: data, workers: data.exampleCount + 1)
    }
    #expect(error?.message.contains("are more than the \(data.exampleCount) examples") ?? false)
    #expect(try configuration.parts(of: data, workers: 2)?.count == 2)
    #expect(try configuration.parts(of: data, workers: 1) == nil)
  }

  /// What is refused leaves an old run as it was, and no folder for a new one.
  @Test(arguments: ["", " --seeds 2"])
  func whatIsRefusedWritesNothing(_ option: String) throws {
    try withTemporaryFolder { folder in
      _ = try FitLine("moons --steps 2 --hidden 4").summary(in: folder + "/old")
      let files = FileAccess.names(in: folder + "/old")
      let line = "moons --optimizer fedavg(sgd,sync-period=5) --split classes(alpha=1e-9)"
      for out in ["new", "old --force"] {
        let words = "\(line) --simulated-workers 3 --quiet --out \(folder)/\(out)\(option)"
        let arguments = try Arguments.reading(
          words.split(separator: " ").map(String.init),
          options: FitCommand.options.flatMap(\.options))
        #expect(throws: UsageError.self) { try FitCommand.run(arguments) }
      }
      #expect(FileAccess.names(in: folder) == ["old"])
      #expect(FileAccess.names(in: folder + "/old") == files)
    }
  }

  @Test func workersNeedTheSameOptions() throws {
    let error = #expect(throws: UsageError.self) {
      try SimulatedWorkers.run(3) { try $0.requireSame(options: ["steps": $0.rank / 2]) }
    }
    #expect(error?.message == "worker 2 was started with other options than worker 0")
    _ = try SimulatedWorkers.run(3) { try $0.requireSame(options: ["steps": 1]) }
  }

  @Test(arguments: [
    ("even", WorkerSplit.even), ("classes", .classes(alpha: 0.3)),
    ("classes(alpha=2.5)", .classes(alpha: 2.5)),
  ])
  func splitsAreRead(_ text: String, _ split: WorkerSplit) throws {
    let read = try WorkerOptions.split.value(of: text)
    #expect(read as? WorkerSplit == split)
    let written = WorkerOptions.split.kind.json(read).text ?? ""
    #expect(try WorkerOptions.split.value(of: written) as? WorkerSplit == split)
  }

  @Test(arguments: ["", "odd", "classes()", "classes(alpha=0)", "classes(alpha=x)", "classes(2)"])
  func otherSplitsAreNot(_ text: String) {
    #expect(throws: UsageError.self) { try WorkerOptions.split.value(of: text) }
  }

  /// Parts of all workers have the same number of steps in an epoch.
  @Test func epochsAreSharedByTheWorkersOfAnOuterLoop() throws {
    let line = "moons --epochs 8 --batch-size 10 --seed 1 --optimizer "
    for (optimizer, workers, steps) in [
      ("sgd", 1, 800), ("sgd", 4, 800), ("fedavg(sgd,sync-period=2)", 1, 800),
      ("fedavg(sgd,sync-period=2)", 4, 200),
    ] {
      let line = try FitLine(line + optimizer)
      let configuration = try line.assignment().configuration(line.arguments, workers: workers)
      #expect(configuration[FitOptions.steps] == steps)
    }
  }
}

extension FileAccess {
  /// Copies files of a folder to a new one.
  fileprivate static func copy(_ folder: String, to other: String, _ names: [String]) throws {
    let made = try RunFolder.makeFolder(other, prefix: "copy", replacing: nil)
    for name in names where exists("\(folder)/\(name)") {
      try write(read("\(folder)/\(name)"), to: "\(made)/\(name)")
    }
  }
}
