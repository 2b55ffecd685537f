import Foundation
import TestSupport
import Testing

@testable import Train

/// The `train` executable, run as a user would.
private struct Command {
  struct Result {
    let status: Int32
    let output: String
    let errors: String
  }

  /// Beside the tests, where the package manager builds it.
  private static var executable: URL {
    URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appendingPathComponent("train")
  }

  /// Runs a command line in a shell, where `train` is the executable.
  static func shell(_ script: String, in folder: String) throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", script.replacing("train ", with: "'\(executable.path)' ")]
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    return try result(of: process)
  }

  /// The process of a command line, before it runs.
  static func process(_ line: String, in folder: String) -> Process {
    let process = Process()
    process.executableURL = executable
    process.arguments = line.split(separator: " ").map(String.init)
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    return process
  }

  /// Runs a command line, and presses Ctrl-C as soon as the output contains a text.
  static func run(
    _ line: String, in folder: String, interruptAt text: String? = nil
  ) throws -> Result {
    try result(of: process(line, in: folder), interruptAt: text)
  }

  private static func result(
    of process: Process, interruptAt text: String? = nil
  ) throws -> Result {
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    var printed = Data()
    if let text {
      while !String(decoding: printed, as: UTF8.self).contains(text) {
        let part = output.fileHandleForReading.availableData
        if part.isEmpty { break }
        printed += part
      }
      process.interrupt()
    }
    printed += output.fileHandleForReading.readDataToEndOfFile()
    let errorText = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Result(
      status: process.terminationStatus, output: String(decoding: printed, as: UTF8.self),
      errors: String(decoding: errorText, as: UTF8.self))
  }
}

struct CommandTests {
  @Test func theQuickStartTrainsAndLeavesARun() throws {
    try withTemporaryFolder { folder in
      let result = try Command.run("", in: folder)
      #expect(result.status == 0 && result.errors.isEmpty)
      #expect(result.output.contains("accuracy") && result.output.contains("runs/spirals-1"))
      // Not a terminal: plain lines.
      #expect(!result.output.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
      let files = try FileManager.default.contentsOfDirectory(atPath: folder + "/runs/spirals-1")
      #expect(
        files.sorted() == [
          "best.safetensors", "checkpoint.safetensors", "config.json", "decisions.jsonl",
          "diagnostics.jsonl", "loss.svg", "metrics.jsonl", "report.html", "summary.json",
        ])
    }
  }

  @Test(arguments: 0..<5) func theQuickStartLearnsSpirals(seed: Int) throws {
    try withTemporaryFolder { folder in
      let result = try Command.run("--json --seed \(seed)", in: folder)
      let summary = try #require(
        try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
      #expect(try #require(summary["validationAccuracy"] as? Double) >= 0.98)
    }
  }

  struct Failure: Sendable {
    let line: String
    let status: Int32
    let message: String
  }

  @Test(arguments: [
    Failure(line: "fti", status: 64, message: "unknown command 'fti'; did you mean 'fit'?"),
    Failure(
      line: "frobnicate runs/x", status: 64,
      message:
        "unknown command 'frobnicate'; there are: "
        + Train.commands.map { $0.name }.joined(separator: ", ")),
    Failure(
      line: "fit", status: 64,
      message: "fit needs a task: \(Tasks.names)"),
    Failure(
      line: "fit text", status: 64, message: "the task text needs --data FILE"),
    Failure(
      line: "fit text --data short.csv", status: 65,
      message: "short.csv: a text of 12 characters is too short to train and validate on"),
    Failure(
      line: "fit text --data short.csv --validation 0.4", status: 64,
      message: "--context: 64 is not below the 7 characters to train on"),
    Failure(
      line: "fit text --data none.txt", status: 74,
      message: "none.txt: cannot be opened: no such file or directory"),
    Failure(line: "fit idx --data none", status: 74, message: "none: no such folder"),
    Failure(
      line: "sample", status: 64,
      message: "sample needs the folder of a run, such as runs/text-1"),
    Failure(line: "sample nothing", status: 74, message: "nothing: no such run"),
    Failure(
      line: "sample nothing --top-p 0", status: 64,
      message: "--top-p: '0' is not a number above 0, at most 1"),
    Failure(
      line: "--sede 3", status: 64, message: "unknown option '--sede'; did you mean '--seed'?"),
    Failure(
      line: "--seed 3 fit xor", status: 64,
      message: "unexpected argument 'fit'; a command stands before its options"),
    Failure(line: "fit xor more", status: 64, message: "unexpected argument 'more'"),
    Failure(
      line: "fit xor --learning-rate 0", status: 64,
      message: "--learning-rate: '0' is not a number above 0"),
    Failure(
      line: "fit xor --batch-sise 4", status: 64,
      message: "unknown option '--batch-sise'; did you mean '--batch-size'?"),
    Failure(
      line: "fit xor --batch-size 5000", status: 64,
      message: "--batch-size: 5000 is more than the 1000 training rows"),
    Failure(
      line: "fit csv --data none.csv --target y", status: 74,
      message: "none.csv: cannot be opened: no such file or directory"),
    Failure(
      line: "fit csv --data . --target y", status: 74,
      message: ".: cannot be read: is a directory"),
    Failure(
      line: "fit csv --data short.csv --target y", status: 65,
      message: "short.csv: 2 rows; at least 10 are needed"),
    Failure(
      line: "fit csv --data ragged.csv --target y", status: 65,
      message: "ragged.csv:3: 3 fields where the header has 2"),
    Failure(line: "resume nothing", status: 74, message: "nothing: no such run"),
    Failure(
      line: "fit xor --out taken", status: 74,
      message: "taken: already exists; --force overwrites it"),
  ])
  func badInputIsOneLineAndLeavesNothing(_ failure: Failure) throws {
    try withTemporaryFolder { folder in
      let manager = FileManager.default
      try Data("x,y\n1,a\n2,b\n".utf8).write(to: URL(fileURLWithPath: folder + "/short.csv"))
      try Data("x,y\n1,a\n2,b,c\n".utf8).write(to: URL(fileURLWithPath: folder + "/ragged.csv"))
      try manager.createDirectory(atPath: folder + "/taken", withIntermediateDirectories: false)
      let before = try manager.subpathsOfDirectory(atPath: folder).sorted()
      let result = try Command.run(failure.line, in: folder)
      #expect(result.status == failure.status)
      #expect(result.errors == "train: error: \(failure.message)\n")
      #expect(result.output.isEmpty)
      #expect(try manager.subpathsOfDirectory(atPath: folder).sorted() == before)
    }
  }

  @Test func aDivergingRunEndsWithStatus70() throws {
    try withTemporaryFolder { folder in
      let result = try Command.run(
        "fit sine --optimizer sgd --learning-rate 1e18 --out run --quiet", in: folder)
      #expect(result.status == 70 && result.output.isEmpty)
      #expect(result.errors.hasPrefix("train: error: the loss is "))
      #expect(result.errors.split(separator: "\n").count == 1)
    }
  }

  /// What diverged altogether is an error as it is for a single run, with its results written.
  @Test(arguments: [
    (
      "compare sine --optimizers sgd --rates 1e18,1e19 --seeds 1 --steps 20", "compare.json",
      "every run diverged, with each optimizer and rate; lower rates may help (--rates)"
    ),
    (
      "sweep sine --optimizer sgd --steps 20 --over learning-rate=choice(1e18,1e19)",
      "trials.jsonl",
      "every trial that was trained in full diverged; lower learning rates may help"
    ),
  ])
  func whatDivergesAltogetherEndsWithStatus70(
    _ line: String, _ file: String, _ message: String
  ) throws {
    try withTemporaryFolder { folder in
      for command in ["\(line) --seed 1 --out out", "resume out"] {
        let result = try Command.run("\(command) --json", in: folder)
        #expect(result.status == 70)
        #expect(result.errors == "train: error: \(message); out holds the results\n")
        #expect(result.output.hasPrefix("{") && result.output.hasSuffix("}\n"))
        for file in [file, "report.html"] {
          #expect(FileManager.default.fileExists(atPath: "\(folder)/out/\(file)"))
        }
      }
    }
  }

  @Test func standardInputIsCalledSo() throws {
    try withTemporaryFolder { folder in
      let fit = try Command.run("fit glyphs --steps 1 --seed 1 --out r --quiet", in: folder)
      #expect(fit.status == 0)
      for (input, status, message) in [
        ("echo nothing |", 65, "is not an image; IDX, PNG, PGM, PPM and .npy are read"),
        ("printf 'P5 2 2 255\\n1234' |", 65, "a model of the task glyphs takes images of"),
        ("", 74, "cannot be read: is a directory"),
      ] {
        let result = try Command.shell(
          "\(input) train predict r --data - \(input.isEmpty ? "< ." : "")", in: folder)
        #expect(result.status == Int32(status))
        #expect(result.errors.hasPrefix("train: error: standard input: "), "\(result.errors)")
        #expect(result.errors.contains(message), "\(result.errors)")
      }
    }
  }

  @Test func gradientsAreCheckedFromTheCommandLine() throws {
    try withTemporaryFolder { folder in
      let all = try Command.run("gradcheck", in: folder)
      #expect(all.status == 0)
      #expect(all.output.contains("softmax") && all.output.contains("LSTM"))
      #expect(all.output.hasSuffix(" passed, 0 failed\n"))
      let one = try Command.run("gradcheck --filter GRU --seed 3", in: folder)
      #expect(one.status == 0 && one.output.hasSuffix("\n1 passed, 0 failed\n"))
      let none = try Command.run("gradcheck --filter nosuch", in: folder)
      #expect(none.status == 64)
    }
  }

  @Test func ctrlCSavesAndResumeGoesOnExactly() throws {
    try withTemporaryFolder { folder in
      let line = "fit spirals --seed 3 --hidden 8 --steps 80000 --out"
      #expect(try Command.run("\(line) whole", in: folder).status == 0)
      // The first line of progress comes after a tenth of the steps. On a busy machine the run may be
      // over before this thread has read it; then it is tried again.
      var result = try Command.run("\(line) part", in: folder, interruptAt: "step ")
      for _ in 0..<3 where result.status == 0 {
        result = try Command.run("\(line) part --force", in: folder, interruptAt: "step ")
      }
      #expect(result.status == 130)
      #expect(result.output.contains("interrupted after step "))
      #expect(try Command.run("resume part --quiet", in: folder).status == 0)
      for file in ["checkpoint.safetensors", "best.safetensors", "metrics.jsonl"] {
        let bytes = try ["whole", "part"].map {
          try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)/\(file)"))
        }
        #expect(bytes[0] == bytes[1], "\(file)")
      }
      let again = try Command.run("resume part", in: folder)
      #expect(
        again.status == 0
          && again.output == "part finished after step 80000; nothing is left to do\n")
    }
  }

  /// The signals of `kill`, of schedulers and of a closed terminal save as Ctrl-C does, unless the
  /// parent process ignores them.
  @Test(arguments: [("TERM", "", 143), ("HUP", "", 129), ("HUP", "trap '' HUP; ", 0)])
  func otherSignalsSaveToo(signal: String, before: String, status: Int32) throws {
    try withTemporaryFolder { folder in
      // A run that goes on ends after two seconds; the others would take minutes. What was evaluated
      // once can be evaluated.
      let script =
        "\(before)train fit spirals --hidden 4 --steps 4000000 --time-limit \(status == 0 ? 2 : 60)s"
        + " --checkpoint-every 100 --out part &"
        + " while [ ! -s part/best.safetensors ]; do sleep 0.05; done;"
        + " kill -\(signal) $!; wait $!"
      let result = try Command.shell(script, in: folder)
      #expect(result.status == status && result.errors.isEmpty)
      #expect(result.output.contains(status == 0 ? "out of time after" : "interrupted after step"))
      #expect(try Command.run("evaluate part", in: folder).status == 0)
    }
  }

  #if os(Linux)
    @Test(arguments: [
      "list", "runs", "help fit", "--version", "man", "completions bash", "fit xor --steps 5",
      "fit xor --steps 5 --json",
    ])
    func outputThatCannotBeWrittenIsAnError(line: String) throws {
      try withTemporaryFolder { folder in
        let result = try Command.shell("train \(line) > /dev/full", in: folder)
        #expect(result.status == 74)
        #expect(result.errors == "train: error: standard output: cannot be written\n")
      }
    }

    @Test func aFileAboveTheLimitIsAnError() throws {
      try withTemporaryFolder { folder in
        let result = try Command.shell("ulimit -f 1; train fit xor --steps 50 --quiet", in: folder)
        #expect(result.status == 74)
        #expect(result.errors.hasSuffix("file too large\n"))
      }
    }
  #endif

  /// Rates at the ends of the range of numbers.
  @Test(arguments: [
    ("find-rate xor --to 1e308", 0, ""), ("find-rate xor --from 1e-320", 0, ""),
    (
      "compare xor --optimizers sgd --rates 1e308 --steps 10 --seeds 1 --out x --quiet", 70,
      "train: error: every run diverged"
    ),
  ])
  func anyRateIsTried(line: String, status: Int32, errors: String) throws {
    try withTemporaryFolder { folder in
      let result = try Command.run(line, in: folder)
      #expect(result.status == status)
      #expect(result.errors.isEmpty == errors.isEmpty && result.errors.hasPrefix(errors))
    }
  }

  @Test func aSweepIsInterruptedAndGoesOnExactly() throws {
    try withTemporaryFolder { folder in
      let line =
        "sweep spirals --seed 3 --steps 2000 --trials 8"
        + " --over learning-rate=log(1e-3,1e-1) --over hidden=choice(4,8)"
      #expect(try Command.run("\(line) --out whole --parallel 1", in: folder).status == 0)
      var part = try Command.run("\(line) --out part", in: folder, interruptAt: "trial 1/8")
      for _ in 0..<3 where part.status == 0 {
        part = try Command.run("\(line) --out part --force", in: folder, interruptAt: "trial 1/8")
      }
      #expect(part.status == 130 && part.output.hasSuffix("train resume part continues it\n"))
      let refused = try Command.run("resume part --steps 9", in: folder)
      #expect(refused.status == 64)
      let resumed = try Command.run("resume part --parallel 3", in: folder)
      #expect(resumed.status == 0 && resumed.output.contains("best.json"))
      func results(_ name: String) throws -> [String] {
        let text = try String(contentsOfFile: "\(folder)/\(name)/trials.jsonl", encoding: .utf8)
        return text.split(separator: "\n").map { line in
          // The last keys are the time and the checksum, in which it is.
          String(
            line.split(separator: ",").filter {
              !$0.contains("seconds") && !$0.contains("checksum")
            }.joined())
        }.sorted()
      }
      #expect(try results("whole") == results("part"))
      let files = { (name: String, file: String) in
        try String(contentsOfFile: "\(folder)/\(name)/\(file)", encoding: .utf8)
      }
      #expect(try files("whole", "best.json") == files("part", "best.json"))
      // The folder is no run, and the list of runs says nothing of it.
      #expect(try Command.run("runs --in .", in: folder).output == "no runs in .\n")
      let json = try Command.run("resume part --json", in: folder)
      let parsed = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
      #expect((parsed?["trials"] as? [Any])?.count == 8)
      let fit = try Command.run(
        "fit spirals --config part/best.json --quiet --out best", in: folder)
      #expect(fit.status == 0)
    }
  }

  @Test func aTextIsLearnedAndWritten() throws {
    try withTemporaryFolder { folder in
      let text = String(repeating: "the cat sat on the mat.\n", count: 200)
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/cat.txt"))
      let fit = try Command.run(
        "fit text --data cat.txt --layers 1 --width 32 --context 16 --steps 150 --seed 1"
          + " --learning-rate 0.01 --out cat --json", in: folder)
      #expect(fit.status == 0 && fit.errors.isEmpty)
      let summary = try #require(
        try JSONSerialization.jsonObject(with: Data(fit.output.utf8)) as? [String: Any])
      #expect(try #require(summary["validationLoss"] as? Double) < 0.2)
      let sample = try Command.run(
        "sample cat --prompt the --temperature 0 --length 45", in: folder)
      #expect(sample.status == 0)
      #expect(sample.output == "the cat sat on the mat.\nthe cat sat on the mat.\n\n")
      let drawn = try ["1", "1", "2"].map {
        try Command.run("sample cat --temperature 3 --seed \($0)", in: folder).output
      }
      #expect(drawn[0] == drawn[1] && drawn[0] != drawn[2] && drawn[0].count == 501)
      let unknown = try Command.run("sample cat --prompt thé", in: folder)
      #expect(unknown.status == 64 && unknown.output.isEmpty)
      #expect(
        unknown.errors
          == "train: error: --prompt: the character 'é' (U+00E9) does not occur in the training"
          + " text\n")
      let evaluated = try Command.run("evaluate cat", in: folder)
      #expect(evaluated.output.hasSuffix(" on 480 characters\n"))
      let other = try Command.run("evaluate cat --data cat.txt", in: folder)
      #expect(other.output.hasSuffix(" on 4800 characters\n"))
      let toy = try Command.run("fit xor --steps 10 --quiet --out xor", in: folder)
      #expect(toy.status == 0)
      let wrong = try Command.run("sample xor", in: folder)
      #expect(wrong.status == 64)
      #expect(
        wrong.errors
          == "train: error: xor is a run of the task xor; only text can be sampled\n")
    }
  }

  /// A file that is being written when a signal or an error ends the command is not left behind.
  @Test(.serialized, arguments: [SIGINT, SIGTERM, SIGHUP, SIGXCPU, SIGQUIT, 0])
  func nothingIsLeftHalfWritten(signal: Int32) throws {
    try withTemporaryFolder { folder in
      let fit = try Command.run("fit xor --steps 10 --quiet --out xor", in: folder)
      #expect(fit.status == 0)
      let manager = FileManager.default
      let before = try manager.contentsOfDirectory(atPath: folder)
      let (input, errors) = (Pipe(), Pipe())
      let process = Command.process("predict xor --data - --out p.csv", in: folder)
      process.standardInput = input
      process.standardError = errors
      try process.run()
      // More rows than are written at once.
      let rows = "x,y\n" + String(repeating: "1,-1\n", count: 20_000)
      try input.fileHandleForWriting.write(contentsOf: Data(rows.utf8))
      for _ in 0..<2000 where try manager.contentsOfDirectory(atPath: folder) == before {
        usleep(5000)
      }
      let names = try manager.contentsOfDirectory(atPath: folder)
      #expect(names.contains { $0.hasSuffix(".partial") } && !names.contains("p.csv"))
      if signal == 0 {
        try input.fileHandleForWriting.write(contentsOf: Data("1,abc\n".utf8))
      } else {
        kill(process.processIdentifier, signal)
      }
      try? input.fileHandleForWriting.close()
      process.waitUntilExit()
      #expect(process.terminationReason == (signal == 0 ? .exit : .uncaughtSignal))
      #expect(process.terminationStatus == (signal == 0 ? 65 : signal))
      #expect(try manager.contentsOfDirectory(atPath: folder).sorted() == before.sorted())
    }
  }

  /// The signal of a limit of processor time comes again until the process has ended.
  @Test func aLimitOfProcessorTimeSavesARun() throws {
    try withTemporaryFolder { folder in
      let line = "fit xor --steps 10000000 --patience 0 --checkpoint-every 10 --quiet --out r"
      let process = Command.process(line, in: folder)
      try process.run()
      let checkpoint = folder + "/r/checkpoint.safetensors"
      for _ in 0..<12_000 where !FileManager.default.fileExists(atPath: checkpoint) { usleep(5000) }
      for _ in 0..<5 {
        kill(process.processIdentifier, SIGXCPU)
        usleep(2000)
      }
      for _ in 0..<4000 where process.isRunning { usleep(5000) }
      process.terminate()
      process.waitUntilExit()
      #expect(process.terminationReason == .exit && process.terminationStatus == 128 + SIGXCPU)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/r")
      // The page is written after what is saved.
      #expect(names.contains("report.html") && !names.contains { $0.hasSuffix(".partial") })
    }
  }

  /// A batch system starts single processes as an MPI launcher does, where no MPI is.
  @Test func processesOfALauncher() throws {
    try withTemporaryFolder { folder in
      let line = "PMI_RANK=0 PMI_SIZE=%d PATH= LD_LIBRARY_PATH= train fit xor --steps 3 --quiet"
      let one = try Command.shell(line.replacing("%d", with: "1"), in: folder)
      #expect(one.status == 0 && one.errors.isEmpty)
      let several = try Command.shell(line.replacing("%d", with: "2"), in: folder)
      #expect(several.status == 74)
      #expect(several.errors.hasPrefix("train: error: the launcher has started several processes"))
    }
  }

  /// A slip in `--out` does not cost data or weights.
  @Test(arguments: [
    ("predict r --data t.csv --out t.csv", 64, "--out: t.csv would replace t.csv, which is read"),
    ("predict r --data t.csv --out l.csv", 64, "--out: l.csv would replace t.csv, which is read"),
    (
      "predict r --data t.csv --out ./r/best.safetensors", 64,
      "--out: ./r/best.safetensors would replace r/best.safetensors, which is read"
    ),
    (
      "export r --format adjoint --force --out r/best.safetensors", 64,
      "--out: r/best.safetensors would replace r/best.safetensors, which is read"
    ),
    (
      "export r --format onnx --out -", 64,
      "--out: a file or folder is written, not standard output"
    ),
    ("report r --out -", 64, "--out: a file or folder is written, not standard output"),
    ("fit xor --out -", 64, "--out: a file or folder is written, not standard output"),
    (
      "predict r --data t.csv --out o/config.json", 64,
      "--out: o/config.json is one of the results in o"
    ),
    (
      "predict r --data t.csv --out ./o/summary.json", 64,
      "--out: ./o/summary.json is one of the results in ./o"
    ),
    (
      "export r --format onnx --force --out o/metrics.jsonl", 64,
      "--out: o/metrics.jsonl is one of the results in o"
    ),
    ("export r --format pytorch --force --out o", 64, "--out: o is a folder of other results"),
    (
      "find-rate csv --data t.csv --target y --out o/loss.svg", 64,
      "--out: o/loss.svg is one of the results in o"
    ),
    (
      "find-rate csv --data d.svg --target y --out d.svg", 64,
      "--out: d.svg would replace d.svg, which is read"
    ),
    ("report r --out o/report.html", 64, "--out: o/report.html is one of the results in o"),
    ("report r o --out r/report.html", 64, "--out: r/report.html is one of the results in r"),
    (
      "fit csv --data t.csv --target y --hidden 4 --from r --force --out r", 64,
      "--force: r would be replaced, but r is read"
    ),
    (
      "fit text --data r/metrics.jsonl --context 4 --force --out ./r", 64,
      "--force: ./r would be replaced, but r/metrics.jsonl is read"
    ),
    ("race --around r --force --out r", 64, "--force: r would be replaced, but r is read"),
    ("report r ./r", 64, "report: ./r is given twice"),
    ("predict r --data h.csv", 65, "h.csv:1: no column 'x'; there are: z"),
    (
      "report r --out r/best.safetensors", 74,
      "r/best.safetensors: already exists, and its name does not end in .html"
    ),
    (
      "find-rate csv --data t.csv --target y --out h.csv", 74,
      "h.csv: already exists, and its name does not end in .svg"
    ),
  ])
  func outputDoesNotReplaceInput(line: String, status: Int32, message: String) throws {
    try withTemporaryFolder { folder in
      let rows = "x,y\n" + (0..<20).map { "\($0),\($0 % 2 == 0 ? "a" : "b")\n" }.joined()
      let manager = FileManager.default
      try Data(rows.utf8).write(to: URL(fileURLWithPath: folder + "/t.csv"))
      try Data("z\n".utf8).write(to: URL(fileURLWithPath: folder + "/h.csv"))
      try manager.createDirectory(atPath: folder + "/o", withIntermediateDirectories: false)
      for (name, content) in [
        ("d.svg", rows), ("o/config.json", "{}"), ("o/metrics.jsonl", ""), ("o/loss.svg", ""),
        ("o/report.html", ""),
      ] {
        try Data(content.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      }
      try manager.createSymbolicLink(
        atPath: folder + "/l.csv", withDestinationPath: folder + "/t.csv")
      let fit = try Command.run(
        "fit csv --data t.csv --target y --steps 3 --hidden 4 --quiet --out r", in: folder)
      #expect(fit.status == 0)
      let weights = try Data(contentsOf: URL(fileURLWithPath: folder + "/r/best.safetensors"))
      let result = try Command.run(line, in: folder)
      #expect(result.status == status)
      #expect(result.errors == "train: error: \(message)\n")
      #expect(try Data(contentsOf: URL(fileURLWithPath: folder + "/t.csv")) == Data(rows.utf8))
      #expect(
        try Data(contentsOf: URL(fileURLWithPath: folder + "/o/config.json")) == Data("{}".utf8))
      #expect(
        try Data(contentsOf: URL(fileURLWithPath: folder + "/r/best.safetensors")) == weights)
    }
  }

  @Test func foldersOfOtherResultsAreRemovedAndListed() throws {
    try withTemporaryFolder { folder in
      let manager = FileManager.default
      for name in [
        "s/sweep.json", "s/trials.jsonl", "s/notes.txt", "c/compare.json", "t/notes.txt",
      ] {
        let file = URL(fileURLWithPath: "\(folder)/\(name)")
        try manager.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("{}".utf8).write(to: file)
      }
      let refused = try Command.run("runs remove s t", in: folder)
      #expect(refused.status == 74)
      #expect(refused.errors == "train: error: t: holds no run (there is no config.json)\n")
      let removed = try Command.run("runs remove s c", in: folder)
      #expect(removed.output == "removed s; left notes.txt\nremoved c\n")
      #expect(try manager.contentsOfDirectory(atPath: folder).sorted() == ["s", "t"])
      #expect(try manager.contentsOfDirectory(atPath: folder + "/s") == ["notes.txt"])
      for (line, status, message) in [
        ("runs --in none", 74, "none: no such folder"),
        ("runs --in t/notes.txt", 74, "t/notes.txt: is a file, not a folder"),
        ("runs", 0, ""), ("predict '' --data t.csv", 64, "an argument is empty"),
      ] as [(String, Int32, String)] {
        let result = try Command.shell("train \(line)", in: folder)
        #expect(result.status == status)
        #expect(result.errors == (message.isEmpty ? "" : "train: error: \(message)\n"))
      }
    }
  }

  @Test func theRunThatIsNamedIsRemoved() throws {
    try withTemporaryFolder { folder in
      let manager = FileManager.default
      func makeSweep(_ name: String) throws {
        let path = "\(folder)/\(name)"
        try manager.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Data("{}".utf8).write(to: URL(fileURLWithPath: path + "/sweep.json"))
      }
      for name in ["s", "kept/s", "t", "u"] { try makeSweep(name) }
      try manager.createSymbolicLink(atPath: folder + "/link", withDestinationPath: "t")
      for (line, status, output, errors) in [
        ("runs remove s ./s", 64, "", "train: error: runs remove: ./s is given twice\n"),
        ("runs remove u --in kept", 74, "", "train: error: kept/u: no such run\n"),
        ("runs remove s --in kept", 0, "removed kept/s\n", ""),
        ("runs remove link", 0, "removed link\n", ""),
      ] as [(String, Int32, String, String)] {
        let result = try Command.run(line, in: folder)
        #expect(result.status == status && result.errors.hasPrefix(errors), "\(line): \(result)")
        #expect(result.output == output)
      }
      let here = try Command.shell("cd u && train runs remove .", in: folder)
      #expect(here.status == 0 && here.output == "removed .\n")
      let left = try manager.contentsOfDirectory(atPath: folder).sorted()
      #expect(left == ["kept", "link", "s"])
      #expect(try manager.contentsOfDirectory(atPath: folder + "/kept") == [])
    }
  }

  /// A removal takes all that are named or none, and nothing of what a removal has left that was
  /// ended looks like results.
  @Test func aRemovalTakesAllOrNothing() throws {
    try withTemporaryFolder { folder in
      let manager = FileManager.default
      func make(_ name: String, _ files: [String] = ["config.json", "metrics.jsonl"]) throws {
        let path = "\(folder)/\(name)"
        try manager.createDirectory(atPath: path, withIntermediateDirectories: true)
        for file in files {
          try Data("{}".utf8).write(to: URL(fileURLWithPath: "\(path)/\(file)"))
        }
      }
      func names() throws -> [String] { try manager.subpathsOfDirectory(atPath: folder).sorted() }
      // Its hidden name is taken by something that is not of the command, so it cannot be removed.
      try make("runs/a")
      try make("runs/b", ["config.json", "metrics.jsonl", "notes.txt"])
      try make("runs/c")
      try make("runs/.c.removed/mine", [])
      let before = try names()
      for line in ["runs remove c", "runs remove a b c", "runs remove c a b"] {
        let refused = try Command.run(line, in: folder)
        #expect(refused.status == 74 && refused.output.isEmpty)
        let start = "train: error: runs/c: cannot be removed: /"
        #expect(refused.errors.hasPrefix(start))
        #expect(refused.errors.hasSuffix("/runs/.c.removed: directory not empty\n"))
        #expect(try names() == before)
      }
      // What a process has left that ended after it had hidden some, and deleted a part.
      try manager.removeItem(atPath: folder + "/runs/.c.removed")
      try manager.moveItem(atPath: folder + "/runs/a", toPath: folder + "/runs/.a.removed")
      let hidden = folder + "/runs/b/config.json.removed"
      try manager.moveItem(atPath: folder + "/runs/b/config.json", toPath: hidden)
      for name in ["a", "b"] {
        #expect(try Command.run("resume runs/\(name)", in: folder).status == 74)
      }
      let listed = try Command.run("runs", in: folder)
      let warning = listed.errors.split(separator: "\n")
      let warnings = [
        "runs/c/config.json: is not", "runs/.a.removed: its removal was ended;",
        "runs/b: its removal was ended; train runs remove runs/b ends it",
      ]
      #expect(warning.count == warnings.count)
      for (found, start) in zip(warning, warnings) {
        #expect(found.hasPrefix("train: warning: " + start))
      }
      // What only has such a name is left alone, and what a link leads to.
      try make("elsewhere")
      try manager.createSymbolicLink(
        atPath: folder + "/runs/.l.removed", withDestinationPath: folder + "/elsewhere")
      try make("runs/.m.removed", ["config.json", "mine"])
      let others = try names().filter { $0.hasPrefix("elsewhere") || $0.hasPrefix("runs/.m") }
      #expect(try Command.run("runs", in: folder).errors == listed.errors)
      let removed = try Command.run("runs remove b c", in: folder)
      #expect(removed.status == 0)
      #expect(removed.output == "removed runs/b; left notes.txt\nremoved runs/c\n")
      #expect(
        try names()
          == (others + ["runs", "runs/.l.removed", "runs/b", "runs/b/notes.txt"]).sorted())
      #expect(try Command.run("runs remove b", in: folder).status == 74)
      // A folder that a removal has left can be named, too.
      try make("runs/.d.removed", ["config.json.removed", "metrics.jsonl"])
      let left = try Command.run("runs", in: folder).errors.split(separator: "\n")
      #expect(left.count == 1 && left[0].hasPrefix("train: warning: runs/.d.removed: its removal"))
      #expect(try Command.run("runs remove runs/.d.removed", in: folder).status == 0)
      #expect(try names().filter { $0.hasPrefix("runs/.d") }.isEmpty)
    }
  }

  /// A folder in the place of a file of a run is not of the command, and keeps it from no removal.
  @Test func foldersInPlaceOfFilesAreKept() throws {
    try withTemporaryFolder { folder in
      let manager = FileManager.default
      let fit = "fit xor --hidden 2 --steps 2 --out r"
      #expect(try Command.run(fit, in: folder).status == 0)
      try manager.removeItem(atPath: folder + "/r/loss.svg")
      try manager.createDirectory(
        atPath: folder + "/r/loss.svg/mine", withIntermediateDirectories: true)
      let before = try manager.subpathsOfDirectory(atPath: folder).sorted()
      let refused = try Command.run(fit + " --force", in: folder)
      #expect(refused.status == 74)
      #expect(
        refused.errors
          == "train: error: r/loss.svg: cannot be replaced: is a folder; move it away\n")
      #expect(try manager.subpathsOfDirectory(atPath: folder).sorted() == before)
      let removed = try Command.run("runs remove r", in: folder)
      #expect(removed.status == 0 && removed.output == "removed r; left loss.svg\n")
      #expect(
        try manager.subpathsOfDirectory(atPath: folder).sorted()
          == ["r", "r/loss.svg", "r/loss.svg/mine"])
    }
  }

  /// A pipe gives a long row piece by piece, however much is asked for.
  @Test func aRowThroughAPipeTakesLittleMemory() throws {
    try withTemporaryFolder { folder in
      let rows = (0..<40).map { "\($0),\($0 * $0)\n" }
      try FileAccess.write("a,b\n" + rows.joined(), to: folder + "/t.csv")
      let fit = try Command.run(
        "fit csv --data t.csv --target b --kind regression --hidden 2 --steps 2 --out r",
        in: folder)
      #expect(fit.status == 0)
      let row = "head -c 2500000 /dev/zero | tr '\\0' 1"
      let result = try Command.shell(
        "(printf 'a,b\\n'; \(row)) | train predict r --data -", in: folder)
      #expect(result.status == 65)
      #expect(result.errors == "train: error: standard input:2: 1 field where the header has 2\n")
    }
  }

  @Test func optionsOfAFileThatACommandIgnoresAreChecked() throws {
    try withTemporaryFolder { folder in
      try FileAccess.write(#"{"time-limit": "soon"}"#, to: folder + "/c.json")
      let result = try Command.run(
        "sweep xor --over learning-rate=log(1e-3,1e-1) --config c.json", in: folder)
      #expect(result.status == 64)
      #expect(result.errors.hasPrefix("train: error: c.json: --time-limit"), "\(result.errors)")
    }
  }

  @Test func aPartOfTheDataIsEvaluated() throws {
    try withTemporaryFolder { folder in
      let fit = try Command.run(
        "fit moons --steps 20 --hidden 4 --test 0.1 --json --out tested", in: folder)
      let summary = try #require(
        try JSONSerialization.jsonObject(with: Data(fit.output.utf8)) as? [String: Any])
      for (part, key) in [
        ("training", "trainLoss"), ("validation", "validationLoss"), ("test", "testLoss"),
      ] {
        let result = try Command.run("evaluate tested --json --on \(part)", in: folder)
        let report = try #require(
          try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        #expect(report["loss"] as? Double == summary[key] as? Double, "\(part)")
      }
      _ = try Command.run("fit moons --steps 20 --hidden 4 --quiet --out plain", in: folder)
      let none = try Command.run("evaluate plain --on test", in: folder)
      #expect(none.status == 64)
      #expect(
        none.errors
          == "train: error: --on test: plain keeps none apart; train fit --test does\n")
      let both = try Command.run("evaluate plain --on test --data x.csv", in: folder)
      #expect(both.errors == "train: error: --on and --data exclude each other\n")
    }
  }

  @Test(arguments: [
    "--help", "--seed 1 --help", "fit --help", "resume -h", "evaluate --help", "sample --help",
    "list", "--version",
  ])
  func helpGoesToStandardOutput(line: String) throws {
    let result = try Command.run(line, in: FileManager.default.temporaryDirectory.path)
    #expect(result.status == 0 && result.errors.isEmpty && !result.output.isEmpty)
  }

  /// A run takes the precision that is given, and an evaluation of the run takes that of the run.
  @Test func aRunAndItsEvaluationTakeThePrecision() throws {
    try withTemporaryFolder { folder in
      let plain = try printed("fit moons --seed 3 --steps 30 --hidden 8 --out a --json", in: folder)
      let rounded = try printed(
        "fit moons --seed 3 --steps 30 --hidden 8 --precision bf16 --out b --json", in: folder)
      #expect(plain["trainLoss"] != rounded["trainLoss"])
      #expect(plain["validationLoss"] != rounded["validationLoss"])
      for (run, summary) in [("a", plain), ("b", rounded)] {
        for (part, key) in [("training", "trainLoss"), ("validation", "validationLoss")] {
          let report = try printed("evaluate \(run) --json --on \(part)", in: folder)
          #expect(report["loss"] == summary[key], "\(run), \(part)")
        }
      }
    }
  }

  @Test func comparisonsAndSweepsTakeThePrecision() throws {
    try withTemporaryFolder { folder in
      for command in [
        "compare moons --seed 3 --steps 30 --hidden 8 --optimizers sgd,adamw --rates 0.01",
        "sweep moons --seed 3 --steps 30 --hidden 8 --over learning-rate=choice(0.1,0.01)",
      ] {
        let outputs = try ["a", "b", "c"].map { name in
          let precision = name == "a" ? "float32" : "bf16"
          let out = "\(command.prefix(3))-\(name)"
          let result = try Command.run(
            "\(command) --precision \(precision) --out \(out) --quiet", in: folder)
          #expect(result.status == 0, "\(result.errors)")
          // Trials are recorded in the order in which they end.
          return try losses(in: "\(folder)/\(out)").sorted()
        }
        #expect(!outputs[0].isEmpty && outputs[0] != outputs[1] && outputs[1] == outputs[2])
      }
    }
  }

  /// The numbers after `Loss` or `loss` in the JSON files of a folder.
  private func losses(in folder: String) throws -> [String] {
    try FileAccess.names(in: folder).filter { $0.hasSuffix(".json") || $0.hasSuffix(".jsonl") }
      .sorted().flatMap { name in
        String(decoding: try FileAccess.read("\(folder)/\(name)"), as: UTF8.self)
          .matches(of: /[Ll]oss"\s*:\s*([0-9.e-]+)/).map { String($0.output.1) }
      }
  }

  /// What a command prints with `--json`.
  private func printed(_ line: String, in folder: String) throws -> [String: JSONValue] {
    let result = try Command.run(line, in: folder)
    #expect(result.status == 0, "\(result.errors)")
    return try JSONText.decode([String: JSONValue].self, from: Array(result.output.utf8))
  }
}
