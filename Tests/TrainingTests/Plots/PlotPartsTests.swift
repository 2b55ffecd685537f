import Foundation
import TestSupport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

struct PlotPartsTests {
  @Test(
    arguments: [
      [], [100], [100, 100, 100], [0, 0, 500, 500], [300, 10, 12, 11, 200],
      Array(repeating: 50, count: 100),
    ] as [[Double]])
  func labelsAreSpreadInOrder(positions: [Double]) {
    let rows = LinePlot.spread(positions, distance: 14, within: 20...400)
    #expect(rows.count == positions.count)
    let order = positions.indices.sorted { (positions[$0], $0) < (positions[$1], $1) }
    let gap = min(14, 380 / Double(max(positions.count - 1, 1)))
    for (a, b) in zip(order, order.dropFirst()) { #expect(rows[b] - rows[a] > gap - 1e-9) }
    #expect(rows.allSatisfy { (20 - 1e-9...400 + 1e-9).contains($0) })
  }

  @Test func labelsThatFitStayWhereTheyAre() {
    #expect(LinePlot.spread([30, 90, 60], distance: 14, within: 20...400) == [30, 90, 60])
  }

  /// Python: `zlib.compress(rows, 0)` between chunks with `zlib.crc32`.
  @Test func imagesAreThoseOfZlib() {
    #expect(
      PNG.dataURI([0, 128, 255, 64, 32, 16], width: 3, height: 2)
        == "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAAAAAC4HznGAAAAE0lEQVR4AQEIAPf/AACA/wBAIBAJEwHwmtNdogAAAABJRU5ErkJggg=="
    )
    #expect(
      PNG.dataURI([255, 0, 0, 0, 0, 255], width: 2, height: 1)
        == "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAEklEQVR4AQEHAPj/AP8AAAAA/wcAAf9VNrrHAAAAAElFTkSuQmCC"
    )
  }

  @Test func gridsAndRidgesAreWellFormed() throws {
    var map = HeatMap(
      title: "a < b", rows: ["<r>", "s"], columns: ["a rather long name", "\u{1}&"],
      values: [[1, 0.5], [nil, 0]], hints: .cell { "\($0) & \($1)" })
    map.axes = (rows: "true", columns: "predicted")
    map.texts = [["3", "<"], ["", ""]]
    let ridges = RidgePlot(
      title: "w", horizontal: "weight",
      ridges: [
        .init(label: "step 1", histogram: Histogram(ofElementsOf: [Tensor([1, 2, 3])])),
        .init(label: "step 2", histogram: Histogram(ofElementsOf: [Tensor([2, 2])])),
        .init(label: "none", histogram: Histogram(ofElementsOf: [Tensor.zeros([0])])),
      ])
    for (figure, element, count) in [(map.figure(), "rect", 3), (ridges.figure(), "polygon", 2)] {
      let reader = SVGReader()
      let parser = XMLParser(data: Data(figure.utf8))
      parser.delegate = reader
      #expect(parser.parse(), "\(String(describing: parser.parserError))")
      #expect(reader.elements[element] == count)
      #expect(!figure.contains("nan") && !figure.contains("inf\""))
    }
  }

  @Test func curvesSayWhatTheirPointsAre() {
    let plot = LinePlot(
      title: "loss",
      curves: [
        .init(name: "none", points: []), .init(name: "train", points: [(0, 1), (10, 0.5)]),
      ])
    let svg = plot.svg()
    #expect(svg.contains("<title>train, step 10: loss 0.5</title>"))
    // The color is that of the second curve, also without the first.
    #expect(plot.curves.map(\.style) == [1] && svg.contains("curve c1 d1"))
  }
}
