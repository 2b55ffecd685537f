import TestSupport
import Testing

struct SafetensorsTests {
  // MARK: Round trips

  @Test func tensorsRoundTrip() throws {
    var file = Safetensors()
    file.tensors["weights.0"] = Tensor.seeded([3, 4], dtype: .float32)
    file.tensors["double"] = Tensor(
      [0.1, -1e300, .leastNonzeroMagnitude, .infinity, -0.0], shape: [5])
    file.tensors["nan"] = Tensor([Float.nan], shape: [1])
    file.tensors["whole"] = Tensor([Int32.min, -1, 0, Int32.max], shape: [2, 2])
    file.tensors["truth"] = Tensor([true, false, true])
    file.tensors["scalar"] = Tensor(3.25)
    file.tensors["nothing"] = Tensor.zeros([0, 3])
    file.tensors["a \"quoted\" näme/\n\u{1F40D}"] = Tensor([1])
    file.metadata = ["note": "with \"quotes\" and\nlines", "": ""]
    let read = try Safetensors(decoding: file.encoded())
    #expect(read.tensors.names.sorted() == file.tensors.names.sorted())
    #expect(read.metadata == file.metadata)
    for name in file.tensors.names {
      expectIdentical(try #require(read.tensors[name]), try #require(file.tensors[name]), name)
    }
    let (again, original) = (try read.encoded(), try file.encoded())
    #expect(again == original)
  }

  @Test func emptyFilesRoundTrip() throws {
    let read = try Safetensors(decoding: Safetensors().encoded())
    #expect(read.tensors.names == [] && read.metadata == [:])
  }

  @Test func viewsAreWrittenInRowOrder() throws {
    var file = Safetensors()
    let x = Tensor([[1, 2, 3], [4, 5, 6]])
    file.tensors["transposed"] = x.transposed()
    file.tensors["column"] = x[.all, 1]
    file.tensors["stretched"] = Tensor.ones([2, 2])
    let read = try Safetensors(decoding: file.encoded())
    expectIdentical(try #require(read.tensors["transposed"]), Tensor([[1, 4], [2, 5], [3, 6]]))
    expectIdentical(try #require(read.tensors["column"]), Tensor([2, 5]))
    expectIdentical(try #require(read.tensors["stretched"]), Tensor([[1, 1], [1, 1]]))
  }

  @Test func theDataIsAlignedToEightBytes() throws {
    for count in 1...9 {
      var file = Safetensors()
      file.tensors[String(repeating: "n", count: count)] = Tensor([1])
      let bytes = try file.encoded()
      #expect((bytes.count - 4) % 8 == 0)
      #expect(bytes[8] == UInt8(ascii: "{"))
    }
  }

  @Test func theReservedNameIsAnError() {
    var file = Safetensors()
    file.tensors["__metadata__"] = Tensor([1])
    #expect(throws: TensorFileError("safetensors: __metadata__ is not a valid name of a tensor")) {
      try file.encoded()
    }
  }

  // MARK: The reference library's file

  @Test func readsTheFileOfTheReferenceLibrary() throws {
    let golden = try JSON.fixture("tiny.json")
    let bytes = try fixtureBytes("tiny.safetensors")
    // The int64 numbers do not fit int32, which is an error. The other tensors are read after
    // declaring those as pairs of int32.
    #expect(
      throws: TensorFileError("safetensors: tensor 'int64' has int64 values that do not fit int32")
    ) {
      try Safetensors(decoding: bytes)
    }
    let text = String(decoding: bytes[8..<(8 + headerLength(bytes))], as: UTF8.self)
    let header = text.replacing(#""I64","shape":[5]"#, with: #""I32","shape":[10]"#)
    let body = Array(bytes[(8 + headerLength(bytes))...])
    let read = try Safetensors(decoding: safetensorsBytes(header, body))
    #expect(read.metadata == ["format": "pt", "note": "made by safetensors"])
    for entry in try golden["safetensors"].list where try entry["name"].text != "int64" {
      let name = try entry["name"].text
      expectIdentical(try #require(read.tensors[name]), try entry.tensor, name)
    }
    let count = try golden["safetensors"].list.count
    #expect(read.tensors.names.count == count)
  }

  @Test func int64NumbersThatFitAreRead() throws {
    let numbers: [Int64] = [0, -1, 2_147_483_647, -2_147_483_648]
    let body = numbers.flatMap { littleEndian($0) }
    let read = try Safetensors(decoding: safetensorsBytes(entry("x", "I64", "[4]", 0, 32), body))
    expectIdentical(try #require(read.tensors["x"]), Tensor(numbers.map { Int32($0) }, shape: [4]))
  }

  @Test(
    arguments: [
      ("U8", [200, 1], [200, 1]), ("I8", [200, 1], [-56, 1]), ("I16", [0xFE, 0xFF], [-2]),
      ("U16", [0xFE, 0xFF], [65534]),
    ] as [(String, [UInt8], [Int32])])
  func shortIntegersAreReadAsInt32(_ dtype: String, _ bytes: [UInt8], _ expected: [Int32]) throws {
    let header = entry("x", dtype, "[\(expected.count)]", 0, bytes.count)
    let read = try Safetensors(decoding: safetensorsBytes(header, bytes))
    expectIdentical(try #require(read.tensors["x"]), Tensor(expected, shape: [expected.count]))
  }

  // MARK: Hostile files

  /// Creates a file with a header and `bodyCount` zero bytes of data.
  private static func hostile(
    _ name: String, _ header: String, bodyCount: Int = 4, _ message: String
  ) -> HostileFile {
    HostileFile(name, safetensorsBytes(header, [UInt8](repeating: 0, count: bodyCount)), message)
  }

  private static let overlap = "overlap, leave a gap or end beyond"
  private static let notJSON = "the header is not the JSON object"
  private static let noShape = "which no tensor can have"

  static let hostile: [HostileFile] = [
    HostileFile("empty", [], "0 bytes are too few for a header"),
    HostileFile("seven bytes", [1, 2, 3, 4, 5, 6, 7], "7 bytes are too few for a header"),
    HostileFile(
      "header length beyond the end", [3, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D],
      "a header of 3 bytes does not fit a file of 10"),
    HostileFile(
      "header length of 2⁶⁴ − 1", [UInt8](repeating: 0xFF, count: 16),
      "a header of 18446744073709551615 bytes does not fit a file of 16"),
    HostileFile("no header", safetensorsBytes("", []), notJSON),
    hostile("not JSON", "{\"x\": ", notJSON),
    hostile("a list", "[]", notJSON),
    hostile("zero bytes", "\0\0\0\0", notJSON),
    HostileFile("not UTF-8", littleEndian(4 as UInt64) + [0x7B, 0xFF, 0xFE, 0x7D], notJSON),
    hostile("deep nesting", String(repeating: "[", count: 100_000), notJSON),
    hostile("entry is a number", #"{"x": 3}"#, notJSON),
    hostile("no dtype", #"{"x": {"shape": [1], "data_offsets": [0, 4]}}"#, notJSON),
    hostile("shape of text", entry("x", "F32", "[\"1\"]", 0, 4), notJSON),
    hostile("shape of fractions", entry("x", "F32", "[1.5]", 0, 4), notJSON),
    hostile("size beyond Int", entry("x", "F32", "[9223372036854775808]", 0, 4), notJSON),
    hostile("metadata of numbers", #"{"__metadata__": {"a": 1}}"#, bodyCount: 0, notJSON),
    hostile("unknown dtype", entry("x", "F8_E4M3", "[4]", 0, 4), "has the dtype F8_E4M3"),
    hostile("2⁶⁰ elements", entry("x", "F32", "[1152921504606846976]", 0, 4), noShape),
    hostile("a product beyond Int", entry("x", "F32", "[2147483647,2147483647,4]", 0, 4), noShape),
    hostile(
      "a product beyond Int, of none", entry("x", "F32", "[2147483647,2147483647,0]", 0, 0),
      bodyCount: 0, noShape),
    hostile("negative size", entry("x", "F32", "[-1]", 0, 4), noShape),
    hostile("two negative sizes", entry("x", "F32", "[-1, -1]", 0, 4), noShape),
    hostile("nine axes", entry("x", "F32", "[1,1,1,1,1,1,1,1,1]", 0, 4), noShape),
    hostile("too few bytes", entry("x", "F32", "[2]", 0, 4), "does not fill its 4 bytes"),
    hostile("too many bytes", entry("x", "F32", "[]", 0, 8), bodyCount: 8, "does not fill its 8"),
    hostile("gap before", entry("x", "F32", "[1]", 4, 8), bodyCount: 8, overlap),
    hostile("beyond the end", entry("x", "F32", "[2]", 0, 8), overlap),
    hostile("backwards", entry("x", "F32", "[1]", 0, -4), overlap),
    hostile("negative start", entry("x", "F32", "[1]", -4, 0), overlap),
    hostile("one offset", #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, overlap),
    hostile("three offsets", #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}"#, overlap),
    hostile(
      "bytes left over", entry("x", "F32", "[1]", 0, 4), bodyCount: 7,
      "3 bytes at the end belong to no tensor"),
    hostile(
      "overlap",
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
      bodyCount: 12, overlap),
    hostile(
      "twice the same place",
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
      overlap),
    hostile(
      "gap between",
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#,
      bodyCount: 12, overlap),
  ]

  @Test(arguments: hostile)
  func hostileFilesAreErrors(_ file: HostileFile) {
    let error = #expect(throws: TensorFileError.self) { try Safetensors(decoding: file.bytes) }
    #expect(error?.description.contains(file.message) == true, "\(error?.description ?? "")")
  }

  /// The bytes of the tensor that a JSON reader drops would belong to no tensor.
  @Test func aDuplicateNameIsAnError() {
    let twice =
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#
    #expect(throws: TensorFileError.self) {
      try Safetensors(decoding: safetensorsBytes(twice, [UInt8](repeating: 0, count: 8)))
    }
  }

  @Test func eachTruncationOfAFileIsAnError() throws {
    var file = Safetensors()
    file.tensors["first"] = Tensor([1, 2, 3])
    file.tensors["second"] = Tensor([[true, false]])
    let bytes = try file.encoded()
    for count in 0..<bytes.count {
      #expect(throws: TensorFileError.self) { try Safetensors(decoding: bytes.prefix(count)) }
    }
  }

  @Test func changedBytesAreReadOrErrors() throws {
    try changeBytes(rounds: 3000, seed: 11)
  }

  @Test(.slow) func manyChangedBytesAreReadOrErrors() throws {
    try changeBytes(rounds: 500_000, seed: 12)
  }

  private func changeBytes(rounds: Int, seed: UInt64) throws {
    var file = Safetensors()
    file.tensors["first"] = Tensor([1, 2, 3])
    file.tensors["second"] = Tensor([[true, false]])
    let bytes = try file.encoded()
    var generator = RandomGenerator(seed: seed)
    var (read, refused) = (0, 0)
    for _ in 0..<rounds {
      var changed = bytes
      for _ in 0...generator.integer(below: 3) {
        changed[generator.integer(below: bytes.count)] = UInt8(generator.integer(below: 256))
      }
      do {
        let file = try Safetensors(decoding: changed)
        // What was accepted can be used.
        for name in file.tensors.names { _ = file.tensors[name]?.scalars(as: Double.self) }
        read += 1
      } catch {
        #expect(!error.description.isEmpty)
        refused += 1
      }
    }
    #expect(read > 0 && refused > 0)
  }
}

/// Returns a header with one tensor.
private func entry(_ name: String, _ dtype: String, _ shape: String, _ start: Int, _ end: Int)
  -> String
{
  #"{"\#(name)":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":[\#(start),\#(end)]}}"#
}

private func headerLength(_ bytes: [UInt8]) -> Int {
  bytes[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
}
