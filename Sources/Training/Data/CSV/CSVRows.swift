import Tensor

/// The rows of a table, column by column.
struct CSVRows: Sendable {
  /// The number of rows.
  private(set) var count = 0
  /// The number of columns.
  let width: Int
  /// The line on which each row begins.
  private(set) var lines = CSVLines.consecutive(from: 0)
  /// The offset of the first byte of each row.
  private(set) var starts: [Int] = []
  /// The fields, with `stride` words for each column.
  private var cells: [CSVCell] = []
  private var stride = 0

  /// The field of a row and a column.
  subscript(row: Int, column: Int) -> CSVCell {
    require(row < count, "CSVRows: there is no row \(row) of \(count)")
    return cells[column * stride + row]
  }

  /// Replaces the field of a row and a column.
  mutating func replace(row: Int, column: Int, with cell: CSVCell) {
    require(row < count, "CSVRows: there is no row \(row) of \(count)")
    cells[column * stride + row] = cell
  }

  /// Returns some of the rows.
  func selecting(_ rows: [Int]) -> CSVRows {
    var selected = self
    selected.count = rows.count
    selected.stride = rows.count
    selected.lines = .listed(rows.map { lines[$0] })
    selected.starts = rows.map { starts[$0] }
    selected.cells = (0..<width).flatMap { column in rows.map { self[$0, column] } }
    return selected
  }
}

/// The lines on which the rows of a table begin.
enum CSVLines: Sendable {
  /// One row on each line.
  case consecutive(from: Int)
  /// Any lines.
  case listed([Int])

  subscript(row: Int) -> Int {
    switch self {
    case .consecutive(let first): first + row
    case .listed(let lines): lines[row]
    }
  }
}

// MARK: - Scanning

extension CSVRows {
  /// Scans the rows that follow the header of a text.
  ///
  /// The parts of the text are scanned by several threads as if a row began at the first line of
  /// each. Where that is not so, because a quoted field goes on, the part is scanned once more from
  /// the end of the row before it.
  ///
  /// A row is written to the place of the line on which it begins. Blank lines and line breaks in
  /// quotes leave gaps, which are closed at last.
  ///
  /// - Parameters:
  ///   - text: The bytes, and their parts.
  ///   - width: The number of columns.
  ///   - delimiter: The byte between fields.
  ///   - start: The offset of the first row, and the line on which that is.
  ///   - isLast: Whether no more bytes follow. Otherwise the last row may be incomplete.
  /// - Returns: The rows, and the offset and the line behind them.
  /// - Throws: The first mistake in the text.
  static func scan(
    _ text: CSVText, width: Int, delimiter: UInt8, from start: (position: Int, line: Int),
    isLast: Bool
  ) throws(CSVMistake) -> (rows: CSVRows, end: (position: Int, line: Int)) {
    let places = text.endLine - start.line
    var starts = [Int](repeating: -1, count: places)
    var end = RowWriter.Stretch(from: start)
    let cells = [CSVCell](unsafeUninitializedCapacity: places * width) { cells, initialized in
      initialized = places * width
      starts.withUnsafeMutableBufferPointer { starts in
        guard let cells = cells.baseAddress, let starts = starts.baseAddress else { return }
        end = RowWriter(
          text: text, delimiter: delimiter, width: width, firstLine: start.line, isLast: isLast,
          places: places, cells: cells, starts: starts
        ).write(from: start)
      }
    }
    if let mistake = end.mistake { throw mistake }
    var rows = CSVRows(width: width)
    (rows.cells, rows.starts, rows.stride) = (cells, starts, places)
    rows.closeGaps(firstLine: start.line)
    return (rows, end.end)
  }

  /// Counts the rows, and moves them together if there are lines on which none begins.
  private mutating func closeGaps(firstLine: Int) {
    count = starts.count { $0 >= 0 }
    if !starts.prefix(count).contains(-1) {
      starts.removeLast(starts.count - count)
      lines = .consecutive(from: firstLine)
      return
    }
    let places = starts.indices.filter { starts[$0] >= 0 }
    for column in 0..<width {
      for (row, place) in places.enumerated() {
        cells[column * stride + row] = cells[column * stride + place]
      }
    }
    lines = .listed(places.map { firstLine + $0 })
    starts = places.map { starts[$0] }
  }
}

/// Writes the fields of a text to the places of their rows, which are those of the lines on which
/// the rows begin.
private struct RowWriter: @unchecked Sendable {
  // Unchecked because of the pointers: threads write to the places of different lines.
  let text: CSVText
  let delimiter: UInt8
  let width: Int
  let firstLine: Int
  let isLast: Bool
  /// The number of places for rows.
  let places: Int
  let cells: UnsafeMutablePointer<CSVCell>
  let starts: UnsafeMutablePointer<Int>

  /// What was scanned without a break.
  struct Stretch {
    let start: Int
    var end: (position: Int, line: Int)
    var mistake: CSVMistake?

    init(from start: (position: Int, line: Int)) {
      self.start = start.position
      end = start
    }
  }

  /// Writes all rows from a position on, up to a mistake, and returns how far that is.
  func write(from start: (position: Int, line: Int)) -> Stretch {
    let count = text.buffer.count
    var stretches = [Stretch?](repeating: nil, count: text.parts.count)
    stretches.withUnsafeMutableBufferPointer { stretches in
      nonisolated(unsafe) let stretches = stretches
      ThreadPool.run(tasks: stretches.count) { index in
        let part = text.parts[index]
        guard start.position < part.range.upperBound else { return }
        let first =
          part.range.contains(start.position)
          ? start : (part.range.lowerBound, part.lines.lowerBound)
        // A row that does not end soon began in quotes, or will be scanned again.
        let limit = min(part.range.upperBound + text.partSize, count)
        stretches[index] = scan(part, from: first, upTo: limit)
        text.release(part)
      }
    }
    var whole = Stretch(from: start)
    for (part, stretch) in zip(text.parts, stretches) {
      let isDone = part.range.upperBound <= whole.end.position
      if !isDone, let stretch, stretch.start == whole.end.position,
        stretch.mistake != nil || stretch.end.position >= part.range.upperBound
          || part.range.upperBound + text.partSize >= count
      {
        (whole.end, whole.mistake) = (stretch.end, stretch.mistake)
      } else {
        for line in part.lines where line >= firstLine { starts[line - firstLine] = -1 }
        if isDone { continue }
        let again = scan(part, from: whole.end, upTo: count)
        (whole.end, whole.mistake) = (again.end, again.mistake)
      }
      if whole.mistake != nil { break }
    }
    return whole
  }

  /// Writes the rows that begin in a part from a position on and end before `limit`.
  private func scan(
    _ part: CSVText.Part, from start: (position: Int, line: Int), upTo limit: Int
  ) -> Stretch {
    var scanner = CSVScanner(
      UnsafeBufferPointer(rebasing: text.buffer[..<limit]), delimiter: delimiter,
      from: start.position, line: start.line, isLast: isLast && limit == text.buffer.count)
    var stretch = Stretch(from: start)
    do throws(CSVMistake) {
      while scanner.findRow(before: part.range.upperBound) {
        let (position, line) = (scanner.position, scanner.line)
        var cell = cells + (line - firstLine)
        var fields = 0
        let isComplete = try scanner.scanRow { field in
          if fields < width {
            cell.pointee = field
            cell += places
          }
          fields += 1
        }
        if !isComplete { break }
        guard fields == width else {
          throw CSVMistake(
            line: line, message: "\(counted(fields, "field")) where the header has \(width)")
        }
        starts[line - firstLine] = position
      }
    } catch {
      stretch.mistake = error
    }
    stretch.end = (scanner.position, scanner.line)
    return stretch
  }
}
