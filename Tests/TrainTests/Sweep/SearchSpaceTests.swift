import Testing

@testable import Train

/// How the settings of a sweep and their ranges are read, and the values that they stand for.
struct SearchSpaceTests {
  @Test func readsSettingsWithNestedValues() throws {
    let space = try SearchSpace(
      " learning-rate = log(1e-4, 1e-1)\t--hidden={32-32,64-64}\n"
        + "optimizer=choice(adamw, lookahead(adamw, sync-period=5), sgd(momentum=0.9))")
    #expect(space.names == ["learning-rate", "hidden", "optimizer"])
    #expect(
      space.settings[0].range
        == .numbers(
          NumberRange(low: 1e-4, high: 0.1, isLogarithmic: true, isWhole: false, count: nil)))
    #expect(space.settings[1].range == .choice(["32-32", "64-64"]))
    #expect(
      space.settings[2].range
        == .choice(["adamw", "lookahead(adamw, sync-period=5)", "sgd(momentum=0.9)"]))
    #expect(try SearchSpace(space.text) == space)
  }

  @Test(arguments: [
    ("a=log(1e-4,1e-1)", 4, ["0.0001", "0.001", "0.01", "0.1"]),
    ("a=log(1e-4,1e-1,2)", 4, ["0.0001", "0.1"]),
    ("a=linear(0,1)", 5, ["0", "0.25", "0.5", "0.75", "1"]),
    ("a=uniform(-1,1)", 3, ["-1", "0", "1"]),
    ("a=int(1,4)", 10, ["1", "2", "3", "4"]),
    ("a=int(8,64)", 3, ["8", "36", "64"]),
    ("a=log-int(1,1000)", 4, ["1", "10", "100", "1000"]),
    ("a=choice(x,y(1,2))", 3, ["x", "y(1,2)"]),
    // Enough digits to tell the values apart.
    ("a=linear(0.99999,1)", 3, ["0.99999", "0.999995", "1"]),
  ])
  func gridValues(_ text: String, points: Int, values: [String]) throws {
    #expect(try SearchSpace(text).settings[0].range.grid(points) == values)
  }

  @Test(arguments: [
    "a=log(1e-4,1e-1)", "a=linear(-3,0.5)", "a=int(3,9)", "a=log-int(2,300)", "a=log(0.3,0.30001)",
    "a=linear(100000,100001)",
  ])
  func valuesLieWithinTheRange(_ text: String) throws {
    let range = try SearchSpace(text).settings[0].range
    guard case .numbers(let numbers) = range else { return }
    var seen: Set<String> = []
    for index in 0..<1000 {
      let text = range.value(at: Double(index) / 1000)
      let value = try #require(Double(text))
      #expect(value >= numbers.low && value <= numbers.high)
      if numbers.isWhole { #expect(Int(text) != nil) }
      seen.insert(text)
    }
    #expect(seen.count >= (numbers.isWhole ? min(Int(numbers.high - numbers.low) + 1, 150) : 500))
  }

  /// Each value of a list has the same share of the positions.
  @Test func listsAreEvenlyDrawn() throws {
    for text in ["a=choice(x,y,z)", "a=int(1,3)", "a=log(1,100,3)"] {
      let range = try SearchSpace(text).settings[0].range
      let counts = Dictionary(
        grouping: (0..<300).map { range.value(at: (Double($0) + 0.5) / 300) }, by: \.self
      ).mapValues(\.count)
      #expect(counts.count == 3 && counts.values.allSatisfy { $0 == 100 }, "\(text)")
    }
  }

  @Test(arguments: [
    ("", "there is no setting, such as learning-rate=log(1e-4,1e-1)"),
    ("a", "'a' has no range, as in learning-rate=log(1e-4,1e-1)"),
    ("a b=int(1,2)", "'a' has no range, as in learning-rate=log(1e-4,1e-1)"),
    ("a=", "'a' has no range, as in learning-rate=log(1e-4,1e-1)"),
    ("=log(1,2)", "'=log(1,2)' has no name, as in learning-rate=log(1e-4,1e-1)"),
    ("a=1", "a: '1' is not a range; for a list write choice(1)"),
    ("a=1,2", "a: '1,2' is not a range; for a list write choice(1,2)"),
    ("a=lg(1,2)", "a: 'lg' is not a kind of range; did you mean 'log'?"),
    (
      "a=frobnicate(1,2)",
      "a: 'frobnicate' is not a kind of range; there are: log, linear, uniform, int, log-int,"
        + " choice"
    ),
    ("a=log(2,1)", "a: the range is empty, because 2 is not below 1"),
    ("a=int(3,3)", "a: the range is empty, because 3 is not below 3"),
    ("a=log(0,1)", "a: '0' has no logarithm; the bounds must be above 0"),
    ("a=log(1)", "a: log takes two bounds and perhaps a count: log(1,8)"),
    ("a=log(1,2,3,4)", "a: log takes two bounds and perhaps a count: log(1,8)"),
    ("a=log(1,x)", "a: 'x' is not a number"),
    ("a=log(1,nan)", "a: 'nan' is not a number"),
    ("a=log(1,inf)", "a: 'inf' is not a number"),
    ("a=int(1,2.5)", "a: '2.5' is not a whole number"),
    ("a=int(1,1e3)", "a: '1e3' is not a whole number"),
    (
      "a=int(1,9223372036854775807)",
      "a: '9223372036854775807' is too large; whole numbers go up to 9007199254740992"
    ),
    (
      "a=int(1,99999999999999999999)",
      "a: '99999999999999999999' is too large; whole numbers go up to 9007199254740992"
    ),
    ("a=log(1,1e999)", "a: '1e999' is too large"),
    ("a=linear(-1.7e308,1.7e308)", "a: the range is too wide"),
    ("a=log(1,2,1)", "a: '1' is not a count from 2 to 10000"),
    ("a=log(1,2,1000000)", "a: '1000000' is not a count from 2 to 10000"),
    ("a=choice()", "a: a value is empty"),
    ("a={x,,y}", "a: a value is empty"),
    ("a=choice(x,x)", "a: x is given twice"),
    ("a=choice(x", "a: a ')' is missing"),
    ("a=choice(x))", "a: ')' closes nothing"),
    ("a=choice(x}", "a: '}' closes nothing"),
    ("a=int(1,2) a=int(1,2)", "a is given twice"),
  ])
  func rejects(_ text: String, _ message: String) {
    #expect(throws: UsageError(message)) { try SearchSpace(text) }
  }

  /// A number of any kind in any place is a value or a message, never a trap.
  @Test func anyNumbersAreReadOrRefused() throws {
    let numbers = [
      "0", "-0", "1", "-1", "1e-320", "1e-300", "1e300", "1.7e308", "-1.7e308", "0.1", "1e19",
      "9007199254740992", "-9007199254740992", "0x10", "1e", "",
    ]
    for function in ["log", "linear", "int", "log-int"] {
      for low in numbers {
        for high in numbers {
          guard let space = try? SearchSpace("a=\(function)(\(low),\(high))") else { continue }
          let range = space.settings[0].range
          for text in range.grid(7) + range.samples + [range.value(at: 0.999999)] {
            let value = try #require(Double(text))
            #expect(value.isFinite, "\(function) \(low) \(high)")
          }
        }
      }
    }
  }

  @Test func givenSeveralTimesTheSettingsAreJoined() throws {
    let arguments = try Arguments(
      ["--over", "learning-rate=log(1,2)", "--over", "hidden=choice(8,16)"],
      options: SweepOptions.groups.flatMap(\.options))
    #expect(arguments[SweepOptions.over]?.names == ["learning-rate", "hidden"])
    #expect(throws: UsageError("--over: hidden is given twice")) {
      try Arguments(
        ["--over", "hidden=choice(4)", "--over=hidden=choice(8,16)"],
        options: SweepOptions.groups.flatMap(\.options))
    }
  }
}
