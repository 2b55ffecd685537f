import CLibrary
import TestSupport

@testable import Train
@testable import Training

/// Writes a file without waiting for the disk.
func writeMutant(_ bytes: [UInt8], to path: String) throws {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
  guard descriptor >= 0, write(descriptor, bytes, bytes.count) == bytes.count else {
    throw TrainingError.inputOutput("\(path): cannot be written")
  }
  close(descriptor)
}

extension MutantReader {
  /// The configuration and the weights of a run.
  func model(in folder: String) throws -> Subject {
    _ = try Self.trainedOnTable(in: folder)
    let run = try RunFolder(existing: folder + "/run-0")
    let row: [String: ColumnValue] = ["width": 3, "length": 1.5, "kind": "oak"]
    switch self {
    case .config:
      let bytes = try FileAccess.read(run.configuration)
      return Subject(corpus: [bytes, Self.withoutEncodingChecksum(bytes)]) { bytes in
        try writeMutant(bytes, to: run.configuration)
        _ = try ConfigurationFile.entries(ofFile: run.configuration)
        _ = try RunListing(run)
        _ = try TrainedModel(contentsOf: run.path).predict(row)
        _ = try ResumedRun(run, steps: nil, threads: nil, workers: OneWorker())
      }
    case .checkpoint:
      return Subject(corpus: try Self.withAndWithoutChecksum(run.checkpoint)) { bytes in
        try writeMutant(bytes, to: run.checkpoint)
        _ = try ResumedRun(run, steps: nil, threads: nil, workers: OneWorker())
      }
    case .weights:
      return Subject(corpus: try Self.withAndWithoutChecksum(run.best)) { bytes in
        try writeMutant(bytes, to: run.best)
        _ = try TrainedModel(contentsOf: run.path).predict(row)
      }
    default:
      let path = folder + "/model.adjoint"
      try TrainedModel(contentsOf: run.path).write(to: path)
      var file = try Safetensors(contentsOf: path)
      file.metadata["adjoint.crc32c"] = nil
      file.metadata = file.metadata.mapValues {
        String(decoding: Self.withoutEncodingChecksum(Array($0.utf8)), as: UTF8.self)
      }
      let open = try file.encoded()
      return Subject(corpus: try Self.withAndWithoutChecksum(path) + [open]) { bytes in
        try writeMutant(bytes, to: path)
        let model = try TrainedModel(contentsOf: path)
        if case .row = model.input { _ = try model.predict(row) }
      }
    }
  }

  /// A file as it is, and twice without the checksum that finds nearly all damage.
  private static func withAndWithoutChecksum(_ path: String) throws -> [[UInt8]] {
    var file = try Safetensors(contentsOf: path)
    file.metadata["adjoint.crc32c"] = nil
    let open = try file.encoded()
    return [try FileAccess.read(path), open, open]
  }

  /// JSON whose encoding of the data is without its checksum.
  private static func withoutEncodingChecksum(_ json: [UInt8]) -> [UInt8] {
    let text = String(decoding: json, as: UTF8.self)
    return Array(text.replacing(/"checksum"\s*:\s*[0-9]+,\s*/, with: "").utf8)
  }

  /// A record with its checksums, and twice without those, which find nearly all damage; what was
  /// measured is 1, so that mutants are the same on each run.
  private static func withAndWithoutChecksum(json bytes: [UInt8]) -> [[UInt8]] {
    let text = String(decoding: bytes, as: UTF8.self)
      .replacing(/,\s*"checksum"\s*:\s*"[0-9a-f]{8}"/, with: "")
    let measured =
      /("(?:seconds(?:PerStep)?|samplesPerSecond|(?:live|memory|peakMemory)Bytes)"\s*:\s*)[-+.0-9e]+/
    let open = text.replacing(measured) { "\($0.1)1" }
      .replacing(/("secondsToTarget"\s*:\s*)\{[^}]*\}/) { "\($0.1){\"mean\" : 1}" }
    let isOneRecord = text.hasPrefix("{\n")
    var (closed, last) = ("", isOneRecord ? 0 : JSONLinesFile.firstChecksum)
    for object in isOneRecord ? [open[...]] : open.split(separator: "\n") {
      let line = JSONChecksum.added(to: String(object.replacing(/\n+$/, with: "")), after: last)
      closed += line + "\n"
      last = JSONChecksum.value(in: line.utf8) ?? last
    }
    return [closed, open, open].map { Array($0.utf8) }
  }

  /// What a run records, read for its page and its curves, and to be continued.
  func record(in folder: String) throws -> Subject {
    let runs = try ["reported", "resumed"].map { name in
      _ = try FitLine("moons --steps 12 --hidden 4 --seed 1 --batch-size 200 --diagnostics full")
        .summary(in: "\(folder)/\(name)")
      return try RunFolder(existing: "\(folder)/\(name)")
    }
    let run = runs[0]
    let file = try ConfigurationFile(contentsOf: run.configuration)
    let path: KeyPath<RunFolder, String> & Sendable =
      switch self {
      case .metrics: \.metrics
      case .diagnostics: \.diagnostics
      case .decisions: \.decisions
      default: \.summary
      }
    let bytes = try FileAccess.read(run[keyPath: path])
    // The page without what the model decides and predicts, which takes most of its time.
    unlink(run.best)
    guard case .examples(let data) = try file.data(of: run) else {
      throw TrainingError.data("points are examples")
    }
    return Subject(corpus: Self.withAndWithoutChecksum(json: bytes)) { bytes in
      for run in runs { try writeMutant(bytes, to: run[keyPath: path]) }
      _ = try TrainingRun(resuming: runs[1]).earlierSummary
      _ = try RunListing(run)
      let reported = try ReportedRun(run, file.configuration) { throw TrainingError.data("none") }
      _ = RunReportPage.html(of: [reported])
      for map in reported.decisions { _ = map.figure(on: data, title: "decisions") }
    }
  }

  /// The record of a comparison, read to be shown and to be continued.
  func comparison(in folder: String) throws -> Subject {
    let words =
      "xor --optimizers sgd,adamw --rates 0.1,0.01 --seeds 2 --seed 1 --steps 4 --hidden 4"
    let arguments = try Arguments.reading(
      words.split(separator: " ").map(String.init),
      options: CompareOptions.groups.flatMap(\.options), ignoring: CompareOptions.ignored)
    let assignment = try Assignment(arguments, command: CompareCommand.name)
    var comparison = Comparison(try ComparisonPlan(arguments, assignment))
    let place = try ComparisonFolder(creating: folder + "/c", task: "xor", replacing: false)
    var corpus: [[UInt8]] = []
    _ = try comparison.run(isInterrupted: { false }) { state, _ in
      guard [2, 6].contains(state.trials.count) else { return }
      try place.save(state)
      corpus += Self.withAndWithoutChecksum(json: try FileAccess.read(place.record))
    }
    return Subject(corpus: corpus) { bytes in
      try writeMutant(bytes, to: place.record)
      let comparison = try place.comparison()
      _ = ComparisonReport.start(of: comparison, in: place)
      for trial in comparison.trials { _ = ComparisonReport.line(on: trial, of: comparison) }
      _ = ComparisonReport.html(of: comparison)
      if comparison.results != nil { _ = ComparisonReport.table(of: comparison) }
      if let next = comparison.plan.next(after: comparison.trials) {
        _ = comparison.plan.configuration(of: next)
      }
    }
  }

  /// The plan and the results of a sweep, read to be shown and to be continued.
  func sweep(in folder: String) throws -> Subject {
    let (plan, data) = try SweepLine(
      "xor --seed 3 --steps 8 --method asha --trials 4 --reduction 2"
        + " --over \"learning-rate=log(1e-3,1) hidden=choice(4,6)\""
    ).plan()
    let place = try SweepFolder(creating: folder + "/s", task: "xor", replacing: false)
    var sweep = Sweep(plan, data)
    try place.save(sweep)
    _ = try sweep.run(
      in: place, on: data, parallel: 1, isInterrupted: { false }, afterJob: { _, _ in })
    let path = self == .sweep ? place.record : place.trials
    let trials = Self.withAndWithoutChecksum(json: try FileAccess.read(place.trials))[0]
    // The record tells the last checksum of the trials.
    let last = trials.split(separator: UInt8(ascii: "\n")).last.flatMap {
      JSONChecksum.value(in: $0)
    }
    let open = try FileAccess.readText(place.record)
      .replacing(/("extent" : {\s*"checksum" : )[0-9]+/) { "\($0.1)\(last ?? 0)" }
    let records = Self.withAndWithoutChecksum(json: Array(open.utf8))
    let record = records[0]
    let corpus = self == .sweep ? records : Self.withAndWithoutChecksum(json: trials)
    return Subject(corpus: corpus) { bytes in
      try writeMutant(trials, to: place.trials)
      try writeMutant(record, to: place.record)
      try writeMutant(bytes, to: path)
      let sweep = try place.sweep()
      let results = SweepResults(sweep)
      _ = SweepReport.start(of: sweep, in: place)
      _ = SweepReport.end(of: sweep, results, in: place)
      _ = SweepReport.html(of: sweep, results, in: place)
      _ = sweep.plan.search
      try place.removeRemains()
    }
  }
}
