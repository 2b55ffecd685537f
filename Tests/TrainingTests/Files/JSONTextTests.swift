import Foundation
import TestSupport
import Testing

struct JSONTextTests {
  private enum Kind: String, Codable, Equatable { case first, second }

  private enum Choice: Codable, Equatable {
    case none
    case number(mean: Double, flags: [Bool])
  }

  private struct Inner: Codable, Equatable {
    var name: String
    var values: [Int?]
    var kind: Kind
  }

  private struct Record: Codable, Equatable {
    var z = true
    var integers: [Int64] = [0, -1, .max, .min]
    var unsigned = UInt64.max
    var small: UInt8 = 255
    var numbers: [Double] = [0, -0.0, 1, 0.1, 1e-300, 1.7976931348623157e308, 123456789.125, 1e21]
    var floats: [Float] = [0.1, 16_777_216, 1e-10]
    var text = "quote \" backslash \\ slash / tab \t line \n bell \u{7} é 漢 😀 \u{7f}"
    var nothing: Int?
    var something: Int? = 3
    var map = ["b": 1.5, "a": 2, "é": 3]
    var inner = [Inner(name: "x", values: [1, nil, 3], kind: .second)]
    var choices: [Choice] = [.none, .number(mean: 2.5, flags: [])]
    var empty: [String: Int] = [:]
    var nested: [[Double]] = [[], [1], [2, 3]]
  }

  private func foundationText(_ value: some Encodable, isIndented: Bool) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if isIndented { encoder.outputFormatting.insert(.prettyPrinted) }
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  @Test(arguments: [false, true]) func textIsThatOfFoundation(isIndented: Bool) throws {
    let text = try JSONText.encode(Record(), isIndented: isIndented)
    #expect(try text == foundationText(Record(), isIndented: isIndented))
    #expect(try JSONText.decode(Record.self, from: text.utf8) == Record())
    #expect(try JSONDecoder().decode(Record.self, from: Data(text.utf8)) == Record())
  }

  @Test func rootsOfAnyKind() throws {
    func check<Value: Codable & Equatable>(_ value: Value) throws {
      let text = try JSONText.encode(value)
      #expect(try text == foundationText(value, isIndented: false))
      #expect(try JSONText.decode(Value.self, from: text.utf8) == value)
    }
    try check(3)
    try check("x")
    try check([1.5, 2])
    try check([[String: Bool]]())
    try check(["key": [Kind.first]])
    try check(Optional(4))
  }

  @Test func numbersThatAreNotFinite() throws {
    let values: [Double] = [.infinity, -.infinity, 1]
    let text = try JSONText.encode(values)
    #expect(text == "[\"inf\",\"-inf\",1]")
    #expect(try JSONText.decode([Double].self, from: text.utf8) == values)
    let nan = try JSONText.encode(Float.nan)
    #expect(try JSONText.decode(Float.self, from: nan.utf8).isNaN)
  }

  @Test(arguments: ["1e400", "-1e309", "1e39"]) func numbersThatAreTooLarge(digits: String) {
    #expect {
      try JSONText.decode([String: Float].self, from: "{\"x\": \(digits)}".utf8)
    } throws: { error in
      JSONText.description(of: error) == "'x': \(digits) is too large"
    }
  }

  @Test func spacesEscapesAndWholeNumbers() throws {
    let text = #" { "a" : [ 1.0 , 2e2 , 0 , -0 , -0.0e1 , 10 ] , "b" : "\u00e9\ud83d\ude00\/\n" } "#
    struct Value: Decodable { var a: [Int], b: String }
    let value = try JSONText.decode(Value.self, from: text.utf8)
    #expect(value.a == [1, 200, 0, 0, 0, 10] && value.b == "é😀/\n")
  }

  @Test(arguments: [
    "", "{", "[1,]", "{\"a\" 1}", "{\"a\":1}x", "tru", "[1 2]", "\"\\x\"", "\"\\ud800\"", "01x",
    "nan", "{\"a\":05}", "{\"a\":-05}", "{\"a\":00}", "{\"a\":+5}", "{\"a\":5.}",
    "{\"a\":5.e1}",
    String(repeating: "[", count: 10_000), String(repeating: "{\"a\":", count: 101),
    "{\"a\": 1, \"b\": 2, \"a\": 1}", "{\"a\": {\"b\": 1, \"b\": 1}}", "\u{FEFF}\u{FEFF}{}",
  ]) func textThatIsNotJSON(text: String) {
    #expect {
      try JSONText.decode([String: Int].self, from: text.utf8)
    } throws: { error in
      guard case DecodingError.dataCorrupted(let context) = error else { return false }
      return context.underlyingError != nil
    }
  }

  @Test func aByteOrderMarkIsSkipped() throws {
    #expect(try JSONText.decode([String: Int].self, from: "\u{FEFF}{\"a\": 1}".utf8) == ["a": 1])
  }

  @Test func whatDoesNotFitIsNamed() {
    struct Value: Decodable { var a: [Item], flag: Bool? }
    struct Item: Decodable { var count: UInt8 }
    let cases = [
      ("{}", "there is no 'a'"),
      ("{\"a\":\n [}", "the text is not valid JSON: a value expected at line 2, column 3"),
      ("{\"a\": 3}", "'a': an array is expected, not a number"),
      ("{\"a\": [{\"count\": 256}]}", "'a.Index 0.count': 256 is not a value of UInt8"),
      ("{\"a\": [{\"count\": 1.5}]}", "'a.Index 0.count': 1.5 is not a value of UInt8"),
      ("{\"a\": [{\"count\": 1e400}]}", "'a.Index 0.count': 1e400 is too large"),
      ("{\"a\": [{\"count\": null}]}", "'a.Index 0.count': a number is expected, not null"),
      ("{\"a\": [], \"flag\": 1}", "'flag': a truth value is expected, not a number"),
    ]
    for (text, message) in cases {
      do {
        _ = try JSONText.decode(Value.self, from: text.utf8)
        Issue.record("\(text) was read")
      } catch {
        #expect(JSONText.description(of: error) == message)
      }
    }
  }
}
