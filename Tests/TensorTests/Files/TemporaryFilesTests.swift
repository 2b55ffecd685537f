import Foundation
import TestSupport
import Testing

@testable import Tensor

struct TemporaryFilesTests {
  @Test func filesThatAreNotedCanBeDeletedAtOnce() async {
    // In a process of its own, because other tests write files too.
    await #expect(processExitsWith: .success) {
      try withTemporaryFolder { folder in
        let paths = (0..<100).map { "\(folder)/\($0).partial" }
        for path in paths { try writeFile(path, [1]) }
        let notes = paths.map { TemporaryFiles.add($0) }
        // Only so many are noted; a place that is given back is used again.
        #expect(notes.count { $0 != nil } == 64)
        for (path, note) in zip(paths, notes).prefix(2) {
          TemporaryFiles.remove(note)
          #expect(FileManager.default.fileExists(atPath: path))
        }
        #expect(TemporaryFiles.add(paths[99]) != nil)
        TemporaryFiles.deleteAll()
        let rest = paths.indices.filter { FileManager.default.fileExists(atPath: paths[$0]) }
        #expect(rest == [0, 1] + Array(64..<99))
        // Writing a file notes it, and gives the place back.
        for _ in 0..<100 { try writeFile(paths[0], [2]) }
        #expect(TemporaryFiles.add(paths[0]) == 0)
      }
    }
  }
}
