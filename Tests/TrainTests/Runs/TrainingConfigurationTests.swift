import Foundation
import TestSupport
import Testing
import Training

@testable import Train

struct TrainingConfigurationTests {
  private func configuration(_ line: String) throws -> TrainingConfiguration {
    try FitLine(line).configuration()
  }

  @Test func whatIsGivenIsKept() throws {
    let made = try configuration(
      """
      spirals --hidden 8 --activation gelu --optimizer sgd --learning-rate 0.3 --weight-decay 0 \
      --momentum 0.5 --nesterov --lookahead --sync-period 7 --slow-step-size 0.8 --clip-norm 2 \
      --clip-value 0.5 --accumulate 2 --non-finite skip --schedule constant --warmup 3 --epochs 4 --batch-size 100 --patience 9 --threads 1 \
      --checkpoint-every 50
      """)
    #expect(made[FitOptions.model].description == "mlp(hidden=8, activation=gelu)")
    #expect(made[FitOptions.learningRate] == 0.3)
    let optimizer = made[FitOptions.optimizer]
    #expect(optimizer.outline == "lookahead(sgd)")
    #expect(optimizer.count("sync-period") == 7 && optimizer.number("slow-step-size") == 0.8)
    #expect(optimizer.inner[0].number("momentum") == 0.5 && optimizer.inner[0].flag("nesterov"))
    #expect(optimizer.inner[0].number("weight-decay") == 0)
    #expect(made[FitOptions.clipValue] == 0.5 && made[FitOptions.accumulate] == 2)
    #expect(made[FitOptions.nonFinite] == .skip && made[FitOptions.clipNorm] == 2)
    #expect(made[FitOptions.schedule].description == "constant" && made[FitOptions.warmup] == 3)
    #expect(made[FitOptions.steps] == 20 && made[FitOptions.batchSize] == 100)
    #expect(made[FitOptions.patience] == 9 && made[FitOptions.threads] == 1)
    #expect(made[FitOptions.checkpointEvery] == .steps(50))
  }

  /// Every option that depends on the run has a value, whatever the task.
  @Test(arguments: Tasks.all.map { $0.name }.filter { !["csv", "idx", "text"].contains($0) })
  func everyOptionIsResolved(task: String) throws {
    let made = try configuration(task)
    let read = try JSONDecoder().decode(
      TrainingConfiguration.self, from: JSONEncoder().encode(made))
    #expect(read == made)
    for option in FitOptions.common where option.isResolvedByRun {
      #expect(made.json[option.name] != nil, "\(option.name)")
    }
  }

  /// A run means the same in later versions, whose standards may differ.
  @Test func expressionsAreRecordedWithAllTheirSettings() throws {
    let made = try configuration("xor --optimizer lookahead(adamw) --schedule cosine")
    let optimizer = made[FitOptions.optimizer]
    #expect(made[FitOptions.schedule].description == "cosine(final=0)")
    #expect(optimizer.settings.count == optimizer.entry.settings.count)
    // The learning rate is an option of its own.
    #expect(optimizer.inner[0].settings.count == optimizer.inner[0].entry.settings.count - 1)
    #expect(made[FitOptions.model].description == "mlp(hidden=64-64, activation=tanh)")
  }

  @Test func anOptionOfTheModelStandsForItsSetting() throws {
    let made = try configuration("xor --model mlp(activation=relu) --hidden 4,2")
    #expect(made[FitOptions.model].description == "mlp(hidden=4-2, activation=relu)")
    #expect(try configuration("xor --model mlp(hidden=4-2,activation=relu)") == made)
  }

  @Test(arguments: [
    ("spiral", "unknown task 'spiral'; did you mean 'spirals'?"),
    (
      "faces",
      "unknown task 'faces'; there are: \(Tasks.names)"
    ),
    ("csv", "the task csv needs --data FILE"),
    ("idx", "the task idx needs --data FOLDER"),
    ("spirals --data x.csv", "--data is not an option of the task spirals"),
    ("xor --target y", "--target is not an option of the task xor"),
    ("sine --validation 0.1", "--validation is not an option of the task sine"),
    ("sine --loss hinge", "--loss is not an option of the task sine"),
    ("addition --context 8", "--context is not an option of the task addition"),
    ("xor --digits 3", "--digits is not an option of the task xor"),
    ("xor --model gpt", "--model: gpt is not a model of the task xor, which takes mlp"),
    ("glyphs --model rnn", "--model: rnn is not a model of the task glyphs, which takes conv, mlp"),
    ("xor --heads 2", "--heads is not an option of mlp"),
    ("addition --hidden 8", "--hidden is not an option of gpt"),
    ("addition --heads 3", "--model: gpt: 3 heads do not share a width of 64 evenly"),
    ("addition --width 65536", "--width: 103G weights; at most 200M can be trained"),
    ("glyphs --loss hinge", "--loss is not an option of the task glyphs"),
    (
      "xor --hidden 0",
      "--hidden: '0' is not a list, joined by '-', of whole numbers from 1 to 65536"
    ),
    ("xor --model mpl", "--model: column 1: 'mpl' is not a model; did you mean 'mlp'?"),
    (
      "xor --schedule wsd(decay-steps=4000)",
      "--schedule: wsd: decay-steps=4000 is more than the 3800 steps after the warm-up"
    ),
    (
      "xor --schedule cosine(final=2)",
      "--schedule: column 14: final: '2' is not a number from 0 to 1"
    ),
    (
      "xor --optimizer adagrad --schedule one-cycle(cycle-momentum=true)",
      "--schedule: adagrad has no momentum to cycle"
    ),
    ("xor --momentum 0.5", "--momentum is not an option of adamw"),
    ("xor --optimizer sgd --beta1 0.5", "--beta1 is not an option of sgd"),
    ("xor --sync-period 5", "--sync-period is not an option of adamw"),
    (
      "xor --optimizer sgd --nesterov",
      "--optimizer: sgd: nesterov needs a momentum above 0 and no dampening"
    ),
    (
      "xor --optimizer diloco(adamw) --steps 499",
      "--optimizer: the weights that diloco(adamw) keeps first move after 500 steps, but the run has"
        + " 499; choose a shorter sync-period"
    ),
    (
      "xor --optimizer ema(lookahead(adamw,sync-period=9,outer=sgd)) --steps 8",
      "--optimizer: the weights that ema(lookahead(adamw)) keeps first move after 9 steps,"
        + " but the run has 8; choose a shorter sync-period"
    ),
    (
      "xor --optimizer lookahead(adamw,outer=momentm)",
      "--optimizer: column 23: 'momentm' is not an optimizer; did you mean 'momentum'?"
    ),
    (
      "xor --optimizer lokahead(adamw)",
      "--optimizer: column 1: 'lokahead' is not an optimizer; did you mean 'lookahead'?"
    ),
    (
      "xor --optimizer lookahead(adamw,sync-perod=3)",
      "--optimizer: column 17: 'sync-perod' is not a setting of lookahead; did you mean 'sync-period'?"
    ),
    ("xor --batch-size 1001", "--batch-size: 1001 is more than the 1000 training rows"),
    ("xor --hidden 65536,65536", "--hidden: 4.3G weights; at most 200M can be trained"),
    (
      "xor --steps 10 --warmup 10",
      "--schedule: cosine: a warm-up of 10 steps is not below the 10 steps of the run"
    ),
  ])
  func rejects(line: String, message: String) {
    #expect(throws: UsageError(message)) { try configuration(line) }
  }

  @Test func theNanoGPTPresetIsNanoGPTsSetting() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/t.txt"
      try FileAccess.write(String(repeating: "abcdefgh", count: 30), to: path)
      var made = try configuration("text --data \(path) --preset nano-gpt")
      #expect(
        made[FitOptions.model].description
          == "gpt(layers=4, heads=4, width=128, dropout=0, bias=false)")
      #expect(made[FitOptions.batchSize] == 12 && made.json["context"] == .integer(64))
      #expect(made.json["validation"] == .number(0.1))
      let optimizer = made[FitOptions.optimizer]
      #expect(optimizer.outline == "adamw" && optimizer.number("beta1") == 0.9)
      #expect(optimizer.number("beta2") == 0.99 && optimizer.number("weight-decay") == 0.1)
      #expect(made[FitOptions.clipNorm] == 1 && made[FitOptions.learningRate] == 1e-3)
      #expect(made[FitOptions.warmup] == 100 && made[FitOptions.steps] == 2000)
      #expect(made[FitOptions.patience] == 0 && made[TaskOptions.evaluateEvery] == 250)
      guard case .schedule(let rates) = try made.trainerOptions().learningRate else {
        Issue.record("no schedule")
        return
      }
      #expect(abs(rates(99) - 1e-3 * 100 / 101) < 1e-12 && abs(rates(100) - 1e-3) < 1e-12)
      #expect(abs(rates(2000) - 1e-4) < 1e-12)
      made = try configuration("text --data \(path) --preset nano-gpt --layers 2 --epochs 150")
      #expect(made[FitOptions.model].count("layers") == 2)
      #expect(made[FitOptions.model].count("width") == 128 && made[FitOptions.steps] == 150)
      #expect(try made.trainerOptions().sampling == .withReplacement(stepsPerEpoch: 150))
    }
  }

  @Test(arguments: Preset.allCases) func presetsHoldValidOptions(_ preset: Preset) throws {
    let read = try FitLine("--preset \(preset.rawValue)").arguments
    for (key, value) in preset.entries where key != "task" {
      let option = try #require(FitOptions.all.first { $0.name == key })
      #expect(throws: Never.self) { try option.value(of: value) }
      #expect(read.values.contains(option))
    }
    #expect(read.words == preset.entries.filter { $0.key == "task" }.map(\.value))
    #expect(
      throws: UsageError(
        "--preset \(preset.rawValue): is for the task '\(read.words[0])', not 'csv'")
    ) { try FitLine("csv --preset \(preset.rawValue)") }
  }

  @Test func aTableNeedsATargetAndSaysWhichThereAre() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/t.csv"
      try FileAccess.write("a,b\n" + String(repeating: "1,2\n", count: 20), to: path)
      #expect(
        throws: UsageError("the task csv needs --target COLUMN; \(path) has: a, b")
      ) { try configuration("csv --data \(path)") }
    }
  }

  @Test func theDefaultBatchShrinksWithTheData() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/t.csv"
      let lines = (0..<10).map { "\($0),\($0 % 2)\n" }
      try FileAccess.write("a,b\n" + lines.joined(), to: path)
      let made = try configuration("csv --data \(path) --target b")
      #expect((1...8).contains(made[FitOptions.batchSize]))
      #expect(made[CSVTask.dataOption] == path && made[CSVTask.target] == "b")
      #expect(made[CSVTask.kind] == .classification)
    }
  }

  @Test(arguments: ["\"out\": \"/tmp/x\"", "\"name\": \"x\"", "\"force\": true"])
  func aFileDoesNotSayWhereToWrite(_ entry: String) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/options.json"
      try FileAccess.write("{\"task\": \"moons\", \(entry)}", to: path)
      let name = entry.split(separator: "\"")[0]
      let problem = "\(path): --\(name) can only be given on the command line"
      #expect(throws: UsageError(problem)) { try configuration("moons --config \(path)") }
    }
  }

  @Test func aRunsFileIsReadBackAndServesAsOptions() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/config.json"
      let made = try configuration("moons --lookahead --steps 77 --learning-rate 0.07")
      let data = try FitLine("moons").assignment().data
      let file = ConfigurationFile(configuration: made, data: data)
      try FileAccess.writeJSON(file, to: path)
      #expect(try ConfigurationFile(contentsOf: path) == file)
      #expect(try configuration("moons --config \(path)") == made)
      // A number that is too large is called so, and is not taken for infinity.
      let text = try FileAccess.readText(path)
      let edited = text.replacing("\"learning-rate\" : 0.07", with: "\"learning-rate\" : 1e400")
      #expect(edited != text)
      try FileAccess.write(edited, to: path)
      let problem = "'learning-rate': 1e400 is too large"
      #expect(throws: TrainingError.data("\(path): \(problem)")) {
        try ConfigurationFile(contentsOf: path)
      }
      #expect(throws: UsageError("\(path): is not a JSON object of options: \(problem)")) {
        try configuration("moons --config \(path)")
      }
    }
  }
}
