import Foundation
import TestSupport
import Testing

struct JSONLinesFileTests {
  private struct Line: Codable, Equatable {
    var step: Int
    var loss: Double?
  }

  @Test func jsonLinesAreCompleteAndAHalfLineIsLeftOut() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/metrics.jsonl"
      let file = try JSONLinesFile(appendingTo: path)
      try file.append(Line(step: 1, loss: 0.5))
      try file.append(Line(step: 2))
      #expect(
        try String(decoding: FileAccess.read(path), as: UTF8.self)
          == "{\"loss\":0.5,\"step\":1}\n{\"step\":2}\n")
      let handle = try #require(FileHandle(forWritingAtPath: path))
      try handle.seekToEnd()
      try handle.write(contentsOf: Array("{\"step\":3,".utf8))
      try handle.close()
      let lines = try JSONLinesFile.values(of: Line.self, in: path)
      #expect(lines == [Line(step: 1, loss: 0.5), Line(step: 2)])
      try JSONLinesFile.write(Array(lines.prefix(1)), to: path)
      #expect(try JSONLinesFile.values(of: Line.self, in: path) == [Line(step: 1, loss: 0.5)])
    }
  }
}
