import Optim
import Tensor

/// Numbers with a decimal comma, such as `5,1`, which spreadsheets write where the comma is the
/// decimal mark.
extension CSVTable {
  /// The columns that were read with decimal commas, and a field of one of them.
  struct DecimalCommas: Sendable {
    /// The indices of the columns.
    var columns: [Int] = []
    /// The row and the column of the first field.
    var first: (row: Int, column: Int)?
  }

  /// Returns the number that a text with a decimal comma stands for, or `nil` for other text.
  static func decimalCommaNumber(_ text: String) -> Double? {
    var bytes = Array(text.utf8)
    guard let comma = bytes.firstIndex(of: UInt8(ascii: ",")), comma + 1 < bytes.count,
      isDigit(bytes[comma + 1]), !bytes.contains(UInt8(ascii: "."))
    else { return nil }
    bytes[comma] = UInt8(ascii: ".")
    // A second comma is no part of a number.
    return bytes.withUnsafeBufferPointer(CSVCell.number)
  }

  /// Turns the columns whose texts are all numbers with decimal commas into columns of numbers.
  ///
  /// Between commas a number needs quotes, and a comma before three digits may separate thousands;
  /// such a column stays text unless some comma is surely a decimal one.
  ///
  /// - Throws: ``TrainingError`` of kind `data` for a column with decimal commas and points.
  mutating func readDecimalCommas() throws {
    for column in 0..<columnCount {
      guard let first = firstText(inColumn: column),
        Self.decimalCommaNumber(text(row: first, column: column)) != nil
      else { continue }
      var cells: [(row: Int, number: Double)] = []
      var isSurelyDecimal = delimiter != UInt8(ascii: ",")
      var isNumeric = true
      for row in first..<rowCount where content[row, column].textOffset != nil {
        let text = text(row: row, column: column)
        guard let number = Self.decimalCommaNumber(text) else {
          isNumeric = false
          break
        }
        cells.append((row, number))
        if !isSurelyDecimal { isSurelyDecimal = !text.endsInThousands }
      }
      guard isNumeric, isSurelyDecimal else { continue }
      if let row = firstDecimalPoint(inColumn: column) {
        throw badValue(
          row: row, column: column,
          "has a decimal point, but '\(text(row: first, column: column))' in line"
            + " \(lines[first]) a decimal comma")
      }
      for (row, number) in cells {
        content.replace(row: row, column: column, with: CSVCell(number: number))
      }
      decimalCommas.columns.append(column)
      if decimalCommas.first == nil { decimalCommas.first = (first, column) }
    }
  }

  /// A sentence on the columns that were read with decimal commas, or `nil` without any.
  var decimalCommaNote: String? {
    guard let (row, column) = decimalCommas.first, let number = number(row: row, column: column)
    else { return nil }
    let count = decimalCommas.columns.count
    let place = count == 1 ? "column '\(names[column])'" : "\(count) columns"
    return "\(place): commas are read as decimal marks, '\(text(row: row, column: column))' in"
      + " line \(lines[row]) as \(number)"
  }

  /// Returns the text that makes a column one of text, for messages: the first that is not even a
  /// number with a decimal comma, or else the first.
  func oddText(inColumn column: Int) -> (text: String, line: Int)? {
    let rows = (0..<rowCount).filter { content[$0, column].textOffset != nil }
    let row = rows.first { Self.decimalCommaNumber(text(row: $0, column: column)) == nil }
    return (row ?? rows.first).map { (text(row: $0, column: column), lines[$0]) }
  }

  private func firstDecimalPoint(inColumn column: Int) -> Int? {
    (0..<rowCount).first { row in
      guard content[row, column].number != nil else { return false }
      return text(row: row, column: column).utf8.contains(UInt8(ascii: "."))
    }
  }
}

extension String {
  /// Whether the text ends in a comma and three digits.
  fileprivate var endsInThousands: Bool {
    guard let comma = utf8.lastIndex(of: UInt8(ascii: ",")) else { return false }
    let digits = utf8[utf8.index(after: comma)...]
    return digits.count == 3 && digits.allSatisfy(isDigit)
  }
}

private func isDigit(_ byte: UInt8) -> Bool {
  (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}
