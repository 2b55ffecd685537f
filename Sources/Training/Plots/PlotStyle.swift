/// The colors and strokes of plots, for light and dark backgrounds.
///
/// The colors are those of Okabe and Ito (2008), which readers without color vision tell apart by
/// their brightness; successive curves also differ in their dashes.
package enum PlotStyle {
  /// The number of different colors.
  static let colorCount = 8
  private static let dashCount = 4

  /// Returns the classes of the curve at a position, which set its color and its dashes.
  package static func classes(of index: Int) -> String {
    let color = index % colorCount
    return "c\(color) d\((index + index / colorCount) % dashCount)"
  }

  /// The values of the colors on a light background, as CSS declarations.
  package static let lightColors = """
    --ink: #24292f; --paper: #ffffff; --faint: #d0d7de; --gray: #8c959f; \
    --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #b0568c; --c4: #b77c00; --c5: #3a9bd6; \
    --c6: #24292f; --c7: #7a7300;
    """

  /// The values of the colors on a dark background, as CSS declarations.
  package static let darkColors = """
    --ink: #d0d7de; --paper: #0d1117; --faint: #30363d; --gray: #7d8590; \
    --c0: #56b4e9; --c1: #e69f00; --c2: #2cc295; --c3: #cc79a7; --c4: #f0e442; --c5: #4a86e8; \
    --c6: #d0d7de; --c7: #e0743a;
    """

  /// The rules of the elements of plots, as CSS.
  package static let rules: String = {
    let colors = (0..<colorCount).map { ".c\($0) { --own: var(--c\($0)); }" }
    return """
      svg text { font: 12px system-ui, sans-serif; fill: var(--ink); text-anchor: middle; }
      svg .title { font-size: 14px; font-weight: 600; }
      svg .small { font-size: 10px; }
      .axis { stroke: var(--ink); }
      .grid-line { stroke: var(--ink); stroke-opacity: 0.15; }
      .curve { fill: none; stroke: var(--own); stroke-width: 2; stroke-linejoin: round; }
      .leader { stroke: var(--own); stroke-opacity: 0.6; }
      .dot { fill: var(--own); stroke: none; }
      .mark-point { fill: var(--own); fill-opacity: 0.55; stroke: none; }
      .mark-point:hover { fill-opacity: 1; stroke: var(--ink); }
      .hit { fill: var(--own, var(--ink)); fill-opacity: 0; stroke: none; pointer-events: all; }
      .hit:hover { fill-opacity: 0.35; }
      .cell { fill: var(--own, var(--c0)); stroke: none; }
      .frame { fill: none; stroke: var(--faint); }
      .ridge { fill: var(--own, var(--c0)); fill-opacity: 0.35; stroke: var(--own, var(--c0)); }
      .ridge:hover { fill-opacity: 0.7; }
      svg text.on { fill: var(--paper); }
      .d1 { stroke-dasharray: 8 3; } .d2 { stroke-dasharray: 2 3; } \
      .d3 { stroke-dasharray: 9 3 2 3; }
      \(colors.joined(separator: " "))
      """
  }()

  /// The style of a document that is one plot.
  static let document = """
    svg { color: var(--ink); background: var(--paper); \(lightColors) }
    @media (prefers-color-scheme: dark) { svg { \(darkColors) } }
    \(rules)
    """
}
