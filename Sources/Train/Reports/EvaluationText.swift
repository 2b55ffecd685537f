import Tensor
import Training

/// An evaluation as text for a terminal.
enum EvaluationText {
  /// The most classes whose confusion matrix is printed; of more, the most frequent confusions are.
  private static let largestMatrix = 12

  /// The figures of an evaluation on examples of a unit, and the tables of a classification.
  static func text(_ report: EvaluationReport, unit: String) -> String {
    var parts: [String] = []
    if let accuracy = report.accuracy { parts.append("accuracy \(Format.percentage(accuracy))") }
    if let r2 = report.r2 { parts.append("R² \(Format.number(r2, digits: 4))") }
    parts.append("loss \(Format.number(report.loss))")
    if let area = report.rocAUC { parts.append("ROC AUC \(Format.number(area, digits: 4))") }
    if let f1 = report.macroF1 { parts.append("mean F1 \(Format.number(f1, digits: 4))") }
    if let error = report.meanAbsoluteError {
      parts.append("mean absolute error \(Format.number(error, digits: 4))")
    }
    if let error = report.rootMeanSquaredError {
      parts.append("root mean squared error \(Format.number(error, digits: 4))")
    }
    if let perplexity = report.perplexity {
      parts.append("perplexity \(Format.number(perplexity, digits: 4))")
    }
    let figures = "\(parts.joined(separator: ", ")) on \(counted(report.count, unit))"
    guard let classes = report.classes, let confusion = report.confusion else { return figures }
    // Of sequences each position counts.
    let heading = classes.reduce(0) { $0 + $1.count } == report.count ? unit + "s" : "positions"
    let table = TextTable.text(
      ["class", "precision", "recall", "F1", heading],
      classes.map {
        [
          $0.name, Format.percentage($0.precision), Format.percentage($0.recall),
          Format.percentage($0.f1), String($0.count),
        ]
      })
    return [figures, table, confusions(confusion, classes.map(\.name))]
      .filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  private static func confusions(_ counts: [[Int]], _ names: [String]) -> String {
    if names.count <= largestMatrix {
      return TextTable.text(
        ["is \\ predicted"] + names,
        zip(names, counts).map { name, row in [name] + row.map(String.init) })
    }
    let pairs = counts.indices.flatMap { actual in
      counts.indices.filter { $0 != actual && counts[actual][$0] > 0 }
        .map { (count: counts[actual][$0], actual: actual, predicted: $0) }
    }
    let worst = pairs.sorted { ($1.count, $0.actual) < ($0.count, $1.actual) }.prefix(10)
    guard !worst.isEmpty else { return "" }
    return TextTable.text(
      ["is", "predicted", "times"],
      worst.map { [names[$0.actual], names[$0.predicted], String($0.count)] })
  }
}
