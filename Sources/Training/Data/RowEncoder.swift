import CLibrary

/// A ``FeatureEncoder`` with its lookups prepared, to encode one row after another.
struct RowEncoder: Sendable {
  private struct Column {
    let name: String
    let encoding: FeatureEncoder.Encoding
    let notation: NumberNotation?
    /// The position of the column's first feature.
    let offset: Int
    /// The position of each category in the encoding's list.
    let slots: [String: Int]
  }

  /// The number of features in a row.
  let width: Int
  private let columns: [Column]

  init(_ encoder: FeatureEncoder) {
    var offset = 0
    columns = encoder.columns.map { column in
      defer { offset += column.encoding.width }
      let slots =
        switch column.encoding {
        case .number, .date: [String: Int]()
        case .oneHot(let categories), .rank(let categories, _, _): indices(of: categories)
        }
      return Column(
        name: column.name, encoding: column.encoding, notation: column.notation, offset: offset,
        slots: slots)
    }
    width = offset
  }

  /// Whether a column holds numbers, and not categories.
  func needsNumber(_ column: Int) -> Bool { columns[column].encoding.isOfNumbers }

  /// Writes the features of a value, where zeros are, into the row that starts at a position.
  ///
  /// The value of a column of numbers must be a finite number or missing.
  func encode(
    _ value: ColumnValue, column index: Int, into features: UnsafeMutablePointer<Float>,
    at start: Int
  ) {
    let column = columns[index]
    let first = start + column.offset
    switch column.encoding {
    case .number(let mean, let deviation, let marksMissing, let logarithm):
      if case .number(let number) = value {
        features[first] = standardized(logarithm?(number) ?? number, mean, deviation)
      } else if marksMissing {
        features[first + 1] = 1
      }
    case .date(let mean, let deviation, let marksMissing, let periods):
      if case .number(let days) = value {
        features[first] = standardized(days, mean, deviation)
        for (index, period) in periods.enumerated() {
          let angle = 2 * Double.pi * (days / period)
          features[first + 1 + 2 * index] = Float(sin(angle))
          features[first + 2 + 2 * index] = Float(cos(angle))
        }
      } else if marksMissing {
        features[first + 1 + 2 * periods.count] = 1
      }
    case .oneHot:
      if let slot = column.slots[value.category] { features[first + slot] = 1 }
    case .rank(let categories, let mean, let deviation):
      let rank = column.slots[value.category] ?? categories.count
      features[first] = standardized(Double(rank), mean, deviation)
    }
  }

  /// Writes the features of a row, where zeros are.
  ///
  /// - Throws: ``TrainingError`` of kind `data` for a column that the row does not have, and for
  ///   text or a number that is not finite in a column of numbers.
  func encode(
    _ row: [String: ColumnValue], into features: UnsafeMutablePointer<Float>, at start: Int
  ) throws(TrainingError) {
    for index in columns.indices {
      let name = columns[index].name
      guard var value = row[name] else {
        let hint = Suggestion.hint(for: name, in: row.keys.sorted())
        throw .data("no value for the column '\(name)'\(hint)")
      }
      if needsNumber(index) {
        let number = try value.number(ofColumn: name, columns[index].notation)
        value = number.map(ColumnValue.number) ?? .missing
      }
      encode(value, column: index, into: features, at: start)
    }
  }
}

/// Returns `(value - mean) / deviation` clamped to ±10, so that one outlier cannot dominate; 0 for
/// a constant.
func standardized(_ value: Double, _ mean: Double, _ deviation: Double) -> Float {
  deviation > 0 ? Float(min(max((value - mean) / deviation, -10), 10)) : 0
}
