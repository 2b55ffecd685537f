import TestSupport
import Testing

/// Files damaged at random give a typed error or a correct value, without a trap, a read past the
/// end (which the address sanitizer finds, since every input has memory of exactly its size), or
/// more memory than the file justifies.
struct FileFuzzTests {
  enum Format: String, CaseIterable, Codable, Sendable {
    case npy, npz, safetensors
  }

  @Test(arguments: Format.allCases)
  func damagedFilesAreErrorsOrCorrect(_ format: Format) async {
    await #expect(processExitsWith: .success) { [format] in
      try FileFuzzer(format, seed: 1).run(count: 700)
    }
  }

  @Test(.slow, arguments: Format.allCases)
  func manyDamagedFilesAreErrorsOrCorrect(_ format: Format) async {
    await #expect(processExitsWith: .success) { [format] in
      try FileFuzzer(format, seed: 2).run(count: MutantCount.value)
    }
  }

  /// If only elements change, the file is read, with those changes and no others.
  @Test func changedElementsAreRead() throws {
    var generator = RandomGenerator(seed: 3)
    for _ in 0..<300 {
      var numbers = Tensor.seeded([3, 5], seed: generator.next(), dtype: .float32)
      let whole = generator.integers([4], in: -100..<100)
      var file = Safetensors()
      (file.tensors["a"], file.tensors["b"]) = (numbers, whole)
      var (bytes, array) = (try file.encoded(), numbers.npyEncoded())
      let (place, bits) = (
        generator.integer(below: 15), UInt32(truncatingIfNeeded: generator.next())
      )
      numbers.withUnsafeMutableScalars(as: Float.self) { $0[place] = Float(bitPattern: bits) }
      bytes.put(bits, at: bytes.count - 4 * (15 + 4) + 4 * place)
      array.put(bits, at: array.count - 4 * 15 + 4 * place)
      expectIdentical(try Tensor(npy: array), numbers)
      let read = try Safetensors(decoding: bytes)
      expectIdentical(try #require(read.tensors["a"]), numbers)
      expectIdentical(try #require(read.tensors["b"]), whole)
    }
  }
}

// MARK: - Reading one file

extension FileFuzzTests.Format {
  /// Returns the tensors of a file.
  fileprivate func decode(
    _ bytes: UnsafeRawBufferPointer
  ) throws(TensorFileError) -> [(name: String, tensor: Tensor)] {
    switch self {
    case .npy: return [("", try Tensor(npy: bytes))]
    case .npz:
      return Array(try NumPyArchive(decoding: bytes).tensors)
    case .safetensors:
      return Array(try Safetensors(decoding: bytes).tensors)
    }
  }

  fileprivate func encode(
    _ tensors: [(name: String, tensor: Tensor)]
  ) throws(TensorFileError) -> [UInt8] {
    switch self {
    case .npy: return tensors[0].tensor.npyEncoded()
    case .npz:
      var archive = NumPyArchive()
      for (name, tensor) in tensors { archive.tensors[name] = tensor }
      return try archive.encoded()
    case .safetensors:
      var file = Safetensors()
      for (name, tensor) in tensors { file.tensors[name] = tensor }
      return try file.encoded()
    }
  }

  /// Returns files that are well-formed, or nearly so.
  fileprivate func corpus() throws -> [[UInt8]] {
    var small = Safetensors()
    small.tensors["first"] = Tensor([1, 2, 3])
    small.tensors["é/\n"] = Tensor([[true, false]])
    small.metadata = ["note": "text"]
    let arrays = [
      "tiny.npy", "tiny-float16.npy", "tiny-int32.npy", "tiny-bool.npy", "tiny-scalar.npy",
      "tiny-empty.npy", "tiny-fortran.npy", "tiny-bigendian.npy", "tiny-version2.npy",
    ]
    switch self {
    case .npy: return try arrays.map(fixtureBytes)
    case .npz:
      let small = try zipBytes(arrays[..<3].map { ($0, try fixtureBytes($0)) })
      return try ["tiny.npz", "exact-wide.npz", "tiny-compressed.npz"].map(fixtureBytes) + [
        small, small,
      ]
    case .safetensors:
      let bytes = try small.encoded()
      return try ["exact.safetensors", "tiny.safetensors"].map(fixtureBytes) + [bytes, bytes]
    }
  }
}

/// Damages files and checks the results of reading them.
private struct FileFuzzer {
  let format: FileFuzzTests.Format
  let corpus: [[UInt8]]
  /// The only tensors that an archive may hold, because of its checksums.
  let originals: [Tensor]
  var mutator: Mutator

  init(_ format: FileFuzzTests.Format, seed: UInt64) throws {
    self.format = format
    corpus = try format.corpus()
    originals =
      format == .npz
      ? corpus.flatMap { bytes in
        (try? NumPyArchive(decoding: bytes))?.tensors.map(\.tensor) ?? []
      } : []
    mutator = Mutator(seed: seed, corpus: corpus, isIndexedAtEnd: format == .npz)
  }

  consuming func run(count: Int) throws {
    var (read, refused) = (0, 0)
    for i in 0..<count {
      let (input, isResealed) = try damagedFile()
      // Memory of exactly the size of the file, so that the sanitizer notices any byte read past
      // it.
      let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: input.count, alignment: 1)
      defer { bytes.deallocate() }
      bytes.copyBytes(from: input)
      TensorMemory.releaseCache()
      let before = TensorMemory.statistics.liveBytes
      TensorMemory.resetPeak()
      do throws(TensorFileError) {
        let tensors = try format.decode(UnsafeRawBufferPointer(bytes))
        read += 1
        try check(tensors, "file \(i)")
        if format == .npz && !isResealed {
          for (name, tensor) in tensors {
            #expect(
              originals.contains { differenceInBits($0, tensor) == nil }, "file \(i): \(name)")
          }
        }
      } catch {
        #expect(error.kind == .content && !error.description.isEmpty)
        refused += 1
      }
      // A byte may become four, be transposed in a copy, and be rounded up; an entry has its own
      // block.
      let peak = TensorMemory.statistics.peakLiveBytes - before
      #expect(peak <= 12 * input.count + 1024, "file \(i): \(peak) bytes for \(input.count)")
    }
    // The damage must be neither too heavy nor too light.
    #expect(read > count / 50 && refused > count / 2, "\(read) read, \(refused) refused")
  }

  /// Expects that the tensors can be written and read again.
  private func check(_ tensors: [(name: String, tensor: Tensor)], _ comment: String)
    throws(TensorFileError)
  {
    if tensors.isEmpty { return }
    let again = try format.encode(tensors).withUnsafeBytes { bytes in
      Result { () throws(TensorFileError) in try format.decode(bytes) }
    }.get()
    #expect(again.count == tensors.count, Comment(rawValue: comment))
    for (name, tensor) in tensors {
      let copy = again.first { $0.name == name }?.tensor
      #expect(copy.map { differenceInBits($0, tensor) == nil } == true, "\(comment): \(name)")
    }
  }

  // MARK: Damage

  /// Returns a damaged file, and whether it is an archive with checksums computed after the damage.
  private mutating func damagedFile() throws -> (bytes: [UInt8], isResealed: Bool) {
    if format == .npz && mutator.chance(0.3) {
      var inner = try FileFuzzer(.npy, seed: mutator.generator.next())
      let entries = try (0..<1 + mutator.below(3)).map { i in
        (
          name: "\(i).npy",
          content: mutator.chance(0.7)
            ? mutator.pick(inner.corpus) : try inner.damagedFile().bytes
        )
      }
      return (zipBytes(entries), true)
    }
    var bytes = mutator.mutant()
    if mutator.chance(0.5) { repairLength(&bytes) }
    return (bytes, false)
  }

  /// Corrects the length of the header, so that errors other than a wrong length are found.
  private func repairLength(_ bytes: inout [UInt8]) {
    switch format {
    case .npy:
      guard bytes.count > 12, let end = bytes.firstIndex(of: 0x0A), end >= 10 else { return }
      bytes.put(UInt16(truncatingIfNeeded: end + 1 - 10), at: 8)
    case .npz: return
    case .safetensors:
      guard bytes.count > 8, let end = bytes.place(of: Array("}}".utf8), from: 8) else { return }
      let spaces = bytes[(end + 2)...].prefix { $0 == 0x20 }
      bytes.put(UInt64(end + 2 + spaces.count - 8), at: 0)
    }
  }
}
