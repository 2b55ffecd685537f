import Training

/// How well predictions do that do not look at the inputs, so that no useless model goes unnoticed.
extension TaskData {
  /// A sentence if a model is hardly better on the validation examples than predictions that do not
  /// look at the inputs, else nil.
  func warning(about evaluation: Evaluation) -> String? {
    guard case .examples(let data) = self else { return nil }
    if let r2 = evaluation.r2, r2 < 0.05 {
      return "R² \(Format.number(r2)) is hardly better than predicting the mean of all rows;"
        + " the model has learned next to nothing from these columns"
    }
    guard case .classes(let names) = data.target,
      case .classes(let classes) = data.validation.targets, let accuracy = evaluation.accuracy
    else { return nil }
    let counts = Dictionary(classes.map { ($0, 1) }, uniquingKeysWith: +)
    guard let most = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else { return nil }
    let share = Double(most.value) / Double(classes.count)
    guard accuracy <= share, share < 1 else { return nil }
    return "accuracy \(Format.percentage(accuracy)) is no better than predicting"
      + " '\(names[Int(most.key)])' for every row (\(Format.percentage(share)))"
  }
}
