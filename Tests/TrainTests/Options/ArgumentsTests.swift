import Foundation
import Optim
import TestSupport
import Testing
import Training

@testable import Train

private func arguments(_ line: String) throws -> Arguments { try FitLine(line).arguments }

struct ArgumentsTests {
  @Test func readsWordsAndOptions() throws {
    let read = try arguments(
      "csv --data iris.csv --target=x --learning-rate 1e-2 --force --optimizer sgd --seed 18446744073709551615"
    )
    #expect(read.words == ["csv"])
    #expect(read[CSVTask.dataOption] == "iris.csv")
    #expect(read[CSVTask.target] == "x")
    #expect(read[FitOptions.learningRate] == 0.01)
    #expect(read[FitOptions.force] && !read[FitOptions.quiet])
    #expect(read[FitOptions.optimizer].description == "sgd")
    #expect(read[FitOptions.seed] == .max)
    #expect(read.values.given(FitOptions.steps) == nil)
    #expect(read[FitOptions.accumulate] == 1 && read[FitOptions.threads] == nil)
    #expect(!read.wantsHelp)
    #expect(try arguments("csv --help --data x").wantsHelp)
  }

  /// Hexadecimal, plus signs and names of numbers are no numbers inside of values either.
  @Test(arguments: ["0x1", "+1", "nan"])
  func numbersInsideOfValuesAreDecimal(_ number: String) throws {
    #expect(try ValueKind<[RateScale]>.rateScales.parse("*=\(number)") == nil)
    #expect(try ValueKind<SIMD2<Double>>.point.parse("\(number),1") == nil)
    #expect(try ValueKind<RateChoice>.rates.parse("\(number),0.1") == nil)
    #expect(TimeSpan("\(number)s") == nil)
    #expect(!SettingKind.counts(1...9).allows("\(number)-1"))
    #expect(!SettingKind.points.allows("0:\(number)"))
    #expect(!SettingKind.points.allows("\(number):1"))
  }

  @Test func timesAreFinite() {
    #expect(TimeSpan("1e300h")?.seconds == 3.6e303)
    #expect(TimeSpan("1e308h") == nil)
  }

  @Test(arguments: [
    ("--learning-rate 0", "--learning-rate: '0' is not a number above 0"),
    ("--learning-rate -1", "--learning-rate: '-1' is not a number above 0"),
    ("--learning-rate abc", "--learning-rate: 'abc' is not a number above 0"),
    ("--learning-rate nan", "--learning-rate: 'nan' is not a number above 0"),
    ("--learning-rate 1e999", "--learning-rate: '1e999' is too large"),
    ("--learning-rate 0x10", "--learning-rate: '0x10' is not a number above 0"),
    ("--learning-rate +1", "--learning-rate: '+1' is not a number above 0"),
    ("--steps +1", "--steps: '+1' is not a whole number of at least 1"),
    ("--seed +1", "--seed: '+1' is not a whole number from 0 to 18446744073709551615"),
    (
      "--optimizer sgd(momentum=0x0p0)",
      "--optimizer: column 14: momentum: '0x0p0' is not a number of at least 0 and below 1"
    ),
    ("--learning-rate", "--learning-rate needs a value: X"),
    ("--learning-rate --force", "--learning-rate needs a value: X"),
    ("--batch-size 0", "--batch-size: '0' is not a whole number of at least 1"),
    ("--batch-size 2.5", "--batch-size: '2.5' is not a whole number of at least 1"),
    ("--threads 0", "--threads: '0' is not a whole number from 1 to 256"),
    ("--validation 1", "--validation: '1' is not a number above 0 and below 1"),
    ("--seed -1", "--seed: '-1' is not a whole number from 0 to 18446744073709551615"),
    ("--optimizer adma", "--optimizer: column 1: 'adma' is not an optimizer; did you mean 'adam'?"),
    (
      "--schedule cosin",
      "--schedule: column 1: 'cosin' is not a schedule; did you mean 'cosine'?"
    ),
    (
      "--name a/b",
      "--name: 'a/b' is not a name without slashes that begins with neither a dot nor a dash"
    ),
    (
      "--name -x",
      "--name: '-x' is not a name without slashes that begins with neither a dot nor a dash"
    ),
    ("--force=maybe", "--force: 'maybe' is not true or false"),
    ("--learnin-rate 1", "unknown option '--learnin-rate'; did you mean '--learning-rate'?"),
    ("--lerning_rate 1", "unknown option '--lerning_rate'; did you mean '--learning-rate'?"),
    ("--lr 1", "unknown option '--lr'; did you mean '--learning-rate'?"),
    ("--output x", "unknown option '--output'; did you mean '--out'?"),
    ("--frobnicate", "unknown option '--frobnicate'"),
    ("-x", "unknown option '-x'; options begin with two dashes"),
    ("--steps 5 --epochs 5", "--steps and --epochs exclude each other"),
    ("--out a --name b", "--out and --name exclude each other"),
  ])
  func rejects(line: String, message: String) {
    #expect(throws: UsageError(message)) { try arguments("spirals " + line) }
  }

  /// Every option that another name stands for exists, and the other name is none itself.
  @Test func otherNamesStandForOptions() {
    let names = Set(
      Train.commands.flatMap { $0.options.flatMap(\.options).map(\.name) }
        + Tasks.all.flatMap { $0.options.map(\.name) })
    for (other, name) in Arguments.otherNames {
      #expect(names.contains(name) && !names.contains(other), "\(other)")
    }
  }

  @Test func aConfigurationFileFillsInWhatFlagsLeaveOpen() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/c.json"
      try FileAccess.write(
        """
        {"task": "csv", "learning-rate": 0.5, "hidden": [4, 2], "target": 7, "lookahead": true, "steps": 10,
         "seed": 18446744073709551615, "data": null, "optimizer": "sgd", "input": {"features": 3}}
        """, to: path)
      let read = try arguments("--config \(path) --learning-rate 0.25 --epochs 3")
      #expect(read.words == ["csv"])
      #expect(read[FitOptions.learningRate] == 0.25)
      #expect(read[CSVTask.target] == "7")
      #expect(FitOptions.modelSettings.compactMap { read[$0] } == ["4,2"])
      #expect(read[FitOptions.lookahead])
      #expect(read[FitOptions.seed] == .max)
      #expect(read[CSVTask.dataOption] == nil)
      // A flag also wins over the alternative in the file.
      #expect(read[FitOptions.epochs] == 3 && !read.values.contains(FitOptions.steps))
    }
  }

  @Test(arguments: [
    ("{\"learnin-rate\": 1}", "unknown option 'learnin-rate'; did you mean 'learning-rate'?"),
    ("{\"learning-rate\": \"abc\"}", "--learning-rate: 'abc' is not a number above 0"),
    ("{\"reproducible\": 1}", "--reproducible: '1' is not true or false"),
    ("{\"force\": true}", "--force can only be given on the command line"),
    ("{\"threads\": {}}", "--threads: '{}' is not a whole number from 1 to 256"),
    ("{\"task\": \"xor\"}", "is for the task 'xor', not 'csv'"),
    ("[1]", "is not a JSON object of options: an object is expected, not an array"),
    ("{", "is not a JSON object of options: the text is not valid JSON: '\"' expected at byte 1"),
    (
      "{\n  \"steps\": 5,\n}",
      "is not a JSON object of options: the text is not valid JSON: '\"' expected at line 3, column 1"
    ),
    (
      "{\"steps\": 5, \"steps\": 6}",
      "is not a JSON object of options: the text is not valid JSON: "
        + "'steps' is there twice, again at byte 21"
    ),
  ])
  func rejectsConfigurationFiles(content: String, message: String) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/c.json"
      try FileAccess.write(content, to: path)
      #expect(throws: UsageError("\(path): \(message)")) {
        try arguments("csv --config \(path)")
      }
    }
  }

  /// An option with a name that several tasks use takes the same values with each.
  @Test func optionsOfOneNameTakeTheSameValues() {
    for options in Dictionary(grouping: FitOptions.all, by: \.name).values {
      #expect(Set(options.map(\.kind.description)).count == 1 || options[0].name == "data")
    }
  }

  @Test func helpListsEveryOptionWithinALine() {
    let help = Help.text(usage: "train fit TASK", summary: "Trains.", groups: FitOptions.groups)
    for option in FitOptions.all { #expect(help.contains("  --\(option.name)")) }
    #expect(help.contains("--schedule NAME(...)"))
    for line in help.split(separator: "\n") { #expect(line.count <= 100) }
  }

  @Test(arguments: [
    ("fti", "fit"), ("fit", "fit"), ("resum", "resume"), ("evaluat", "evaluate"), ("zzz", nil),
    ("", nil),
  ])
  func nearestSpelling(word: String, expected: String?) {
    #expect(Suggestion.nearest(to: word, in: ["fit", "resume", "evaluate", "list"]) == expected)
  }
}
