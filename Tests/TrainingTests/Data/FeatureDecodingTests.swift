import TestSupport
import Testing

struct FeatureDecodingTests {
  @Test func featuresAreReadAsTheValuesOfTheTable() throws {
    let many = (0..<40).map { "c\($0)" }
    let lines = (0..<80).map { row in
      "\(Double(row) / 4),\(row % 5 == 0 ? "" : "\(row)"),\(row % 2 == 0 ? "red" : ""),\(many[row % 40]),\(row % 3)"
    }
    let rows = try table("a,b,color,name,y", lines)
    let encoder = try FeatureEncoder(fitting: rows, target: "y", rows: Array(0..<80))
    let features = try encoder.features(of: rows, rows: Array(0..<80))
    for row in [0, 1, 39, 79] {
      let texts = encoder.texts(of: features[row * encoder.width..<(row + 1) * encoder.width])
      #expect(Double(texts[0]) == Double(row) / 4)
      #expect(texts[1] == (row % 5 == 0 ? "missing" : "\(row)"))
      #expect(texts[2] == (row % 2 == 0 ? "red" : "missing") && texts[3] == many[row % 40])
    }
  }
}
