import Foundation
import TestSupport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

private func curve(_ name: String, _ values: [Double]) -> LinePlot.Curve {
  LinePlot.Curve(
    name: name, points: values.enumerated().map { (Double($0.offset * 10), $0.element) })
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
