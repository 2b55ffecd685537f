import Tensor

/// The bytes of a delimited text, cut into parts for several threads.
struct CSVText: Sendable {
  /// Some whole lines.
  struct Part: Sendable {
    /// The offsets of the bytes.
    let range: Range<Int>
    /// The lines that begin among them.
    let lines: Range<Int>
    /// Whether all bytes are ASCII and none is 0.
    let isPlain: Bool
  }

  /// The number of bytes in a part, but for the line at its end.
  let partSize: Int
  /// The parts in order, which together are all of the bytes; at least one.
  let parts: [Part]
  private let bytes: FileBytes

  /// Finds the lines in bytes, the first of which is on a given line.
  init(_ bytes: FileBytes, firstLine: Int = 1, partSize: Int = 1 << 20) {
    self.bytes = bytes
    self.partSize = partSize
    let buffer = UnsafeRawBufferPointer(bytes.buffer)
    var bounds = [0]
    for target in stride(from: partSize, to: buffer.count, by: partSize) {
      let start = max(target, bounds[bounds.count - 1])
      guard
        let lineBreak = buffer[start...].firstIndex(where: { $0 == 0x0A || $0 == 0x0D })
      else { break }
      let isPair =
        buffer[lineBreak] == 0x0D && lineBreak + 1 < buffer.count && buffer[lineBreak + 1] == 0x0A
      bounds.append(lineBreak + (isPair ? 2 : 1))
    }
    bounds.append(buffer.count)
    let ranges = zip(bounds, bounds.dropFirst()).map { $0..<$1 }
    var surveys = [Survey](repeating: Survey(), count: ranges.count)
    surveys.withUnsafeMutableBufferPointer { surveys in
      nonisolated(unsafe) let surveys = surveys
      nonisolated(unsafe) let buffer = buffer
      ThreadPool.run(tasks: ranges.count) { index in
        surveys[index] = Survey(buffer, ranges[index])
        bytes.release(ranges[index])
      }
    }
    var line = firstLine
    var parts: [Part] = []
    for (index, (range, survey)) in zip(ranges, surveys).enumerated() {
      // The last line need not have an end.
      let end = line + survey.breaks + (index == ranges.count - 1 ? 1 : 0)
      parts.append(Part(range: range, lines: line..<end, isPlain: survey.isPlain))
      line = end
    }
    self.parts = parts
  }

  /// The line behind the last one.
  var endLine: Int { parts[parts.count - 1].lines.upperBound }

  /// The bytes.
  var buffer: UnsafeBufferPointer<UInt8> {
    UnsafeRawBufferPointer(bytes.buffer).assumingMemoryBound(to: UInt8.self)
  }

  /// Lets the system take back the memory of a part, which is read again when it is needed.
  func release(_ part: Part) { bytes.release(part.range) }

  /// Checks that a range of bytes, which is some whole lines, is text.
  ///
  /// - Throws: ``TrainingError`` of kind `data` that names the first line that is not valid UTF-8.
  func checkUTF8(_ range: Range<Int>, file: String, firstLine: Int) throws(TrainingError) {
    for part in parts where !part.isPlain {
      do {
        try FileAccess.checkUTF8(buffer[part.range.clamped(to: range)], file: file)
      } catch {
        // The line is counted from the beginning.
        try FileAccess.checkUTF8(buffer[range], file: file, firstLine: firstLine)
      }
    }
  }
}

/// What is in a range of bytes.
private struct Survey {
  /// The number of line breaks: LF, CRLF or CR.
  var breaks = 0
  var isPlain = true

  init() {}

  init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
    var (position, last) = (range.lowerBound, range.upperBound)
    // The byte behind the range tells whether a CR at its end is followed by an LF.
    if last == bytes.count, last > position {
      last -= 1
      let byte = bytes[last]
      if byte == 0 || byte >= 0x80 { isPlain = false }
      if byte == 0x0A || byte == 0x0D { breaks += 1 }
    }
    guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
    while position < last {
      // So few that sums fit a byte, which the compiler makes a loop over vectors.
      let length = min(last - position, 240)
      let first = start + position
      var (breaks, zeros, union) = (UInt8(0), UInt8(0), UInt8(0))
      for i in 0..<length {
        let (byte, next) = (first[i], first[i + 1])
        let endsLine: UInt8 = byte == 0x0A ? 1 : 0
        let isReturn: UInt8 = byte == 0x0D ? 1 : 0
        let isAlone: UInt8 = next == 0x0A ? 0 : 1
        breaks &+= endsLine | isReturn & isAlone
        zeros |= byte == 0 ? 1 : 0
        union |= byte
      }
      self.breaks += Int(breaks)
      if zeros != 0 || union >= 0x80 { isPlain = false }
      position += length
    }
  }
}
