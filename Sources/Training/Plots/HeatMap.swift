/// A grid of cells that are the darker, the larger their values.
package struct HeatMap {
  /// What is shown when the pointer is on a place.
  package enum Hints {
    /// A text for each cell.
    case cell((_ row: Int, _ column: Int) -> String)
    /// A text for each row, for grids of many cells.
    case row((_ row: Int) -> String)
  }

  /// The title.
  package var title: String
  /// The labels of the rows, from top to bottom; empty texts leave room.
  package var rows: [String]
  /// The labels of the columns.
  package var columns: [String]
  /// The values from 0 to 1, row after row; cells without a value are left out.
  package var values: [[Double?]]
  /// What is shown when the pointer is on a place.
  package var hints: Hints
  /// The texts in the cells, if they are shown.
  package var texts: [[String]]?
  /// The classes of a cell, which set its color.
  package var style: (_ row: Int, _ column: Int) -> String = { _, _ in "c0" }
  /// What the rows and the columns are.
  package var axes: (rows: String, columns: String)?
  /// The number of columns that a label may cover.
  package var labelSpan = 1
  /// The width and height of a cell.
  package var cell: (width: Double, height: Double)

  /// Creates a grid.
  package init(
    title: String, rows: [String], columns: [String], values: [[Double?]], hints: Hints,
    cell: (width: Double, height: Double) = (22, 22)
  ) {
    self.title = title
    self.rows = rows
    self.columns = columns
    self.values = values
    self.hints = hints
    self.cell = cell
  }

  /// Returns the grid as an image for a page whose style has ``PlotStyle/rules``.
  package func figure() -> String {
    let rowLabels = rows.map { SVG.shortened($0, to: 24) }
    let columnLabels = columns.map { SVG.shortened($0, to: 12) }
    // Labels that do not fit over their columns are turned.
    let widest = columnLabels.map(SVG.width(of:)).max() ?? 0
    let isTurned = widest > cell.width * Double(labelSpan) + 4
    let left = (rowLabels.map(SVG.width(of:)).max() ?? 0) + (axes == nil ? 8 : 26)
    let head = 28.0 + (axes == nil ? 0 : 16)
    let top = head + (widest == 0 ? 0 : isTurned ? widest * 0.86 + 8 : 18)
    let size = (
      width: Double(values.first?.count ?? 0) * cell.width,
      height: Double(values.count) * cell.height
    )
    var body: [String] = []
    for (row, label) in rowLabels.enumerated() where !label.isEmpty {
      let y = top + (Double(row) + 0.5) * cell.height + 4
      body.append(SVG.text(label, left - 5, y, anchor: "end"))
    }
    for (column, label) in columnLabels.enumerated() where !label.isEmpty {
      let x = left + (Double(column) + 0.5) * cell.width
      let place = "\(SVG.coordinate(x + 4)) \(SVG.coordinate(top - 5))"
      if isTurned {
        let text = SVG.text(label, x + 4, top - 5, anchor: "start")
        body.append("<g transform=\"rotate(-60 \(place))\">\(text)</g>")
      } else {
        body.append(SVG.text(label, x, top - 5))
      }
    }
    if let axes {
      let center = top + size.height / 2
      body.append(SVG.text(axes.columns, left + size.width / 2, head - 4, class: "small"))
      body.append(
        "<g transform=\"rotate(-90 10 \(SVG.coordinate(center)))\">"
          + "\(SVG.text(axes.rows, 10, center, class: "small"))</g>")
    }
    body.append(SVG.rectangle(left, top, size.width, size.height, class: "frame"))
    body += cells(left, top)
    let width = max(left + size.width + (isTurned ? widest * 0.5 : 8), SVG.width(of: title) * 1.2)
    return SVG.figure(
      width: width, height: top + size.height + 8, title: title, largestWidth: width * 1.15,
      ([SVG.text(title, 2, 16, anchor: "start", class: "title")] + body).joined(separator: "\n"))
  }

  private func cells(_ left: Double, _ top: Double) -> [String] {
    var body: [String] = []
    for (row, line) in values.enumerated() {
      let y = top + Double(row) * cell.height
      for (column, value) in line.enumerated() {
        guard let value, value > 0 else { continue }
        let x = left + Double(column) * cell.width
        var title: String?
        if case .cell(let hint) = hints { title = hint(row, column) }
        body.append(
          SVG.rectangle(
            x, y, cell.width, cell.height, class: "cell \(style(row, column))", opacity: value,
            title: title))
        if let text = texts?[row][column], !text.isEmpty {
          body.append(
            SVG.text(
              text, x + cell.width / 2, y + cell.height / 2 + 4,
              class: value > 0.55 ? "on passive" : "passive"))
        }
      }
      if case .row(let hint) = hints {
        body.append(
          SVG.rectangle(
            left, y, Double(line.count) * cell.width, cell.height, class: "hit", title: hint(row)))
      }
    }
    return body
  }
}
