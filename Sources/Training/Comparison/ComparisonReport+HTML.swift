extension ComparisonReport {
  /// The results as a page.
  package static func html(of comparison: Comparison) -> String { "" }
}
