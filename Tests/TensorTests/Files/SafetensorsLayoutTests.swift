import Foundation
import TestSupport
import Testing

/// The bytes of safetensors files compared with those of the reference library.
struct SafetensorsLayoutTests {
  private func exactFile(reversed: Bool = false) -> Safetensors {
    var file = Safetensors()
    for (name, tensor) in reversed ? exactTensors.reversed() : exactTensors {
      file.tensors[name] = tensor
    }
    file.metadata = ["note": "one \"entry\""]
    return file
  }

  @Test func writesTheBytesOfTheReferenceLibrary() throws {
    #expect(try exactFile().encoded() == fixtureBytes("exact.safetensors"))
    #expect(try exactFile(reversed: true).encoded() == fixtureBytes("exact.safetensors"))
    #expect(
      try exactFile().encoded(wideIntegers: true) == fixtureBytes("exact-wide.safetensors"))
    #expect(try Safetensors().encoded() == safetensorsBytes("{}      ", []))
  }

  @Test(arguments: ["exact.safetensors", "exact-wide.safetensors"])
  func readsWhatItWrites(_ name: String) throws {
    let file = try Safetensors(decoding: fixtureBytes(name))
    #expect(file.tensors.names.sorted() == exactTensors.map(\.name).sorted())
    #expect(file.metadata == ["note": "one \"entry\""])
    for (name, tensor) in exactTensors {
      expectIdentical(try #require(file.tensors[name]), tensor, name)
    }
  }

  @Test func metadataIsSortedByTheBytesOfItsKeys() throws {
    var file = Safetensors()
    file.metadata = ["b": "", "ｚ": "1", "\u{1D41A}": "2", "a\n": "\u{1F}"]
    let bytes = try file.encoded()
    let header = #"{"__metadata__":{"a\n":"\u001f","b":"","ｚ":"1","𝐚":"2"}}"#
    #expect(
      bytes == safetensorsBytes(header + "      ".prefix((8 - header.utf8.count % 8) % 8), []))
  }

  // MARK: Headers that the reference library reads too

  private static let entry = #"{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#

  @Test(arguments: [
    (#"{"x":{"data_offsets":[0,4],"shape":[1],"dtype":"F32"}}"#, "x"),
    (
      " {\n\t\"x\" : {\"dtype\" : \"F32\" , \"shape\" : [ 1 ] , \"data_offsets\" : [ 0 , 4 ] } }\r\n  ",
      "x"
    ),
    (#"{"\u0078\/\"\\\b\f\n\r\t\ud83d\ude00":"# + entry + "}", "x/\"\\\u{8}\u{C}\n\r\t😀"),
    (#"{"":"# + entry + "}", ""),
    (
      #"{"x":{"dtype":"F32","new":[{"a":[],"b":{}},-1.5e-3,true,false,null,"]"],"shape":[1],"data_offsets":[0,4]}}"#,
      "x"
    ),
  ])
  func readsOtherSpellings(_ header: String, _ name: String) throws {
    let file = try Safetensors(
      decoding: safetensorsBytes(header, littleEndian((1.5 as Float).bitPattern)))
    #expect(file.tensors.names == [name])
    expectIdentical(try #require(file.tensors[name]), Tensor([1.5]))
  }

  @Test func emptyTensorsShareAnOffset() throws {
    let header = """
      {"c":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},\
      "d":{"dtype":"F32","shape":[2,0],"data_offsets":[4,4]},"a":{"dtype":"I32","shape":[0],"data_offsets":[0,0]}}
      """
    let file = try Safetensors(decoding: safetensorsBytes(header, [0, 0, 0, 0]))
    #expect(file.tensors.names == ["b", "a", "c", "d"])
  }

  // MARK: Hostile headers

  private static let notJSON = "the header is not the JSON object that the format requires"

  private static func hostile(_ name: String, _ header: String, _ message: String) -> HostileFile {
    HostileFile(name, safetensorsBytes(header, [0, 0, 0, 0]), message)
  }

  static let hostile: [HostileFile] = [
    hostile("two of a name", #"{"x":\#(entry),"x":\#(entry)}"#, "which overlap"),
    hostile(
      "two empty ones of a name",
      #"{"x":\#(entry),"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#,
      "two tensors have the name 'x'"),
    hostile(
      "two of a name, in two encodings",
      #"{"é":\#(entry),"e\u0301":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}}"#,
      "two tensors have the name"),
    hostile("two metadata", #"{"__metadata__":{},"__metadata__":{}}"#, "two entries __metadata__"),
    hostile("two texts of a key", #"{"__metadata__":{"a":"","a":""}}"#, "has two texts 'a'"),
    hostile(
      "two dtypes", #"{"x":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
      "tensor 'x' does not have one dtype"),
    hostile(
      "nested too deep", #"{"x":{"new":"# + String(repeating: "[", count: 90_000), "less nesting"),
    hostile("text behind", #"{"x":\#(entry)}x"#, notJSON),
    hostile("two objects", "{}{}", notJSON),
    hostile("comma at the end", #"{"x":\#(entry),}"#, notJSON),
    hostile("leading zero", #"{"x":{"dtype":"F32","shape":[01],"data_offsets":[0,4]}}"#, notJSON),
    hostile("exponent", #"{"x":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}"#, notJSON),
    hostile("lone surrogate", #"{"\ud83d":\#(entry)}"#, "an escape"),
    hostile("surrogates the wrong way", #"{"\ude00\ud83d":\#(entry)}"#, "an escaped character"),
    hostile("surrogate and a letter", #"{"\ud83d\u0041":\#(entry)}"#, "an escaped character"),
    hostile("unknown escape", #"{"\x41":\#(entry)}"#, "an escape"),
    hostile("short escape", #"{"\u12"#, "an escape"),
    hostile("escape at the end", #"{"\"#, "an escape"),
    hostile("signed escape", #"{"\u+123":\#(entry)}"#, "an escape"),
    hostile("control character", "{\"a\nb\":\(entry)}", "the end of the string expected"),
    hostile("word for a value", #"{"x":{"new":nul}}"#, "a value expected"),
    hostile(
      "data_offsets of text", #"{"x":{"dtype":"F32","shape":[1],"data_offsets":"04"}}"#, notJSON),
    hostile(
      "uint32", #"{"x":{"dtype":"F64","shape":[1],"data_offsets":[0,4]}}"#,
      "does not fill its 4 bytes"),
  ]

  @Test(arguments: hostile)
  func hostileHeadersAreErrors(_ file: HostileFile) {
    let error = #expect(throws: TensorFileError.self) { try Safetensors(decoding: file.bytes) }
    #expect(error?.kind == .content)
    #expect(error?.description.contains(file.message) == true, "\(error?.description ?? "")")
  }
}
