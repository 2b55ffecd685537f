import Foundation
import Optim
import TestSupport
import Testing
import Training

#if canImport(FoundationXML)
  import FoundationXML
#endif

private func curve(_ name: String, _ values: [Double]) -> LinePlot.Curve {
  LinePlot.Curve(
    name: name, points: values.enumerated().map { (Double($0.offset * 10), $0.element) })
}

/// Counts elements and collects the texts of an XML document.
private final class SVGReader: NSObject, XMLParserDelegate {
  var elements: [String: Int] = [:]
  var text = ""
  var lines: Set<String> { Set(text.split(separator: "\n").map(String.init)) }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    elements[name, default: 0] += 1
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string + "\n" }
}

struct LinePlotTests {
  private let plot = LinePlot(
    title: "a < b & \"c\"",
    curves: [
      curve("train", (0..<50).map { 1 / Double($0 + 1) }),
      curve("validation", (0..<50).map { 1 / Double($0 + 1) + 0.1 }),
    ])

  @Test func theSVGIsWellFormedAndLabelled() {
    let parser = XMLParser(data: Data(plot.svg().utf8))
    let reader = SVGReader()
    parser.delegate = reader
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    #expect(reader.elements["svg"] == 1 && reader.elements["polyline"] == 2)
    #expect(
      reader.lines.isSuperset(
        of: ["train", "validation", "step", "loss (log scale)", "0.1", "100"]))
    #expect(plot.svg().contains("prefers-color-scheme: dark"))
  }

  @Test(arguments: [
    [], [curve("train", [])], [curve("train", [0.5])], [curve("train", [0.5, .nan, .infinity])],
    [curve("train", [0, 0, 0])], [curve("train", [-3, 1e30])],
  ])
  func oddCurvesStillMakeADocument(_ curves: [LinePlot.Curve]) {
    let plot = LinePlot(title: "odd", curves: curves)
    let svg = plot.svg()
    #expect(XMLParser(data: Data(svg.utf8)).parse())
    #expect(!svg.contains("nan") && !svg.contains("inf\""))
    #expect(plot.terminalText().split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test func theTerminalPlotFitsItsWidthAndShowsBothCurves() {
    for width in [60, 80, 133] {
      let lines = plot.terminalText(width: width, height: 10).split(separator: "\n")
      #expect(lines.count == 13)
      #expect(lines.allSatisfy { $0.count <= width })
      let drawing = lines.joined()
      #expect(drawing.contains("○"))
      #expect(drawing.unicodeScalars.contains { (0x2801...0x28FF).contains($0.value) })
      #expect(!drawing.unicodeScalars.contains { $0.value < 0x20 })
    }
  }

  @Test func aStraightLineIsDrawnStraight() {
    let plot = LinePlot(title: "line", curves: [curve("train", [0, 1, 2, 3, 4, 5, 6, 7])])
    let lines = plot.terminalText(width: 20, height: 4).split(separator: "\n").map(String.init)
    #expect(lines.count == 7 && lines[0] == "line: ⠒ train")
    // From the lower left to the upper right, one step at a time.
    let heights = (0..<4).map { row in lines[1 + row].count }
    #expect(heights == heights.sorted(by: >))
  }
}

struct SchedulePlotTests {
  @Test func thePlotIsADocumentOfItsOwnWithLabelledAxes() {
    let parser = XMLParser(
      data: Data(OneCycle(peak: 0.02, total: 1000).plot(steps: 1000).utf8))
    let reader = SVGReader()
    parser.delegate = reader
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    #expect(reader.elements["svg"] == 1 && reader.elements["polyline"] == 1)
    // A legend would repeat the axis, and cover what lies high.
    #expect(reader.text.split(separator: "\n").filter { $0 == "learning rate" }.count == 1)
    #expect(
      reader.lines.isSuperset(
        of: ["learning rate over 1000 steps", "learning rate", "step", "0", "0.02", "800"]))
    let momentum = OneCycle(peak: 0.02, total: 9).momentum.plot(steps: 9, quantity: "momentum")
    #expect(momentum.contains(">momentum over 9 steps<"))
    #expect(momentum.contains("prefers-color-scheme: dark") && !momentum.contains("href"))
    // One step, and a value of 0, make a plot too.
    for schedule in [ConstantRate(0), ConstantRate(1)] {
      let svg = schedule.plot(steps: 1)
      #expect(XMLParser(data: Data(svg.utf8)).parse() && !svg.contains("nan"))
    }
  }

  @Test(arguments: [
    (LinearRamp(from: 0, to: 7, over: 7) as any Schedule, 8, 60, "▁▂▃▄▅▆▇█ 0 to 7"),
    (LinearRamp(from: 7, to: 0, over: 7), 8, 4, "█▆▃▁ 0 to 7"),
    (ConstantRate(0.25), 5, 60, "▅▅▅▅▅ 0.25 to 0.25"),
    (StepDecay(peak: 1, every: 5), 10, 3, "█▆▁ 0.1 to 1"),
    (PiecewiseConstant([(0, 1), (1, 3)]), 1_000_003, 2, "██ 1 to 3"),
  ])
  func theSparklineHasABlockForEachPart(
    _ schedule: any Schedule, steps: Int, width: Int, expected: String
  ) {
    #expect(schedule.sparkline(steps: steps, width: width) == expected)
  }

  @Test func aPlotNeedsSteps() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ConstantRate(1).plot(steps: 0)
    }
    expectMessage("a plot of 0 steps of a schedule", of: result)
  }
}

struct AxisTests {
  struct Case: Sendable {
    let values: [Double]
    let isLogarithmic: Bool
    let ticks: [Double]
  }

  @Test(arguments: [
    Case(values: [0, 10], isLogarithmic: false, ticks: [0, 2, 4, 6, 8, 10]),
    Case(values: [0.01, 1], isLogarithmic: true, ticks: [0.01, 0.1, 1]),
    Case(values: [1e-6, 1], isLogarithmic: true, ticks: [1e-6, 1e-4, 1e-2, 1]),
    Case(values: [-1, 100], isLogarithmic: false, ticks: [0, 50, 100]),
    Case(values: [3, 3], isLogarithmic: false, ticks: [2, 3, 4]),
    Case(values: [0, 0], isLogarithmic: false, ticks: [-1, -0.5, 0, 0.5, 1]),
    Case(values: [], isLogarithmic: false, ticks: [0, 0.2, 0.4, 0.6, 0.8, 1]),
  ])
  func ticksAreRound(_ sample: Case) {
    let axis = Axis(showing: sample.values, tickCount: 5, logarithmic: true)
    #expect(axis.isLogarithmic == sample.isLogarithmic)
    #expect(axis.ticks.map { Format.number($0) } == sample.ticks.map { Format.number($0) })
    #expect(axis.position(of: axis.range.lowerBound) == 0)
    #expect(abs(axis.position(of: axis.range.upperBound) - 1) < 1e-12)
  }
}
