import Foundation
import TestSupport
import Testing
import Training

@testable import Train

struct RaceCommandTests {
  private func run(_ line: String) throws -> Int32 {
    let arguments = try Arguments.reading(
      line.split(separator: " ").map(String.init),
      options: RaceCommand.options.flatMap(\.options))
    return try RaceCommand.run(arguments)
  }

  @Test(arguments: [
    ("rosenbrok", "unknown function 'rosenbrok'; did you mean 'rosenbrock'?"),
    ("Himmelblau2", "unknown function 'Himmelblau2'; did you mean 'himmelblau'?"),
    ("bowl --start 1", "--start: '1' is not a point, two numbers with a comma between them"),
    (
      "bowl --start 1,inf", "--start: '1,inf' is not a point, two numbers with a comma between them"
    ),
    (
      "bowl --start 1,nan", "--start: '1,nan' is not a point, two numbers with a comma between them"
    ),
    ("bowl --optimizers sgd,sgd", "--optimizers: sgd is given twice"),
    ("bowl --around runs/a", "--around and the function 'bowl' exclude each other"),
    ("bowl --grid 5", "--grid is for --around"),
    ("bowl --rates 0.1 --learning-rate 1", "--learning-rate and --rates exclude each other"),
    (
      "bowl --optimizers sgd(nesterov=true)",
      "--optimizers: column 1: sgd: nesterov needs a momentum above 0 and no dampening"
    ),
  ])
  func misuseIsExplained(line: String, message: String) {
    #expect(throws: UsageError(message)) { try run(line) }
  }

  @Test func aFunctionThatResemblesNoneListsAll() throws {
    let error = #expect(throws: UsageError.self) { try run("quux") }
    for function in RaceFunction.all { #expect(error?.message.contains(function.name) ?? false) }
  }

  @Test func aRaceLeavesAPageAPictureAndResults() throws {
    try withTemporaryFolder { folder in
      let line = "saddle --steps 10 --rates 0.1 --quiet --out \(folder)/race"
      #expect(try run(line) == 0)
      let files = try FileManager.default.contentsOfDirectory(atPath: folder + "/race")
      #expect(files.sorted() == ["race.html", "race.json", "saddle.svg"])
      #expect(throws: TrainingError.self) { try run(line) }
      #expect(try run(line + " --force") == 0)
    }
  }
}
