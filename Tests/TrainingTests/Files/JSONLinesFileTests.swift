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
          {"loss":0.5,"step":1,"checksum":"156566ea"}
          {"step":2,"checksum":"b582400e"}

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
      try JSONLinesFile.write([Line(step: 1, loss: 0.5)], to: path)
      #expect(try JSONLinesFile.values(of: Line.self, in: path) == [Line(step: 1, loss: 0.5)])
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
      try JSONLinesFile.write(Self.lines, to: path)
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
