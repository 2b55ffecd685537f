import Training

/// A self-contained page: it needs neither a network nor scripts, and follows the reader's choice
/// of a light or a dark background.
///
/// It is XHTML, so that a parser of XML can check it.
struct Page {
  /// The title, which is also the first heading.
  var title: String
  /// What follows the title, as XHTML.
  var parts: [String] = []

  init(title: String) { self.title = title }

  /// Appends a paragraph of text.
  mutating func add(paragraph text: String) { parts.append("<p>\(SVG.escaped(text))</p>") }

  /// Appends a heading, an explanation and what it is about; nothing if there is no content.
  mutating func add(section heading: String, _ note: String = "", _ content: [String?]) {
    let content = content.compactMap(\.self)
    guard !content.isEmpty else { return }
    parts.append("<h2>\(SVG.escaped(heading))</h2>")
    if !note.isEmpty { add(paragraph: note) }
    parts += content
  }

  /// The whole document.
  var html: String {
    """
    <!DOCTYPE html>
    <html lang="en" xmlns="http://www.w3.org/1999/xhtml">
    <head>
    <meta charset="utf-8"/>
    <meta name="viewport" content="width=device-width, initial-scale=1"/>
    <meta name="color-scheme" content="light dark"/>
    <title>\(SVG.escaped(title))</title>
    <style>
    \(Self.style)
    </style>
    </head>
    <body>
    <h1>\(SVG.escaped(title))</h1>
    \(parts.joined(separator: "\n"))
    </body>
    </html>

    """
  }

  /// Figures side by side, as many as fit.
  static func grid(_ figures: [String?], class name: String = "grid") -> String? {
    let figures = figures.compactMap(\.self)
    if figures.isEmpty { return nil }
    return "<div class=\"\(name)\">\n\(figures.joined(separator: "\n"))\n</div>"
  }

  /// A table whose cells are text; a wide one scrolls by itself.
  ///
  /// The first column is aligned left, the others right.
  static func table(_ header: [String], _ rows: [[String]], class name: String = "figures")
    -> String
  {
    table(
      header,
      rows.map { row in
        row.enumerated().map { column, cell in
          column == 0
            ? "<th scope=\"row\">\(SVG.escaped(cell))</th>" : "<td>\(SVG.escaped(cell))</td>"
        }
      }, ofCells: name)
  }

  /// A table of cells that are XHTML.
  static func table(_ header: [String], _ rows: [[String]], ofCells name: String) -> String {
    let heads = header.map { "<th scope=\"col\">\(SVG.escaped($0))</th>" }.joined()
    let lines = rows.map { "<tr>\($0.joined())</tr>" }.joined(separator: "\n")
    return """
      <div class="wide" role="region" aria-label="table" tabindex="0">
      <table class="\(name)">
      <thead><tr>\(heads)</tr></thead>
      <tbody>
      \(lines)
      </tbody>
      </table>
      </div>
      """
  }

  /// What is shown when its summary is opened; nothing if there is no content.
  static func details(_ summary: String, isOpen: Bool = false, _ content: [String?]) -> String? {
    let content = content.compactMap(\.self)
    if content.isEmpty { return nil }
    return """
      <details\(isOpen ? " open=\"open\"" : "")>
      <summary>\(SVG.escaped(summary))</summary>
      \(content.joined(separator: "\n"))
      </details>
      """
  }

  private static let style = """
    :root { color-scheme: light dark; \(PlotStyle.lightColors) }
    @media (prefers-color-scheme: dark) { :root { \(PlotStyle.darkColors) } }
    \(PlotStyle.rules)
    * { box-sizing: border-box; }
    body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); \
    max-width: 76rem; margin: 1rem auto; padding: 0 1rem; }
    h1 { font-size: 1.5rem; line-height: 1.25; overflow-wrap: anywhere; }
    h2 { font-size: 1.2rem; margin-top: 2rem; }
    h3 { font-size: 1rem; margin: 1rem 0 0.3rem; overflow-wrap: anywhere; }
    p { max-width: 46rem; overflow-wrap: anywhere; }
    code, pre { font: 13px/1.4 ui-monospace, monospace; }
    code { overflow-wrap: anywhere; }
    pre { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid var(--faint); \
    border-radius: 6px; padding: 0.6rem; margin: 0.5rem 0; max-width: 46rem; }
    mark { background: none; color: inherit; font-weight: 700; text-decoration: underline wavy \
    var(--c1); }
    summary { cursor: pointer; padding: 0.3rem 0; font-weight: 600; overflow-wrap: anywhere; }
    .wide { overflow-x: auto; max-width: 100%; background: \
    linear-gradient(to right, var(--paper) 40%, transparent) left / 2.5rem 100% no-repeat local, \
    linear-gradient(to left, var(--paper) 40%, transparent) right / 2.5rem 100% no-repeat local, \
    linear-gradient(to right, rgb(128 128 128 / 0.5), transparent) left / 0.9rem 100% no-repeat \
    scroll, \
    linear-gradient(to left, rgb(128 128 128 / 0.5), transparent) right / 0.9rem 100% no-repeat \
    scroll; }
    .wide tr > :first-child { position: sticky; left: 0; background: var(--paper); }
    table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; \
    margin: 0.5rem 0; }
    th, td { padding: 0.2rem 0.4rem; text-align: right; border-bottom: 1px solid var(--faint); \
    white-space: nowrap; }
    th { font-weight: 600; }
    table.figures td { white-space: normal; }
    thead th { vertical-align: bottom; white-space: normal; }
    tbody th { white-space: normal; min-width: 6rem; max-width: 16rem; overflow-wrap: break-word; }
    th:first-child { text-align: left; }
    table.words td, table.words th { text-align: left; white-space: normal; max-width: 28rem; \
    overflow-wrap: break-word; }
    .grid { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(26rem, \
    100%), 1fr)); align-items: start; }
    .small-grid { display: grid; gap: 0.8rem; grid-template-columns: repeat(auto-fill, \
    minmax(min(18rem, 100%), 1fr)); align-items: start; }
    .panels { display: grid; gap: 0.8rem; grid-template-columns: repeat(auto-fill, \
    minmax(min(15rem, 100%), 1fr)); }
    .tiles { display: grid; gap: 0.8rem; grid-template-columns: repeat(auto-fill, minmax(8.5rem, \
    1fr)); align-items: start; }
    figure { margin: 0; font-size: 13px; line-height: 1.3; overflow-wrap: anywhere; }
    img { width: 100%; max-width: 8.5rem; image-rendering: pixelated; border: 1px solid \
    var(--faint); display: block; }
    svg { width: 100%; height: auto; display: block; }
    svg.bars { max-width: 40rem; }
    .boundary { fill: none; stroke: var(--ink); stroke-width: 0.8; }
    .mark { fill: var(--own); stroke: var(--own); stroke-width: 1; }
    .legend .key { display: inline-block; width: 0.9rem; height: 0.9rem; vertical-align: -0.1rem; }
    .other { fill: none; stroke: var(--gray); stroke-opacity: 0.7; stroke-width: 0.7; }
    .own { --own: var(--c0); fill: none; stroke: var(--c0); stroke-width: 2; }
    .band { fill: var(--c0); fill-opacity: 0.22; stroke: none; }
    .bar { fill: var(--c0); }
    .target { stroke: var(--ink); stroke-dasharray: 4 3; }
    .panel text { font-size: 10px; }
    .panel .name { font-weight: 600; font-size: 11px; }
    .panel .diverged { font-size: 13px; font-weight: 700; }
    .trace .line { fill: none; stroke: var(--gray); stroke-opacity: 0.6; stroke-width: 1; }
    .trace .touch { fill: none; stroke: var(--ink); stroke-opacity: 0; stroke-width: 9; \
    pointer-events: stroke; }
    .trace.good .line { stroke: var(--c0); stroke-opacity: 0.9; stroke-width: 1.5; }
    .trace.best .line { stroke: var(--c1); stroke-opacity: 1; stroke-width: 3; }
    .trace:hover .touch { stroke-opacity: 0.35; }
    svg text.halo { paint-order: stroke; stroke: var(--paper); stroke-width: 3px; \
    stroke-linejoin: round; pointer-events: none; }
    .faded { --own: var(--gray); }
    .passive { pointer-events: none; }
    .narrow { display: none; }
    @media (max-width: 700px) { .broad { display: none; } .narrow { display: block; } }
    """
}
