import CLibrary

extension FeatureEncoder {
  /// Returns the values that the features of a row stand for, one text for each of ``columns``.
  ///
  /// A number beyond the ends of the encoding and a category of another table are not known again.
  package func texts(of features: some RandomAccessCollection<Float>) -> [String] {
    var start = features.startIndex
    return columns.map { column in
      let end = features.index(start, offsetBy: column.encoding.width)
      defer { start = end }
      return column.text(of: Array(features[start..<end]))
    }
  }
}

extension FeatureEncoder.Column {
  fileprivate func text(of features: [Float]) -> String {
    switch encoding {
    case .number(let mean, let deviation, let marksMissing, let logarithm):
      if marksMissing, features[1] == 1 { return "missing" }
      if let logarithm {
        return Format.number(logarithm.inverse(Double(features[0]) * deviation + mean), digits: 5)
      }
      let value = Double(features[0]) * deviation + mean
      // A feature has 7 digits of the column's range; what lies below is rounding.
      let unit = pow(10, floor(log10(max(abs(mean), deviation, .leastNormalMagnitude))) - 5)
      return Format.number((value / unit).rounded() * unit, digits: 5)
    case .date(let mean, let deviation, let marksMissing, _):
      if marksMissing, features.last == 1 { return "missing" }
      // A feature has 7 digits of the column's range: for years that is minutes.
      let days = ((Double(features[0]) * deviation + mean) * 1440).rounded() / 1440
      return notation?.text(of: days) ?? Format.number(days, digits: 5)
    case .oneHot(let categories):
      guard let slot = features.firstIndex(of: 1) else { return "another" }
      return categories[slot].isEmpty ? "missing" : categories[slot]
    case .rank(let categories, let mean, let deviation):
      let rank = Int((Double(features[0]) * deviation + mean).rounded())
      return categories.indices.contains(rank) ? categories[rank] : "another"
    }
  }
}
