import Training

/// Small charts of one size, which stand side by side on a page.
enum ChartPanel {
  /// The rectangle of the curves in a panel.
  static let frame = PlotFrame(left: 44, top: 30, right: 252, bottom: 140)

  /// Panels side by side, as many as fit.
  static func grid(_ panels: [String]) -> String {
    "<div class=\"panels\">\n\(panels.joined(separator: "\n"))\n</div>"
  }

  /// Invisible disks that say what they are when the pointer is on them.
  static func hits(_ places: [(x: Double, y: Double, hint: String)]) -> String {
    let disks = places.map { SVG.circle($0.x, $0.y, radius: 4, class: "hit", title: $0.hint) }
    return "<g class=\"c0\">\(disks.joined())</g>"
  }

  /// A panel with the axes around its content.
  static func figure(
    _ name: String, _ note: String, label: String, _ x: PlotAxis, _ y: PlotAxis, _ body: String
  ) -> String {
    let ticks = x.ticks.map {
      (position: x.position(of: $0), text: Format.number($0, digits: 5))
    }
    return figure(name, note, label: label, ticks: ticks, y, body)
  }

  /// A panel whose horizontal axis has labels at positions from 0 to 1.
  static func figure(
    _ name: String, _ note: String, label: String, ticks: [(position: Double, text: String)],
    _ y: PlotAxis, _ body: String
  ) -> String {
    var axes: [String] = []
    for tick in y.ticks {
      let position = frame.y(y.position(of: tick))
      axes.append(SVG.line(frame.left, position, frame.right, position, class: "grid-line"))
      axes.append(SVG.text(Format.number(tick), frame.left - 4, position + 3, anchor: "end"))
    }
    for tick in ticks {
      axes.append(SVG.text(tick.text, frame.x(tick.position), frame.bottom + 14))
    }
    axes.append(SVG.line(frame.left, frame.bottom, frame.right, frame.bottom, class: "axis"))
    let title = "\(name): \(label), \(note)"
    return SVG.figure(
      width: 264, height: 160, title: title, class: "panel",
      """
      \(axes.joined(separator: "\n"))
      \(body)
      \(SVG.text(SVG.shortened(name, to: 36), 4, 12, anchor: "start", class: "name"))
      \(SVG.text(note, 4, 25, anchor: "start"))
      """)
  }

  /// Bars below one another, each with its name above and a text at its end.
  static func bars(
    _ rows: [(name: String, value: Double, text: String)], label: String
  ) -> String {
    let largest = rows.map(\.value).filter(\.isFinite).max() ?? 0
    let lines = rows.enumerated().map { index, row in
      let top = Double(index) * 24
      let share = largest > 0 && row.value.isFinite ? max(row.value, 0) / largest : 0
      return SVG.text(row.name, 4, top + 10, anchor: "start", class: "name")
        + SVG.rectangle(
          4, top + 13, max(share * 300, 0.5), 7, class: "bar", title: "\(row.name): \(row.text)")
        + SVG.text(row.text, share * 300 + 10, top + 20, anchor: "start")
    }
    return SVG.figure(
      width: 480, height: Double(rows.count) * 24 + 4, title: label, class: "panel bars",
      lines.joined(separator: "\n"))
  }
}
