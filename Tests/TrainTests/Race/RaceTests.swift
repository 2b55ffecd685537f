import Foundation
import Optim
import TestSupport
import Testing
import Training

@testable import Train

#if canImport(FoundationXML)
  import FoundationXML
#endif

struct RaceTests {
  private func race(
    _ name: String, _ optimizers: String, rates: RaceRates = .searched, steps: Int = 200,
    distance: Double = 0.01, noise: Double = 0, seed: UInt64 = 0, start: SIMD2<Double>? = nil
  ) throws -> Race {
    var function = try #require(RaceFunction.all.first { $0.name == name })
    if let start { function = function.starting(at: start) }
    let rules = RaceRules(
      optimizers: try OptimizerExpression.list(optimizers), rates: rates, steps: steps,
      distance: distance, noise: noise, seed: seed)
    return try #require(Race(on: function, rules, isInterrupted: { false }))
  }

  /// Rates at which the optimizers are known to arrive.
  @Test(arguments: [
    ("bowl", "sgd", 0.2), ("bowl", "adam", 0.1), ("valley", "momentum", 0.01),
    ("rosenbrock", "adam", 0.5), ("beale", "momentum", 0.005), ("himmelblau", "sgd", 0.01),
    ("himmelblau", "lookahead(adam)", 0.5), ("saddle", "sgd", 0.1), ("saddle", "rmsprop", 0.01),
    ("rastrigin", "sgd", 0.001),
  ])
  func optimizersReachAMinimum(function: String, optimizer: String, rate: Double) throws {
    // Rastrigin's function only from within the hollow of its minimum.
    let race = try race(
      function, optimizer, rates: .fixed(rate), steps: 600,
      start: function == "rastrigin" ? [0.3, -0.2] : nil)
    let path = race.racers[0].path
    #expect(path.rate == rate)
    // Paths are not written into failures.
    let (arrival, count, start) = (path.arrival ?? 0, path.points.count, path.points[0])
    #expect(arrival > 0 && arrival < 600, "ends at \(path.points[count - 1])")
    #expect(abs(path.value - race.landscape.value(at: race.landscape.minima[0])) < 0.05)
    #expect(count == 601 && start == race.landscape.start)
  }

  @Test func aStepOfGradientDescentIsTheGradientTimesTheRate() throws {
    let race = try race("bowl", "sgd", rates: .fixed(0.125), steps: 2, start: [1, 1])
    #expect(race.racers[0].path.points == [[1, 1], [0.75, 0.5], [0.5625, 0.25]])
  }

  @Test func theSearchFindsTheFastestRungAndKeepsItsNeighbors() throws {
    let race = try race("bowl", "sgd,adam", steps: 60)
    for racer in race.racers {
      let arrivals = racer.paths.map { $0.arrival ?? .max }
      #expect(arrivals[racer.best] == arrivals.min())
      #expect(racer.best >= RaceRates.reach && racer.best + RaceRates.reach < racer.paths.count)
      #expect(racer.paths.map(\.rate) == racer.paths.map(\.rate).sorted())
      for shift in -RaceRates.reach...RaceRates.reach where shift != 0 {
        let ratio = racer.paths[racer.best + shift].rate / racer.path.rate
        #expect(abs(log10(ratio) - Double(shift) / 3) < 0.1)
      }
    }
    // x shrinks by 1 − 2η and y by 1 − 4η: of 0.2 and 0.5 only the first reaches 0.
    #expect(race.racers[0].path.rate == 0.2)
  }

  @Test func rungsAreOneTwoAndFive() {
    let rungs = (-4...4).map(RaceRates.rung)
    for (rung, rate) in zip(rungs, [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20]) {
      #expect(abs(rung / rate - 1) < 1e-12)
    }
  }

  @Test func aRateInTheExpressionIsKept() throws {
    let race = try race("bowl", "sgd(learning-rate=0.03),adam", rates: .fixed(0.1), steps: 5)
    #expect(race.racers.map(\.path.rate) == [0.03, 0.1])
  }

  /// The multiples of a rate that no number holds, and those that are 0, are left out.
  @Test(arguments: [1e308, 5e-324])
  func ratesStayNumbers(_ rate: Double) throws {
    let race = try race("bowl", "sgd", rates: .fixed(rate), steps: 2)
    #expect(race.racers[0].path.rate == rate)
    #expect(race.racers[0].paths.allSatisfy { $0.rate > 0 && $0.rate.isFinite })
    #expect(RaceViews(race).paths.allSatisfy { race.racers[0].paths.indices.contains($0[0]) })
    expectWellFormed(RacePage.html(of: [race]))
  }

  @Test func anOptimizerThatKeepsItsRateHasNoneOfTheList() throws {
    let rates = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    let race = try race("bowl", "sgd(learning-rate=0.03)", rates: .list(rates), steps: 2)
    let best = race.racers[0].best
    #expect(RaceViews(race).paths == Array(repeating: [best], count: 8))
  }

  @Test func ofAListTheBestIsTaken() throws {
    let race = try race("bowl", "sgd", rates: .list([0.1, 0.001, 0.2]), steps: 60)
    #expect(race.racers[0].paths.map(\.rate) == [0.001, 0.1, 0.2])
    #expect(race.racers[0].path.rate == 0.2)
    let views = RaceViews(race)
    #expect(views.paths == [[2], [0], [1], [2]] && views.standard == 0)
    #expect(views.names[1] == "0.001 for all")
  }

  @Test func whatDivergesEndsEarly() throws {
    let race = try race("rosenbrock", "sgd", rates: .fixed(1), steps: 50)
    let path = race.racers[0].path
    #expect(path.isDiverged && path.arrival == nil && path.points.count < 10)
    #expect(path.points.allSatisfy { $0.x.isFinite && $0.y.isFinite })
    expectWellFormed(RacePage.html(of: [race]))
  }

  @Test func arrivalIsWhereAPathStays() {
    func arrival(_ x: [Double]) -> Int? {
      RacePath(
        rate: 1, points: x.map { SIMD2($0, 0) }, value: 0, isDiverged: false,
        domain: RaceDomain(x: 0...5, y: 0...1), minima: [[0, 0], [5, 0]], distance: 0.5
      ).arrival
    }
    #expect(arrival([3, 2, 0.2, 1, 0.5, 0.1]) == 4)
    #expect(arrival([3, 2, 4.5, 5]) == 2)
    #expect(arrival([0, 0.4]) == 0)
    #expect(arrival([0, 0.4, 0.6]) == nil)
  }

  @Test func theSeedDecidesTheNoise() throws {
    let points = { seed in
      try self.race(
        "himmelblau", "adam", rates: .fixed(0.1), steps: 30, noise: 0.5, seed: seed
      ).racers[0].path.points
    }
    let (first, again, other) = (try points(1), try points(1), try points(2))
    #expect(first == again && first != other)
    let quiet = try race("himmelblau", "adam", rates: .fixed(0.1), steps: 30)
    #expect(quiet.racers[0].path.points != first)
  }

  /// Every optimizer of the catalog in its shortest expression.
  @Test func allOptimizersRace() throws {
    let expressions = OptimizerCatalog.entries.map(\.example).joined(separator: ",")
    let race = try race("saddle", expressions, rates: .fixed(0.01), steps: 12)
    #expect(race.racers.count == OptimizerCatalog.entries.count)
    // The averages and slow weights of these have not moved yet.
    let resting = ["swa", "diloco", "snoo", "fedavg"]
    for racer in race.racers where !resting.contains(where: racer.name.hasPrefix) {
      #expect(racer.path.points.last != race.landscape.start, "\(racer.name)")
      #expect(racer.paths[6].points != racer.paths[0].points, "\(racer.name): the rate")
    }
  }

  @Test func eachStepAsksForAnInterrupt() throws {
    let rules = RaceRules(
      optimizers: try OptimizerExpression.list("sgd"), rates: .fixed(0.1), steps: 30, distance: 1,
      noise: 0, seed: 1)
    let landscape = try #require(RaceFunction.all.first { $0.name == "bowl" })
    var calls = 0
    let race = Race(
      on: landscape, rules,
      isInterrupted: {
        calls += 1
        return calls == 20
      })
    #expect(race == nil && calls == 20)
  }

  // MARK: - The page

  @discardableResult
  private func expectWellFormed(
    _ text: String, sourceLocation: SourceLocation = #_sourceLocation
  ) -> ElementReader {
    let reader = ElementReader()
    let parser = XMLParser(data: Data(text.utf8))
    parser.delegate = reader
    #expect(
      parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "")", sourceLocation: sourceLocation)
    for value in reader.values {
      #expect(!value.contains("nan") && !value.contains("inf"), sourceLocation: sourceLocation)
    }
    return reader
  }

  @Test func pagesAndPicturesAreWellFormed() throws {
    let races = try RaceFunction.all.map {
      try race($0.name, "sgd,lookahead(adamw)", rates: .fixed(0.01), steps: 20)
    }
    let page = RacePage.html(of: races)
    let reader = expectWellFormed(page)
    #expect(reader.count["script"] == 1)
    for race in races {
      let picture = expectWellFormed(RacePlot(race, RaceViews(race)).svg)
      #expect(picture.count["polyline"] == 2 && picture.count["script"] == nil)
    }
    // Nothing is loaded from elsewhere.
    #expect(!page.replacing("http://www.w3.org/", with: "").contains("http"))
    #expect(page.utf8.count < 1_000_000)
    // Without scripts nothing is shown that needs one.
    #expect(page.contains("<div class=\"controls\" hidden=\"hidden\">"))
    #expect(!RaceScript.source.contains("<") && !RaceScript.source.contains("&"))
  }

  @Test func thePageHoldsThePathsOfAllRates() throws {
    let race = try race("bowl", "sgd", rates: .fixed(0.1), steps: 4, start: [1, 0])
    let reader = expectWellFormed(RacePage.html(of: [race]))
    let lines = try #require(reader.attributes["polyline"]?.first)
    let paths = try #require(lines["data-paths"]).split(separator: "|")
    #expect(paths.count == 7)
    // From 430 pixels for 4 units: x = 42 + 107.5 · (x + 2), in tenths, and then differences.
    let numbers = paths[3].split(separator: " ").compactMap { Int($0) }
    #expect(numbers.prefix(2) == [3645, 2010])
    let x = [1, 0.8, 0.64, 0.512, 0.4096].map { Int((420 + 1075 * ($0 + 2)).rounded()) }
    #expect(numbers.dropFirst(2) == zip(x.dropFirst(), x).flatMap { [$0 - $1, 0] }[...])
    let cells = try #require(lines["data-cells"]).split(separator: "|")
    #expect(cells[3].hasPrefix("0.1;–;") && cells[6].hasPrefix("1;–;"))
  }

  @Test func resultsHoldEveryRate() throws {
    let race = try race("bowl", "sgd", rates: .list([0.1, 0.2]), steps: 60)
    let text = try JSONText.encode(RaceResults(race))
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    let optimizers = try #require(object?["optimizers"] as? [[String: Any]])
    #expect((optimizers[0]["tried"] as? [Any])?.count == 2)
    #expect((optimizers[0]["best"] as? [String: Any])?["learningRate"] as? Double == 0.2)
  }
}

/// The elements of a document and their attributes.
private final class ElementReader: NSObject, XMLParserDelegate {
  var count: [String: Int] = [:]
  var attributes: [String: [[String: String]]] = [:]
  /// The values of attributes that hold numbers.
  var values: [String] = []

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    count[name, default: 0] += 1
    self.attributes[name, default: []].append(attributes)
    values +=
      attributes.filter { ["points", "d", "x", "y", "cx", "data-paths"].contains($0.key) }
      .values
  }
}
