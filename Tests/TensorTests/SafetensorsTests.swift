import Foundation
import TestSupport
import Testing

struct SafetensorsTests {
  // MARK: Round trips

  @Test func tensorsComeBackAsTheyWere() throws {
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

  @Test func nothingComesBackAsNothing() throws {
    let read = try Safetensors(decoding: Safetensors().encoded())
    #expect(read.tensors.names == [] && read.metadata == [:])
  }

  @Test func viewsAreWrittenInTheirOwnOrder() throws {
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

  @Test func namesAreAddedReplacedAndRemoved() {
    var file = Safetensors()
    file.tensors["a"] = Tensor([1])
    file.tensors["b"] = Tensor([2])
    file.tensors["a"] = Tensor([3])
    #expect(file.tensors.names == ["a", "b"])
    #expect(file.tensors["a"]?.scalar() == 3)
    file.tensors["a"] = nil
    #expect(file.tensors.names == ["b"])
    #expect(file.tensors["a"] == nil)
    file.tensors["missing"] = nil
    #expect(file.tensors.names == ["b"])
  }

  @Test func theReservedNameIsRefused() {
    var file = Safetensors()
    file.tensors["__metadata__"] = Tensor([1])
    #expect(throws: TensorFileError("safetensors: __metadata__ is not a name for a tensor")) {
      try file.encoded()
    }
  }

  // MARK: The reference library's file

  @Test func readsTheFileOfTheReferenceLibrary() throws {
    let golden = try JSON.fixture("tiny.json")
    let bytes = [UInt8](try Data(contentsOf: fixtureURL("tiny.safetensors")))
    // Its int64 numbers reach beyond int32, which is an error; the others are read with those declared as
    // pairs of int32.
    #expect(throws: TensorFileError("safetensors: tensor 'int64' has int64 values beyond int32")) {
      try Safetensors(decoding: bytes)
    }
    let text = String(decoding: bytes[8..<(8 + headerLength(bytes))], as: UTF8.self)
    let header = text.replacing(#""I64","shape":[5]"#, with: #""I32","shape":[10]"#)
    let body = Array(bytes[(8 + headerLength(bytes))...])
    let read = try Safetensors(decoding: fileBytes(header, body))
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
    let body = numbers.flatMap { withUnsafeBytes(of: $0.littleEndian) { Array($0) } }
    let read = try Safetensors(decoding: fileBytes(entry("x", "I64", "[4]", 0, 32), body))
    expectIdentical(try #require(read.tensors["x"]), Tensor(numbers.map { Int32($0) }, shape: [4]))
  }

  @Test(
    arguments: [
      ("U8", [200, 1], [200, 1]), ("I8", [200, 1], [-56, 1]), ("I16", [0xFE, 0xFF], [-2]),
      ("U16", [0xFE, 0xFF], [65534]),
    ] as [(String, [UInt8], [Int32])])
  func shortIntegersAreReadAsInt32(_ dtype: String, _ bytes: [UInt8], _ expected: [Int32]) throws {
    let header = entry("x", dtype, "[\(expected.count)]", 0, bytes.count)
    let read = try Safetensors(decoding: fileBytes(header, bytes))
    expectIdentical(try #require(read.tensors["x"]), Tensor(expected, shape: [expected.count]))
  }

  // MARK: Hostile files

  struct Hostile: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let message: String

    init(_ name: String, _ bytes: [UInt8], _ message: String) {
      (testDescription, self.bytes, self.message) = (name, bytes, message)
    }

    /// A header of one tensor `x` with four bytes of data.
    init(_ name: String, _ header: String, bodyCount: Int = 4, _ message: String) {
      self.init(name, fileBytes(header, [UInt8](repeating: 0, count: bodyCount)), message)
    }
  }

  private static let overlap = "overlap, leave a gap or end beyond"
  private static let notJSON = "the header is not the JSON object"
  private static let noShape = "which no tensor can have"

  static let hostile: [Hostile] = [
    Hostile("empty", [], "0 bytes are too few for a header"),
    Hostile("seven bytes", [1, 2, 3, 4, 5, 6, 7], "7 bytes are too few for a header"),
    Hostile(
      "header length beyond the end", [3, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D],
      "a header of 3 bytes does not fit a file of 10"),
    Hostile(
      "header length of 2⁶⁴ − 1", [UInt8](repeating: 0xFF, count: 16),
      "a header of 18446744073709551615 bytes does not fit a file of 16"),
    Hostile("no header", fileBytes("", []), notJSON),
    Hostile("not JSON", "{\"x\": ", notJSON),
    Hostile("a list", "[]", notJSON),
    Hostile("zero bytes", "\0\0\0\0", notJSON),
    Hostile("not UTF-8", fileBytes(bytes: [0x7B, 0xFF, 0xFE, 0x7D], []), notJSON),
    Hostile("deep nesting", String(repeating: "[", count: 100_000), notJSON),
    Hostile("entry is a number", #"{"x": 3}"#, notJSON),
    Hostile("no dtype", #"{"x": {"shape": [1], "data_offsets": [0, 4]}}"#, notJSON),
    Hostile("shape of text", entry("x", "F32", "[\"1\"]", 0, 4), notJSON),
    Hostile("shape of fractions", entry("x", "F32", "[1.5]", 0, 4), notJSON),
    Hostile("size beyond Int", entry("x", "F32", "[9223372036854775808]", 0, 4), notJSON),
    Hostile("metadata of numbers", #"{"__metadata__": {"a": 1}}"#, bodyCount: 0, notJSON),
    Hostile("unknown dtype", entry("x", "F8_E4M3", "[4]", 0, 4), "has the dtype F8_E4M3"),
    Hostile("2⁶⁰ elements", entry("x", "F32", "[1152921504606846976]", 0, 4), noShape),
    Hostile("a product beyond Int", entry("x", "F32", "[2147483647,2147483647,4]", 0, 4), noShape),
    Hostile(
      "a product beyond Int, of none", entry("x", "F32", "[2147483647,2147483647,0]", 0, 0),
      bodyCount: 0, noShape),
    Hostile("negative size", entry("x", "F32", "[-1]", 0, 4), noShape),
    Hostile("two negative sizes", entry("x", "F32", "[-1, -1]", 0, 4), noShape),
    Hostile("nine axes", entry("x", "F32", "[1,1,1,1,1,1,1,1,1]", 0, 4), noShape),
    Hostile("too few bytes", entry("x", "F32", "[2]", 0, 4), "does not fill its 4 bytes"),
    Hostile("too many bytes", entry("x", "F32", "[]", 0, 8), bodyCount: 8, "does not fill its 8"),
    Hostile("gap before", entry("x", "F32", "[1]", 4, 8), bodyCount: 8, overlap),
    Hostile("beyond the end", entry("x", "F32", "[2]", 0, 8), overlap),
    Hostile("backwards", entry("x", "F32", "[1]", 0, -4), overlap),
    Hostile("negative start", entry("x", "F32", "[1]", -4, 0), overlap),
    Hostile("one offset", #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, overlap),
    Hostile("three offsets", #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}"#, overlap),
    Hostile(
      "bytes left over", entry("x", "F32", "[1]", 0, 4), bodyCount: 7,
      "3 bytes at the end belong to no tensor"),
    Hostile(
      "overlap",
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
      bodyCount: 12, overlap),
    Hostile(
      "twice the same place",
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
      overlap),
    Hostile(
      "gap between",
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#,
      bodyCount: 12, overlap),
  ]

  @Test(arguments: hostile)
  func hostileFilesAreErrors(_ file: Hostile) {
    let error = #expect(throws: TensorFileError.self) { try Safetensors(decoding: file.bytes) }
    #expect(error?.description.contains(file.message) == true, "\(error?.description ?? "")")
  }

  /// Which of the two a JSON reader keeps is its own affair; the other's bytes are missing.
  @Test func aNameThatStandsTwiceIsAnError() {
    let twice =
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#
    #expect(throws: TensorFileError.self) {
      try Safetensors(decoding: fileBytes(twice, [UInt8](repeating: 0, count: 8)))
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

  @Test func changedBytesAreReadOrRefusedButNeverTrap() throws {
    try changeBytes(rounds: 3000, seed: 11)
  }

  @Test(.slow) func manyChangedBytesAreReadOrRefused() throws {
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
        // All that was accepted can be used.
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

/// A header of one tensor.
private func entry(_ name: String, _ dtype: String, _ shape: String, _ start: Int, _ end: Int)
  -> String
{
  #"{"\#(name)":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":[\#(start),\#(end)]}}"#
}

private func fileBytes(_ header: String, _ body: [UInt8]) -> [UInt8] {
  fileBytes(bytes: Array(header.utf8), body)
}

private func fileBytes(bytes header: [UInt8], _ body: [UInt8]) -> [UInt8] {
  withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header + body
}

private func headerLength(_ bytes: [UInt8]) -> Int {
  bytes[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
}
