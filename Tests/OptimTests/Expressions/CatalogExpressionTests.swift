import TestSupport
import Foundation
import Testing

/// A catalog of a user.
private enum ShapeCatalog: Catalog {
  typealias Context = Double
  typealias Product = [String]
  static let noun = "a shape"
  static let entries = [
    Entry(
      "polygon", "corners",
      settings: [
        CatalogSetting("corners", nil, .counts(from: 3)),
        CatalogSetting("scales", "1-0.5", .numbers(NumberBounds(0))),
        CatalogSetting("turn", "auto", .auto(or: .number(above: 0, below: 1))),
        CatalogSetting("path", "0:1", .points),
      ]
    ) { request in
      let turn = request.isAuto("turn") ? "auto" : "\(request.number("turn"))"
      return ["\(request.context)", "\(request.counts("corners"))", "\(request.numbers("scales"))"]
        + [turn, "\(request.points("path").map { "\($0.step)@\($0.factor)" })"]
    },
    Entry("both", "two shapes", around: 2) { $0.inner[0] + $0.inner[1] },
  ]
}

struct CatalogExpressionTests {
  private typealias Shape = CatalogExpression<ShapeCatalog>

  @Test func aCatalogOfAUserIsRead() throws {
    let text = "both(polygon(corners=3-4, scales=1e-3-2-1E-1, turn=0.5, path=0:1e-2-7:0.5),"
    let shape = try Shape(text + " polygon(corners=5))")
    #expect(
      shape.make(2) == [
        "2.0", "[3, 4]", "[0.001, 2.0, 0.1]", "0.5", #"["0@0.01", "7@0.5"]"#, "2.0", "[5]",
        "[1.0, 0.5]", "auto", #"["0@1.0"]"#,
      ])
    #expect(shape.outline == "both(polygon, polygon)")
    #expect(
      ShapeCatalog.entries[0].settings.map(\.description)
        == ["corners=N-N-...", "scales=1-0.5", "turn=auto", "path=0:1"])
    let data = try JSONEncoder().encode([shape])
    #expect(try JSONDecoder().decode([Shape].self, from: data) == [shape])
  }

  @Test func defaultsAreSetWhereNothingWasGiven() throws {
    var shape = try Shape("polygon(corners=3)")
    shape.setDefault("corners", to: "4")
    shape.setDefault("turn", to: "0.5")
    shape.setDefault("radius", to: "1")
    #expect(shape.description == "polygon(corners=3, turn=0.5)")
    shape.set("turn", to: nil)
    #expect(shape.value(of: "turn") == "auto" && shape.value(of: "radius") == nil)
  }

  @Test(arguments: [
    ("circle", 1, "'circle' is not a shape"),
    ("polygon", 1, "polygon needs the setting corners, as in polygon(corners=3)"),
    ("polygon(corners=2)", 17, "'2' is not a list, joined by '-', of whole numbers of at least 3"),
    ("polygon(corners=3-)", 17, "corners: '3-' is not a list"),
    ("polygon(corners=3, scales=1--2)", 27, "scales: '1--2' is not a list, joined by '-'"),
    ("polygon(corners=3, turn=1)", 25, "'1' is not a number above 0 and below 1, or auto"),
    ("polygon(corners=3, path=1:1-1:2)", 25, "STEP:FACTOR with ascending steps"),
    ("polygon(corners=3, path=1)", 25, "such as 0:1-500:0.1"),
    ("both(polygon(corners=3))", 1, "as in both(polygon(corners=3), polygon(corners=3))"),
    (
      String(repeating: "both(", count: 100), 321, "more than 64 levels of parentheses"
    ),
  ])
  func errorsPointAtTheColumn(_ text: String, _ column: Int, _ message: String) {
    let error = #expect(throws: ExpressionError.self) { try Shape(text) }
    #expect(error?.column == column)
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }
}
