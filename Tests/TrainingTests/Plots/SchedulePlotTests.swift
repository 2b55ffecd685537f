import Foundation
import TestSupport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

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
    expectMessage("schedule plot: steps must be at least 1, got 0", of: result)
  }
}
