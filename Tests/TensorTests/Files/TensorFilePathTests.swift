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

  @Test func devicesAreNotRead() throws {
    let error = #expect(throws: TensorFileError.self) { try Safetensors(contentsOf: "/dev/null") }
    #expect(error?.description == "/dev/null: is a device, not a file")
  }

  #if os(Linux)
    @Test func aFileOfUnknownSizeIsReadToItsEnd() throws {
      // Its size is said to be 0.
      let path = "/proc/self/stat"
      let error = #expect(throws: TensorFileError.self) { try Safetensors(contentsOf: path) }
      #expect(error?.kind == .content)
      #expect(error?.description.contains(" 0 bytes") == false)
    }
  #endif

  // MARK: - Tensors that stay in their file

  private func isShared(_ x: Tensor) -> Bool {
    // Storage of its own would be counted and aligned to 64 bytes.
    Int(bitPattern: x.pointer) % 64 != 0
  }

  /// A file with two large tensors, float32 and bool, and a small one, whose header has 8 bytes more
  /// than a multiple of 64.
  private func writeWeights(to path: String) throws -> NamedTensors {
    var file = Safetensors([
      "large": Tensor.seeded([300, 100], dtype: .float32),
      "flags": Tensor.seeded([300, 300]) .> 0, "small": Tensor.seeded([7], dtype: .float32),
    ])
    for _ in 0..<8 where try file.encoded()[0] % 64 != 8 {
      file.metadata["pad", default: ""] += "12345678"
    }
    try file.write(to: path)
    return file.tensors
  }

  @Test func largeTensorsStayInTheFile() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/x.safetensors"
      let written = try writeWeights(to: path)
      let bytes = try readFile(path)
      let shared = try Safetensors(contentsOf: path).tensors
      let copied = try Safetensors(contentsOf: path, copying: true).tensors
      for (name, tensor) in written {
        expectIdentical(try #require(shared[name]), tensor)
        expectIdentical(try #require(copied[name]), tensor)
        #expect(!isShared(try #require(copied[name])))
      }
      #expect(isShared(try #require(shared["large"])))
      #expect(!isShared(try #require(shared["flags"])))
      #expect(!isShared(try #require(shared["small"])))

      // Writing changes neither the file nor another reader's tensors.
      var changed = try #require(shared["large"])
      let view = changed[3]
      changed.withUnsafeMutableScalars(as: Float.self) { $0[0] = 7 }
      var own = try #require(Safetensors(contentsOf: path).tensors["large"])
      let isAlone = own.isUniquelyHeld()
      #expect(isAlone)
      own.withUnsafeMutableScalars(as: Float.self) { $0[0] = 8 }
      #expect(own[0, 0].scalar() == 8 && changed[0, 0].scalar() == 7)
      #expect(isShared(own))
      expectIdentical(try #require(shared["large"]), try #require(written["large"]))
      expectIdentical(view, try #require(written["large"])[3])
      #expect(try readFile(path) == bytes)

      // Nor does another file under the same name, or none, change the tensors.
      try Safetensors(["large": Tensor.zeros([300, 100])]).write(to: path)
      expectIdentical(try #require(shared["large"]), try #require(written["large"]))
      try FileManager.default.removeItem(atPath: path)
      expectIdentical(try #require(shared["large"]), try #require(written["large"]))
    }
  }

  @Test func arraysOfNumPyStayInTheFile() throws {
    try withTemporaryFolder { folder in
      let (array, archive) = ("\(folder)/x.npy", "\(folder)/x.npz")
      try tensor.writeNPY(to: array)
      try NumPyArchive(["n": Tensor([1, 2]), "tensor": tensor]).write(to: archive)
      var read = try Tensor(npyContentsOf: array)
      let copy = try Tensor(npyContentsOf: array, copying: true)
      read.withUnsafeMutableScalars(as: Double.self) { $0[0] = 5 }
      #expect(read[0, 0].scalar() == 5)
      expectIdentical(copy, tensor)
      expectIdentical(try Tensor(npyContentsOf: array), tensor)
      for copying in [false, true] {
        let tensors = try NumPyArchive(contentsOf: archive, copying: copying).tensors
        expectIdentical(try #require(tensors["tensor"]), tensor)
      }
    }
  }

  /// Elements at an odd address are copied, as is what a pipe holds.
  @Test func whatCannotBeSharedIsCopied() throws {
    try withTemporaryFolder { folder in
      let x = Tensor.seeded([20_000], dtype: .float32)
      let header = #"{"x":{"dtype":"F32","shape":[20000],"data_offsets":[0,80000]}}"#
      for spaces in 0..<8 {
        let data = x.withUnsafeScalars(as: Float.self) { Array(UnsafeRawBufferPointer($0)) }
        let path = "\(folder)/\(spaces).safetensors"
        try writeFile(
          path, safetensorsBytes(header + String(repeating: " ", count: spaces), data))
        let read = try #require(Safetensors(contentsOf: path).tensors["x"])
        expectIdentical(read, x)
        #expect(Int(bitPattern: read.pointer) % 4 == 0)
        expectIdentical(read + 1, x + 1)
      }
    }
  }

  /// What is written does not need the memory of a second image.
  @Test func savingTakesNoMemoryOfItsOwn() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryFolder { folder in
        func peak() -> Int {
          var usage = rusage()
          getrusage(__rusage_who_t(0), &usage)
          return Int(usage.ru_maxrss) * 1024
        }
        var x = Tensor(uninitialized: [3000, 4000], dtype: .int32)
        x.withUnsafeMutableScalars(as: Int32.self) { $0.update(repeating: 3) }
        let before = peak()
        try Safetensors(["x": x]).write(to: "\(folder)/x.safetensors")
        try Safetensors(["x": x]).write(to: "\(folder)/y.safetensors", wideIntegers: true)
        try NumPyArchive(["x": x]).write(to: "\(folder)/x.npz")
        try x.writeNPY(to: "\(folder)/x.npy")
        #expect(peak() - before < 12_000_000)
      }
    }
  }
}
