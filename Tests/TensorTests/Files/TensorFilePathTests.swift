import Foundation
import TestSupport
import Testing

/// Reading and writing files by path, in all three formats.
struct TensorFilePathTests {
  private func files(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  /// A tensor that is read in more than one piece.
  private let tensor = Tensor.seeded([3, 100_000], dtype: .float64)

  @Test func filesRoundTrip() throws {
    try withTemporaryFolder { folder in
      try tensor.writeNPY(to: "\(folder)/x.npy")
      expectIdentical(try Tensor(npyContentsOf: "\(folder)/x.npy"), tensor)

      var archive = NumPyArchive()
      archive.tensors["x"] = tensor
      try archive.write(to: "\(folder)/x.npz")
      expectIdentical(
        try #require(try NumPyArchive(contentsOf: "\(folder)/x.npz").tensors["x"]), tensor)

      var file = Safetensors()
      file.tensors["x"] = tensor
      try file.write(to: "\(folder)/x.safetensors")
      let read = try Safetensors(contentsOf: "\(folder)/x.safetensors")
      expectIdentical(try #require(read.tensors["x"]), tensor)

      #expect(try files(folder) == ["x.npy", "x.npz", "x.safetensors"])
      #expect(
        try [UInt8](Data(contentsOf: URL(filePath: "\(folder)/x.npy"))) == tensor.npyEncoded())
    }
  }

  @Test func wideIntegersAreWritten() throws {
    try withTemporaryFolder { folder in
      let x = Tensor([1, -2], dtype: .int32)
      try x.writeNPY(to: "\(folder)/x.npy", wideIntegers: true)
      var archive = NumPyArchive()
      archive.tensors["x"] = x
      try archive.write(to: "\(folder)/x.npz", wideIntegers: true)
      var file = Safetensors()
      file.tensors["x"] = x
      try file.write(to: "\(folder)/x.safetensors", wideIntegers: true)
      for (name, text) in [("npy", "'<i8'"), ("npz", "'<i8'"), ("safetensors", "\"I64\"")] {
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/x.\(name)")))
        #expect(bytes.place(of: Array(text.utf8)) != nil)
      }
    }
  }

  /// The new file replaces the old one, which is never written to.
  @Test func aFileIsReplacedNotOverwritten() throws {
    try withTemporaryFolder { folder in
      let (path, link) = ("\(folder)/x.npy", "\(folder)/old.npy")
      try Tensor([1]).writeNPY(to: path)
      try FileManager.default.linkItem(atPath: path, toPath: link)
      try Tensor([2]).writeNPY(to: path)
      expectIdentical(try Tensor(npyContentsOf: path), Tensor([2]))
      expectIdentical(try Tensor(npyContentsOf: link), Tensor([1]))
    }
  }

  @Test func failedWritesLeaveEverythingUnchanged() throws {
    try withTemporaryFolder { folder in
      // The rename fails, after the temporary file is complete.
      try FileManager.default.createDirectory(
        atPath: "\(folder)/taken/inner", withIntermediateDirectories: true)
      let taken = #expect(throws: TensorFileError.self) {
        try tensor.writeNPY(to: "\(folder)/taken")
      }
      #expect(taken?.kind == .inputOutput)
      #expect(taken?.description.hasPrefix("\(folder)/taken: cannot be written: ") == true)

      let missing = #expect(throws: TensorFileError.self) {
        try NumPyArchive().write(to: "\(folder)/none/x.npz")
      }
      #expect(
        missing?.description
          == "\(folder)/none/x.npz: cannot be written: no such file or directory")

      // The tensors cannot be encoded, so the file stays unchanged.
      var file = Safetensors()
      try file.write(to: "\(folder)/x.safetensors")
      file.tensors["__metadata__"] = tensor
      let reserved = #expect(throws: TensorFileError.self) {
        try file.write(to: "\(folder)/x.safetensors")
      }
      #expect(reserved?.kind == .content)
      #expect(try Safetensors(contentsOf: "\(folder)/x.safetensors").tensors.names == [])
      #expect(try files(folder) == ["taken", "x.safetensors"])
    }
  }

  @Test func errorsOfReadingNameTheFile() throws {
    try withTemporaryFolder { folder in
      let missing = #expect(throws: TensorFileError.self) {
        try Tensor(npyContentsOf: "\(folder)/none.npy")
      }
      #expect(missing?.kind == .inputOutput)
      #expect(
        missing?.description == "\(folder)/none.npy: cannot be opened: no such file or directory")

      let directory = #expect(throws: TensorFileError.self) { try Safetensors(contentsOf: folder) }
      #expect(directory?.kind == .inputOutput)
      #expect(directory?.description == "\(folder): cannot be read: is a directory")

      let path = "\(folder)/cut.npz"
      try writeFile(path, fixtureBytes("tiny.npz").dropLast())
      let cut = #expect(throws: TensorFileError.self) { try NumPyArchive(contentsOf: path) }
      #expect(cut?.kind == .content)
      #expect(cut?.description.hasPrefix("\(path): npz: ") == true)
    }
  }

  @Test func aFileOfUnknownSizeIsReadToItsEnd() throws {
    let error = #expect(throws: TensorFileError.self) { try Safetensors(contentsOf: "/dev/null") }
    #expect(error?.description == "/dev/null: safetensors: 0 bytes are too few for a header")
  }
}
