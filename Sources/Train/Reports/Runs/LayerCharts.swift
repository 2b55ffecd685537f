import CLibrary
import Training

/// What was measured about the layers of a run.
struct LayerCharts {
  private let records: [DiagnosticsRecord]
  private let names: [String]

  /// The largest number of layers that have a curve each; more are drawn as a grid.
  private static let curveLimit = 8
  private static let columnLimit = 48
  private static let ridgeLimit = 8

  init(_ run: ReportedRun) {
    records = run.diagnostics
    names = Self.withoutCommonPrefix(records.first?.layers.map(\.name) ?? [])
  }

  /// The names without the parts, such as `transformer.`, that all of them begin with.
  private static func withoutCommonPrefix(_ names: [String]) -> [String] {
    guard names.count > 1, let prefix = names[0].firstIndex(of: ".").map({ names[0][...$0] }),
      names.allSatisfy({ $0.hasPrefix(prefix) && $0.count > prefix.count })
    else { return names }
    let rest = names.map { String($0.dropFirst(prefix.count)) }
    // A bare number would no longer say what it counts.
    return rest.allSatisfy { Int($0) == nil } ? withoutCommonPrefix(rest) : names
  }

  /// The norms of the gradients and the relative sizes of the updates.
  var norms: String? {
    Page.grid([
      chart("gradient norm by layer", "gradient norm") { $0.gradientNorm },
      chart("update to weight by layer", "update to weight") { $0.updateRatio },
    ])
  }

  private func chart(
    _ title: String, _ quantity: String, _ value: (DiagnosticsRecord.Layer) -> Double?
  ) -> String? {
    if names.isEmpty { return nil }
    if names.count > Self.curveLimit { return grid(title, value) }
    let plot = LinePlot(
      title: title, quantity: quantity,
      curves: names.indices.map { layer in
        .init(
          name: names[layer],
          points: records.compactMap { record in
            guard record.layers.indices.contains(layer) else { return nil }
            return value(record.layers[layer]).map { (Double(record.step), $0) }
          })
      })
    return plot.curves.isEmpty ? nil : plot.figure()
  }

  /// Layers as rows and steps as columns, the darker the larger on a logarithmic scale.
  private func grid(
    _ title: String, _ value: (DiagnosticsRecord.Layer) -> Double?
  ) -> String? {
    let shown = Self.spread(records, to: Self.columnLimit)
    let table = names.indices.map { layer in
      shown.map { record in
        record.layers.indices.contains(layer) ? value(record.layers[layer]) : nil
      }
    }
    let known = table.joined().compactMap(\.self).filter { $0 > 0 && $0.isFinite }
    guard let low = known.min(), let high = known.max() else { return nil }
    let range = max(log(high / low), 1e-9)
    let span = max(1, (shown.count + 5) / 6)
    var map = HeatMap(
      title: title, rows: names,
      columns: shown.enumerated().map { column, record in
        column % span == 0 ? String(record.step) : ""
      },
      values: table.map { row in
        row.map { value in
          value.flatMap { $0 > 0 && $0.isFinite ? 0.05 + 0.95 * log($0 / low) / range : nil }
        }
      },
      hints: .cell { layer, column in
        "\(names[layer]), step \(shown[column].step): "
          + Format.number(table[layer][column] ?? .nan)
      }, cell: (max(7, 340 / Double(shown.count)), 15))
    map.labelSpan = span
    return """
      <figure>\(map.figure())
      <figcaption>From \(Format.number(low)), pale, to \(Format.number(high)), strong, on a \
      logarithmic scale.</figcaption></figure>
      """
  }

  /// The distributions of each layer's weights and gradients over the steps.
  var histograms: String? {
    let shown = Self.spread(
      records.filter { $0.layers.contains { $0.weights != nil } }, to: Self.ridgeLimit)
    return Page.grid(
      names.indices.flatMap { layer in
        [
          ridges("\(names[layer]): weights", "weight", shown, layer, \.weights),
          ridges("\(names[layer]): gradients", "log₁₀ |gradient|", shown, layer, \.gradients),
        ]
      }, class: "small-grid")
  }

  private func ridges(
    _ title: String, _ horizontal: String, _ records: [DiagnosticsRecord], _ layer: Int,
    _ histogram: (DiagnosticsRecord.Layer) -> Histogram?
  ) -> String? {
    let plot = RidgePlot(
      title: title, horizontal: horizontal,
      ridges: records.compactMap { record in
        guard record.layers.indices.contains(layer) else { return nil }
        return histogram(record.layers[layer]).map {
          .init(label: "step \(record.step)", histogram: $0)
        }
      })
    return plot.ridges.isEmpty ? nil : plot.figure()
  }

  /// At most so many of some elements, at equal distances, the first and the last among them.
  static func spread<Element>(_ elements: [Element], to count: Int) -> [Element] {
    guard elements.count > count, count > 1 else { return elements }
    return (0..<count).map { elements[$0 * (elements.count - 1) / (count - 1)] }
  }
}
