import Foundation
import TestSupport
import Testing

/// `.npy` files of NumPy are read and written byte for byte, and anything else is an error.
struct NumPyArrayTests {
  @Test func readsTheFilesOfNumPy() throws {
    let files = try JSON.fixture("tiny.json")["npy"].list
    #expect(files.count >= 10)
    for file in files {
      let name = try file["file"].text
      let bytes = try fixtureBytes(name)
      if name == "tiny-int64.npy" {
        #expect(throws: TensorFileError("npy: the array has int64 values that do not fit int32")) {
          try Tensor(npy: bytes)
        }
      } else {
        expectIdentical(try Tensor(npy: bytes), try file.tensor, name)
        // A collection that is not contiguous.
        expectIdentical(try Tensor(npy: bytes.lazy.map { $0 }), try file.tensor, name)
      }
    }
  }

  @Test(arguments: ["tiny-version2.npy", "tiny-version3.npy"])
  func readsLaterVersions(_ name: String) throws {
    expectIdentical(try Tensor(npy: fixtureBytes(name)), try Tensor(npy: fixtureBytes("tiny.npy")))
  }

  @Test(arguments: [
    "tiny.npy", "tiny-float64.npy", "tiny-int32.npy", "tiny-bool.npy", "tiny-scalar.npy",
    "tiny-empty.npy",
  ])
  func writesTheBytesOfNumPy(_ name: String) throws {
    let bytes = try fixtureBytes(name)
    #expect(try Tensor(npy: bytes).npyEncoded() == bytes)
  }

  @Test func writesViewsInRowOrder() throws {
    let x = Tensor.counting([3, 4])
    let transposed = Views.transpose(x, 0, 1)
    #expect(transposed.npyEncoded() == transposed.contiguous.npyEncoded())
    expectIdentical(try Tensor(npy: transposed.npyEncoded()), transposed)
    let row = Views.broadcast(Tensor([1, 2], dtype: .int32), to: [3, 2])
    expectIdentical(try Tensor(npy: row.npyEncoded(wideIntegers: true)), row)
  }

  /// The headers have many lengths around a multiple of 64.
  @Test func dataStartsAtAMultipleOf64() throws {
    for rank in 0...8 {
      for size in [1, 10, 1000] {
        let x = Tensor.zeros(Shape((0..<rank).map { $0 == rank - 1 ? size : 1 }))
        let bytes = x.npyEncoded()
        #expect((bytes.count - x.elementCount * 4) % 64 == 0)
        expectIdentical(try Tensor(npy: bytes), x)
      }
    }
  }

  /// Headers that Python reads as equal.
  @Test(arguments: [
    "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 1), }\n",
    "{'shape':(2,1,),'fortran_order':False,'descr':'<i2'}",
    "{\"descr\": \"<i2\", \"fortran_order\": False, \"shape\": (2L, 1L)}",
    "  {\n'descr'\t: '<i2' , 'fortran_order' : False , 'shape' : ( 2 , 1 ) }   ",
  ])
  func readsOtherSpellings(_ header: String) throws {
    for version in 1...3 as ClosedRange<UInt8> {
      let bytes = npyBytes(header, [1, 0, 0xFE, 0xFF], version: version)
      expectIdentical(try Tensor(npy: bytes), Tensor([1, -2] as [Int32], shape: [2, 1]))
    }
  }

  // MARK: Hostile files

  private static func header(
    dtype: String = "'<f4'", order: String = "False", shape: String = "(1,)"
  ) -> String {
    "{'descr': \(dtype), 'fortran_order': \(order), 'shape': \(shape), }"
  }

  private static let notADictionary = "npy: the header is not the Python dictionary"

  static let hostile: [HostileFile] = [
    HostileFile("empty", [], "npy: the first bytes are not those of a .npy file"),
    HostileFile("magic alone", [0x93] + "NUMPY".utf8, "npy: the file ends too early"),
    HostileFile("another magic", Array("PK\u{3}\u{4}".utf8), "the first bytes are not"),
    HostileFile(
      "version 4", npyBytes(header(), [0, 0, 0, 0], version: 4), "version 4.0 is not supported"),
    HostileFile(
      "version 0", npyBytes(header(), [0, 0, 0, 0], version: 0), "version 0.0 is not supported"),
    HostileFile(
      "header of 2³² − 1 bytes", [0x93] + "NUMPY".utf8 + [2, 0, 255, 255, 255, 255, 0x7B],
      "the file ends too early: 4294967295 bytes expected at 12"),
    HostileFile("no header", npyBytes("", []), notADictionary),
    HostileFile("a list", npyBytes("[1]", []), "'{' expected at byte 0"),
    HostileFile(
      "cut off", npyBytes("{'descr': '<f4', 'fort", []), "the end of the string expected"),
    HostileFile("not UTF-8", npyBytes("{'descr': '<f\\", []), notADictionary),
    HostileFile("escapes", npyBytes("{'de\\x73cr': 1}", []), "a string without escapes expected"),
    HostileFile("text after the end", npyBytes(header() + "x", [0, 0, 0, 0]), "its end expected"),
    HostileFile(
      "no shape", npyBytes("{'descr': '<f4', 'fortran_order': False}", []), "must each appear once"),
    HostileFile(
      "two shapes",
      npyBytes("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'shape': ()}", []),
      "descr, fortran_order and shape must each appear once"),
    HostileFile(
      "an unknown key", npyBytes("{'descr': '<f4', 'x': 1}", []), "the key 'x' is unknown"),
    HostileFile("order 1", npyBytes(header(order: "1"), []), "neither True nor False"),
    HostileFile("shape of a number", npyBytes(header(shape: "3"), []), "'(' expected"),
    HostileFile("shape without a comma", npyBytes(header(shape: "(1)"), []), "not a tuple"),
    HostileFile("shape of a comma", npyBytes(header(shape: "(,)"), []), "an integer"),
    HostileFile(
      "shape with zeros in front", npyBytes(header(shape: "(01,)"), []), "an integer"),
    HostileFile("shape of fractions", npyBytes(header(shape: "(1.0,)"), []), "',' expected"),
    HostileFile(
      "negative size", npyBytes(header(shape: "(-1,)"), [0, 0, 0, 0]),
      "npy: the array has the shape [-1], which no tensor can have"),
    HostileFile(
      "2⁶⁰ elements", npyBytes(header(shape: "(1152921504606846976,)"), [0, 0, 0, 0]),
      "which no tensor can have"),
    HostileFile(
      "2⁶⁴ elements", npyBytes(header(shape: "(18446744073709551616,)"), []), "at most 64 bits"),
    HostileFile(
      "a product of 2⁶²", npyBytes(header(shape: "(2147483647, 2147483647)"), []),
      "which no tensor can have"),
    HostileFile(
      "a product of 2⁶⁴, which wraps to 0",
      npyBytes(header(shape: "(65536, 65536, 65536, 65536)"), []),
      "which no tensor can have"),
    HostileFile(
      "2³¹ − 1 elements of nothing", npyBytes(header(shape: "(2147483647,)"), []),
      "of shape [2147483647] and float32 does not fill its 0 bytes"),
    HostileFile(
      "nine axes", npyBytes(header(shape: "(1, 1, 1, 1, 1, 1, 1, 1, 1)"), [0, 0, 0, 0]),
      "has 9 axes, which no tensor can have"),
    HostileFile("too few bytes", npyBytes(header(), [0, 0, 0]), "does not fill its 3 bytes"),
    HostileFile(
      "too many bytes", npyBytes(header(), [0, 0, 0, 0, 0]), "does not fill its 5 bytes"),
    HostileFile("objects", npyBytes(header(dtype: "'|O'"), []), "the dtype '|O' is not supported"),
    HostileFile("complex numbers", npyBytes(header(dtype: "'<c8'"), []), "'<c8' is not supported"),
    HostileFile("no type", npyBytes(header(dtype: "'<'"), []), "'<' is not supported"),
    HostileFile("no order", npyBytes(header(dtype: "'f4'"), []), "'f4' is not supported"),
    HostileFile("no dtype", npyBytes(header(dtype: "''"), []), "the dtype '' is not supported"),
    HostileFile(
      "a record", npyBytes(header(dtype: "[('x', '<f4')]"), []), "a string expected"),
    HostileFile(
      "parentheses", npyBytes(String(repeating: "(", count: 60_000), []), "'{' expected"),
    HostileFile(
      "uint32 beyond int32", npyBytes(header(dtype: "'<u4'"), [0, 0, 0, 0x80]),
      "the array has uint32 values that do not fit int32"),
    HostileFile(
      "uint64 beyond int32", npyBytes(header(dtype: "'>u8'"), [0, 0, 0, 1, 0, 0, 0, 0]),
      "the array has uint64 values that do not fit int32"),
  ]

  @Test(arguments: hostile)
  func hostileFilesAreErrors(_ file: HostileFile) {
    let error = #expect(throws: TensorFileError.self) { try Tensor(npy: file.bytes) }
    #expect(error?.kind == .content)
    #expect(error?.description.contains(file.message) == true, "\(error?.description ?? "")")
  }

  @Test(arguments: ["tiny.npy", "tiny-fortran.npy", "tiny-version2.npy"])
  func eachTruncationIsAnError(_ name: String) throws {
    let bytes = try fixtureBytes(name)
    for count in 0..<bytes.count {
      #expect(throws: TensorFileError.self) { try Tensor(npy: bytes.prefix(count)) }
    }
  }
}
