/// Tables for a terminal.
enum TextTable {
  /// A table of text with a line under the header; the first column is aligned left, the others
  /// right.
  static func text(_ header: [String], _ rows: [[String]]) -> String {
    let (header, rows) = (
      header.map(PrintableText.inLine), rows.map { $0.map(PrintableText.inLine) }
    )
    let widths = header.indices.map { column in
      ([header] + rows).map { $0[column].count }.max() ?? 0
    }
    func line(_ cells: [String]) -> String {
      cells.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + padding : padding + cell
      }.joined(separator: "  ")
    }
    let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
    return ([line(header), rule] + rows.map(line)).joined(separator: "\n")
  }
}
