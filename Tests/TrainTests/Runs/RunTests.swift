import Foundation
import TestSupport
import Testing
import Training

@testable import Train

extension RunFolder {
  fileprivate func maps() throws -> [DecisionMap] {
    try FileAccess.exists(decisions)
      ? JSONLinesFile.values(of: DecisionMap.self, in: decisions) : []
  }
}

struct RunTests {
  private func start(_ line: String, in folder: String) throws -> TrainingRun {
    try FitLine(line).start(in: folder)
  }

  @Test(arguments: [
    "spirals --steps 100 --hidden 8 --checkpoint-every 7",
    "moons --steps 100 --hidden 8 --optimizer sgd --clip-norm 0.5 --schedule constant",
    "xor --steps 100 --hidden 8 --lookahead --patience 2",
    "sine --steps 100 --hidden 8 --optimizer momentum --nesterov --lookahead --sync-period 3",
    "moons --steps 100 --hidden 8 --loss hinge",
    "moons --steps 100 --hidden 8 --batch-size 100 --learning-rate 0.1"
      + " --schedule plateau(patience=0,threshold=0.1,cooldown=1,gamma=0.7)",
    "sine --steps 100 --hidden 8 --schedule one-cycle --checkpoint-every 7",
    "addition --steps 60 --layers 1 --width 16 --batch-size 8 --dropout 0.2 --checkpoint-every 9",
    "moons --steps 100 --hidden 8 --optimizer switch(adamw,ema(sgd),at=40) --accumulate 3",
    "moons --steps 100 --hidden 8 --optimizer lookahead(adamw,inner-state=pull-back,step-size=adaptive)",
    "moons --steps 100 --hidden 8 --optimizer snoo(adamw,sync-period=7)",
    "moons --steps 100 --hidden 8 --optimizer fedadam(momentum,sync-period=9)",
    "xor --steps 100 --hidden 8 --optimizer swa(momentum,start=20,period=7) --clip-value 0.1",
    "recall --steps 60 --delay 4 --width 8 --batch-size 8 --layers 2 --dropout 0.2",
    "spirals --steps 100 --hidden 8 --test 0.1",
    "addition --steps 60 --layers 1 --width 16 --batch-size 8 --precision bf16",
  ])
  func aResumedRunEndsAsTheOneLeftAlone(line: String) throws {
    try withTemporaryFolder { folder in
      let whole = try start(line + " --seed 9 --diagnostics full", in: folder + "/whole")
      guard case .finished(let expected) = try whole.train() else {
        Issue.record("not finished")
        return
      }
      // Interrupted in the middle of an epoch, twice, before a fresh process would go on.
      var left = 37
      let interruption = {
        left -= 1; return left == 0
      }
      let part = try start(line + " --seed 9 --diagnostics full", in: folder + "/part")
      var outcome = try part.train(isInterrupted: interruption)
      for pause in [11, 1000] {
        guard case .interrupted = outcome else { break }
        left = pause
        let run = try TrainingRun(resuming: RunFolder(existing: folder + "/part"))
        outcome = try run.train(isInterrupted: interruption)
      }
      guard case .finished(var summary) = outcome else {
        Issue.record("not finished after two sessions: \(outcome)")
        return
      }
      for file in ["checkpoint.safetensors", "best.safetensors", "metrics.jsonl", "loss.svg"] {
        let bytes = try ["/whole/", "/part/"].map { try FileAccess.read(folder + $0 + file) }
        #expect(bytes[0] == bytes[1], "\(file)")
      }
      let measured = try ["/whole/", "/part/"].map { part in
        try JSONLinesFile.values(
          of: DiagnosticsRecord.self, in: folder + part + "diagnostics.jsonl"
        ).map(Self.withoutResources)
      }
      #expect(measured[0] == measured[1] && measured[0].count >= 60)
      #expect(
        try RunFolder(existing: folder + "/part").maps()
          == RunFolder(existing: folder + "/whole").maps())
      // Time and memory are not part of what is computed.
      summary.seconds = expected.seconds
      summary.samplesPerSecond = expected.samplesPerSecond
      summary.peakMemoryBytes = expected.peakMemoryBytes
      #expect(summary == expected)
    }
  }

  /// A record without the figures that are not computed.
  private static func withoutResources(_ record: DiagnosticsRecord) -> DiagnosticsRecord {
    var record = record
    record.secondsPerStep = nil
    record.memoryBytes = 0
    return record
  }

  @Test func aResumedLanguageModelEndsAsTheOneLeftAlone() throws {
    try withTemporaryFolder { folder in
      let text = folder + "/t.txt"
      try FileAccess.write(String(repeating: "to be or not to be, ", count: 40), to: text)
      try aResumedRunEndsAsTheOneLeftAlone(
        line: "text --data \(text) --steps 60 --layers 1 --width 16 --context 8 --dropout 0.2"
          + " --evaluate-every 25")
    }
  }

  @Test func whatCameAfterTheCheckpointIsForgotten() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run"
      let run = try start("xor --steps 64 --hidden 4 --seed 1", in: path)
      var steps = 0
      _ = try run.train(isInterrupted: {
        steps += 1; return steps == 40
      })
      let checkpoint = try FileAccess.read(path + "/checkpoint.safetensors")
      let metrics = try FileAccess.read(path + "/metrics.jsonl")
      let diagnostics = try FileAccess.read(path + "/diagnostics.jsonl")
      let decisions = try FileAccess.read(path + "/decisions.jsonl")
      _ = try TrainingRun(resuming: RunFolder(existing: path)).train(isInterrupted: { false })
      let finished = try FileAccess.read(path + "/metrics.jsonl")
      #expect(finished.count > metrics.count)
      // As if the process had been killed at the end of the second session.
      try FileAccess.write(checkpoint, to: path + "/checkpoint.safetensors")
      _ = try TrainingRun(resuming: RunFolder(existing: path))
      #expect(try FileAccess.read(path + "/metrics.jsonl") == metrics)
      #expect(try FileAccess.read(path + "/diagnostics.jsonl") == diagnostics)
      #expect(try FileAccess.read(path + "/decisions.jsonl") == decisions)
      _ = try TrainingRun(resuming: RunFolder(existing: path)).train(isInterrupted: { false })
      #expect(try FileAccess.read(path + "/metrics.jsonl") == finished)
    }
  }

  @Test func theSummaryHasAllKeysWithNullForWhatDoesNotApply() throws {
    try withTemporaryFolder { folder in
      for (task, missing) in [("xor", "validationR2"), ("sine", "validationAccuracy")] {
        _ = try start("\(task) --steps 20 --hidden 4", in: "\(folder)/\(task)").train(
          isInterrupted: { false })
        let bytes = try FileAccess.read("\(folder)/\(task)/summary.json")
        let summary = try #require(
          try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        let keys = [
          "task", "model", "parameters", "optimizer", "schedule", "seed", "steps", "seconds",
          "samplesPerSecond", "trainLoss", "validationLoss", "validationAccuracy", "validationR2",
          "bestStep", "peakMemoryBytes", "trainAccuracy", "skippedSteps", "stoppedEarly",
          "testLoss", "testAccuracy", "testR2", "skippedRows", "checksum",
        ]
        #expect(Set(summary.keys) == Set(keys))
        let isMissing: Set = [
          missing, task == "sine" ? "trainAccuracy" : missing, "testLoss", "testAccuracy", "testR2",
        ]
        for key in keys {
          #expect((summary[key] is NSNull) == isMissing.contains(key), "\(key)")
        }
        #expect(summary["parameters"] as? Int == (task == "xor" ? 22 : 13))
      }
    }
  }

  @Test func aRunThatDivergesKeepsItsLastGoodState() throws {
    try withTemporaryFolder { folder in
      let run = try start(
        "sine --optimizer sgd --learning-rate 1e18 --warmup 0 --seed 1", in: folder + "/run")
      let before = try FileAccess.read(folder + "/run/checkpoint.safetensors")
      #expect {
        try run.train(isInterrupted: { false })
      } throws: { error in
        let error = error as? TrainingError
        return error?.kind == .training && error?.message.hasPrefix("the loss is ") == true
          && error?.message.hasSuffix("checkpoint.safetensors holds the state after step 0") == true
      }
      #expect(try FileAccess.read(folder + "/run/checkpoint.safetensors") == before)
      #expect(!FileManager.default.fileExists(atPath: folder + "/run/summary.json"))
    }
  }

  @Test func damagedFilesAreNamed() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run"
      let run = try start("xor --steps 40 --hidden 4 --seed 1", in: path)
      var steps = 0
      _ = try run.train(isInterrupted: {
        steps += 1; return steps == 20
      })
      let existing = try RunFolder(existing: path)
      let checkpoint = try FileAccess.read(existing.checkpoint)
      try FileAccess.write(Array(checkpoint.dropLast(3)), to: existing.checkpoint)
      #expect { try TrainingRun(resuming: existing) } throws: { error in
        (error as? TrainingError)?.kind == .data
          && "\(error)".hasPrefix("\(existing.checkpoint): safetensors: ")
      }
      try FileAccess.write(FileAccess.read(existing.best), to: existing.checkpoint)
      #expect(
        throws: TrainingError.data("\(existing.checkpoint): is not a checkpoint")
      ) { try TrainingRun(resuming: existing) }
      try FileAccess.write("{}", to: existing.configuration)
      #expect(
        throws: TrainingError.data(
          "\(existing.configuration): there is no 'task' that the command knows")
      ) { try TrainingRun(resuming: existing) }
    }
  }

  @Test func aTableIsTrainedResumedAndApplied() throws {
    try withTemporaryFolder { folder in
      let table = folder + "/t.csv"
      let rows = (0..<60).map {
        "\($0 % 3),\($0 % 2 == 0 ? "red" : "blue"),\($0 % 3 == 0 ? "a" : "b")"
      }
      try FileAccess.write("x,color,y\n" + rows.joined(separator: "\n"), to: table)
      let path = folder + "/run"
      let run = try start("csv --data \(table) --target y --epochs 40 --seed 2", in: path)
      var steps = 0
      _ = try run.train(isInterrupted: {
        steps += 1; return steps == 50
      })
      guard
        case .finished(let summary) =
          try TrainingRun(resuming: RunFolder(existing: path)).train(isInterrupted: { false })
      else {
        Issue.record("not finished")
        return
      }
      #expect(summary.validationAccuracy == 1)
      let model = try TrainedModel(contentsOf: path)
      guard case .examples(let data) = run.data else {
        Issue.record("no rows")
        return
      }
      #expect(model.evaluate(data.validation).loss == summary.validationLoss)
      let other = folder + "/other.csv"
      try FileAccess.write("y,color,x\nb,green,1\na,red,0\nb,blue,0\n", to: other)
      let evaluation = try model.evaluate(CSVTable(contentsOf: other))
      #expect(abs(try #require(evaluation.accuracy) - 2.0 / 3) < 1e-12)
      #expect(evaluation.confusion == [[1, 0], [1, 1]])
      try FileAccess.write("y,color,x\nb,green,1\nc,red,0\n", to: other)
      #expect(
        throws: TrainingError.data(
          "\(other):3: column 'y': 'c' is not a class of the training data")
      ) { try model.evaluate(CSVTable(contentsOf: other)) }
      // The run is bound to its data.
      try FileAccess.write("x,color,y\n" + rows.reversed().joined(separator: "\n"), to: table)
      #expect(throws: TrainingError.data("\(table): the data has changed since \(path) began")) {
        try TrainingRun(resuming: RunFolder(existing: path))
      }
    }
  }

  @Test func smallImagesAreNoReasonToStop() throws {
    try withTemporaryFolder { folder in
      for part in ["train", "t10k"] {
        let pixels = (0..<60).map { UInt8($0 * 4) }
        try FileAccess.write(
          [0, 0, 8, 3, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0, 0, 1] + pixels,
          to: "\(folder)/\(part)-images-idx3-ubyte")
        try FileAccess.write(
          [0, 0, 8, 1, 0, 0, 0, 20] + (0..<20).map { UInt8($0 / 10) },
          to: "\(folder)/\(part)-labels-idx1-ubyte")
      }
      #expect(
        throws: UsageError("--model: conv: an image of 3 x 1 is too small for two poolings")
      ) { try FitLine("idx --data \(folder)").configuration() }
      let path = folder + "/run"
      _ = try FitLine("idx --data \(folder) --model mlp --hidden 4 --steps 2").summary(in: path)
      // As of a configuration that was edited.
      let file = try RunFolder(existing: path).configuration
      let text = try FileAccess.readText(file)
      let edited = text.replacing(/"model" : "mlp[^"]*"/, with: #""model" : "conv(width=1)""#)
      #expect(edited != text)
      try FileAccess.write(edited, to: file)
      let error = #expect(throws: TrainingError.self) { try TrainedModel(contentsOf: path) }
      #expect(error?.message.hasSuffix("an image of 3 x 1 is too small for two poolings") == true)
    }
  }

  @Test(arguments: ["conv --width 4", "mlp"]) func imagesAreTrained(model: String) throws {
    try withTemporaryFolder { folder in
      // Images of 6 by 5 pixels with a bright row, whose position is the label.
      for (part, count) in [("train", 200), ("t10k", 40)] {
        var images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, UInt8(count), 0, 0, 0, 6, 0, 0, 0, 5]
        var labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, UInt8(count)]
        for index in 0..<count {
          for pixel in 0..<30 {
            images.append(
              pixel / 5 == index % 4 + 1 ? 255 : UInt8((index * 7 + pixel * 13) % 100))
          }
          labels.append(UInt8(index % 4))
        }
        try FileAccess.write(images, to: "\(folder)/\(part)-images-idx3-ubyte")
        try FileAccess.write(labels, to: "\(folder)/\(part)-labels-idx1-ubyte")
      }
      let path = folder + "/run"
      let summary = try FitLine("idx --data \(folder) --steps 120 --model \(model)")
        .summary(in: path)
      #expect(summary.validationAccuracy == 1)
      let trained = try TrainedModel(contentsOf: path)
      let report = try trained.evaluate(IDXFolder(folder))
      #expect(report.loss == summary.validationLoss)
      // The images of a file are standardized as those of the folder.
      let images = try ImageFile.images(contentsOf: "\(folder)/t10k-images-idx3-ubyte")
      let labels = try trained.predict(images: images).map(\.label)
      #expect(labels == (0..<40).map { String($0 % 4) })
      #expect(try trained.predict(image: images[3, 0]).label == "3")
    }
  }
}
