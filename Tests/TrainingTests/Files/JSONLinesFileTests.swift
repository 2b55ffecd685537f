import Foundation
import TestSupport
import Testing

struct JSONLinesFileTests {
  private struct Line: Codable, Equatable {
    var step: Int
    var loss: Double?
  }

  private static let lines = [Line(step: 1, loss: 0.5), Line(step: 2), Line(step: 3, loss: 0.25)]

  @Test func anIncompleteLastLineIsIgnored() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/metrics.jsonl"
      let file = try JSONLinesFile(appendingTo: path)
      try file.append(Line(step: 1, loss: 0.5))
      try file.append(Line(step: 2))
      try file.close()
      #expect(
        try FileAccess.readText(path) == """
          {"loss":0.5,"step":1,"checksum":"22269157"}
          {"step":2,"checksum":"39a56f03"}

          """)
      let whole = try FileAccess.read(path)
      for cut in 1..<32 {
        try FileAccess.write(Array(whole.dropLast(cut)), to: path)
        // Without its line break alone, the last line is known to be whole, and the file not.
        if cut == 1 { continue }
        #expect(
          try JSONLinesFile.values(of: Line.self, in: path) == [Line(step: 1, loss: 0.5)],
          "\(cut) bytes are missing")
      }
      try JSONLinesFile.trim(Line.self, in: path)
      let last = try JSONLinesFile(appendingTo: path)
      #expect(last.extent.lines == 1 && last.extent.checksum == 0x2226_9157)
      try last.append(Line(step: 2))
      try last.close()
      #expect(try FileAccess.read(path) == whole)
    }
  }

  @discardableResult
  private func write(_ lines: [Line], to path: String) throws -> JSONLinesFile.Extent {
    let file = try JSONLinesFile(appendingTo: path)
    for line in lines { try file.append(line) }
    try file.close()
    return file.extent
  }

  /// Each order of the lines, with any of them missing or there twice, is found, but for missing
  /// ones at the end and all of another file, which only the extent of the file tells.
  @Test func missingLinesAreFound() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/metrics.jsonl"
      let extent = try write(Self.lines, to: path)
      let lines = try FileAccess.readText(path).split(separator: "\n").map { "\($0)\n" }
      for first in 0...3 {
        for second in 0...3 {
          for third in 0...3 {
            let order = [first, second, third].filter { $0 < 3 }
            try FileAccess.write(order.map { lines[$0] }.joined(), to: path)
            let values = try? JSONLinesFile.values(of: Line.self, in: path)
            let isStart = order.elementsEqual(0..<order.count)
            #expect(values == (isStart ? Array(Self.lines[..<order.count]) : nil), "\(order)")
            #expect(
              (try? JSONLinesFile.values(of: Line.self, in: path, upTo: extent))
                == (order == [0, 1, 2] ? Self.lines : nil), "\(order)")
          }
        }
      }
      // A line that has been edited and lost its checksum, among others that have theirs.
      try FileAccess.write(lines[0] + "{\"step\":2}\n" + lines[2], to: path)
      #expect {
        try JSONLinesFile.values(of: Line.self, in: path)
      } throws: { "\($0)".hasPrefix("\(path):2: is damaged: ") }
      try FileAccess.write(lines[0], to: path)
      #expect {
        try JSONLinesFile.values(of: Line.self, in: path, upTo: extent)
      } throws: { "\($0)".hasPrefix("\(path): is damaged: it has 1 of the 3 lines ") }
      // Other lines, of which each has its checksum, and these after someone has edited them.
      unlink(path)
      try write(Self.lines.reversed(), to: path)
      #expect(try JSONLinesFile.values(of: Line.self, in: path) == Self.lines.reversed())
      #expect {
        try JSONLinesFile.values(of: Line.self, in: path, upTo: extent)
      } throws: { "\($0)".hasPrefix("\(path):3: is not the line that was recorded ") }
      let edited = "{\"step\":1}\n{\"step\":2}\n{\"step\":123456789012}\n"
      try FileAccess.write(edited, to: path)
      #expect(
        try JSONLinesFile.values(of: Line.self, in: path, upTo: extent).map(\.step)
          == [1, 2, 123_456_789_012])
    }
  }

  /// Lines of earlier versions have checksums of their own; others may follow them.
  @Test func linesOfEarlierVersionsAreRead() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/metrics.jsonl"
      let earlier = """
        {"loss":0.5,"step":1,"checksum":"156566ea"}
        {"step":2,"checksum":"b582400e"}

        """
      try FileAccess.write(earlier, to: path)
      try write([Self.lines[2]], to: path)
      #expect(try JSONLinesFile.values(of: Line.self, in: path) == Self.lines)
      let all = try FileAccess.readText(path)
      #expect(all.hasPrefix(earlier))
      // Behind a line that follows on others there is none that does not.
      for text in [all + "{\"step\":2,\"checksum\":\"b582400e\"}\n", all + "{\"step\":4}\n"] {
        try FileAccess.write(text, to: path)
        #expect(throws: TrainingError.self) {
          try JSONLinesFile.values(of: Line.self, in: path)
        }
      }
    }
  }

  @Test func linesWithoutChecksumAreRead() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/metrics.jsonl"
      try FileAccess.write("{\"loss\":0.5,\"step\":1}\n{\"step\":2}\n{\"st", to: path)
      #expect(try JSONLinesFile.values(of: Line.self, in: path) == Array(Self.lines[..<2]))
    }
  }

  @Test func eachFlippedBitIsFound() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/metrics.jsonl"
      try write(Self.lines, to: path)
      let bytes = try FileAccess.read(path)
      for bit in 0..<8 * bytes.count {
        var damaged = bytes
        damaged[bit / 8] ^= 1 << UInt8(bit % 8)
        try FileAccess.write(damaged, to: path)
        do {
          // A line break that became another white space, or a second one, changes no value.
          #expect(
            try JSONLinesFile.values(of: Line.self, in: path) == Self.lines,
            "bit \(bit % 8) of byte \(bit / 8)")
        } catch let error as TrainingError {
          #expect(error.kind == .data && error.message.hasPrefix(path + ":"))
        }
      }
    }
  }

  @Test func eachFlippedBitOfARecordIsFound() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/record.json"
      let value = Self.lines[0]
      try FileAccess.writeRecord(value, to: path)
      let bytes = try FileAccess.read(path)
      #expect(
        String(decoding: bytes, as: UTF8.self) == """
          {
            "loss" : 0.5,
            "step" : 1,
            "checksum" : "24ee421d"
          }

          """)
      for bit in 0..<8 * bytes.count {
        var damaged = bytes
        damaged[bit / 8] ^= 1 << UInt8(bit % 8)
        try FileAccess.write(damaged, to: path)
        do {
          let read = try FileAccess.readRecord(Line.self, from: path, "a line")
          #expect(read == value && bit / 8 == bytes.count - 1, "bit \(bit)")
        } catch let error as TrainingError {
          #expect(error.kind == .data && error.message.hasPrefix(path + ": is "))
        }
      }
      try FileAccess.writeJSON(value, to: path)
      #expect(try FileAccess.readRecord(Line.self, from: path, "a line") == value)
    }
  }
}
