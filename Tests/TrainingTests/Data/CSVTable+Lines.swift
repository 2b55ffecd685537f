import TestSupport

/// Returns a table with a header and lines, which are repeated to make `count` rows.
func table(_ header: String, _ lines: [String], count: Int? = nil) throws -> CSVTable {
  let rows = (0..<(count ?? lines.count)).map { lines[$0 % lines.count] }
  return try CSVTable(bytes: Array(([header] + rows).joined(separator: "\n").utf8), file: "t.csv")
}
