import Testing
import Training

@testable import Train

struct PrintableTextTests {
  @Test(arguments: [
    ("plain é ⠒\n\ttext", "plain é ⠒\n\ttext"), ("a\u{1B}[31mb", "a\\u{1B}[31mb"),
    ("\u{7}\r\u{0}", "\\u{7}\\u{D}\\u{0}"), ("\u{9B}2J\u{7F}", "\\u{9B}2J\\u{7F}"),
    ("a\u{202E}b\u{2066}", "a\\u{202E}b\\u{2066}"),
  ])
  func controlCharactersAreEscaped(text: String, shown: String) {
    #expect(PrintableText.text(text) == shown)
  }

  @Test func partsOfLinesHaveNoLineBreaks() {
    #expect(PrintableText.inLine("a\nb\tc\u{1B}") == "a\\nb\\tc\\u{1B}")
    let table = TextTable.text(["a\nb"], [["\u{1B}]0;x\u{7}"]])
    #expect(table.split(separator: "\n").count == 3 && !table.contains("\u{1B}"))
  }

  /// As of a value that an error quotes.
  @Test func theMiddleOfALongLineIsLeftOut() {
    let line = PrintableText.inLine("start" + String(repeating: "x", count: 1_000_000) + "end")
    #expect(line.hasPrefix("startxx") && line.hasSuffix("xxend") && line.contains("x ... x"))
    #expect(line.count < 2000)
    let text = String(repeating: "x", count: 2000)
    #expect(PrintableText.inLine(text) == text)
  }

  @Test func withoutUTF8TextIsASCII() {
    #expect(PrintableText.text("R² ━┄ ⠒⠀ é", isUnicode: false) == "R2 =- .  \\u{E9}")
  }

  @Test(arguments: [true, false]) func jsonStaysJSON(isUnicode: Bool) throws {
    let value = ["a\u{9B}é😀\u{202E}\u{7F}": 1]
    let text = PrintableText.json(try JSONText.encode(value), isUnicode: isUnicode)
    #expect(PrintableText.text(text, isUnicode: isUnicode) == text)
    #expect(try JSONText.decode([String: Int].self, from: text.utf8) == value)
  }

  @Test(
    arguments: [
      (["LANG": "C.UTF-8"], true), (["LANG": "de_DE.utf8", "LC_ALL": ""], true),
      (["LANG": "en_US.UTF-8", "LC_ALL": "C"], false),
      (["LC_CTYPE": "en_US.ISO-8859-1", "LANG": "C.UTF-8"], false), ([:], false),
    ] as [([String: String], Bool)])
  func theLocaleDecides(environment: [String: String], isUnicode: Bool) {
    #expect(Console.isUnicode { environment[$0] } == isUnicode)
  }

  @Test func longLinesAreBrokenBetweenWords() {
    let text = "one two three four\n\nfive"
    #expect(PrintableText.wrapped(text, to: 9) == "one two\n  three\n  four\n\nfive")
    #expect(PrintableText.wrapped("unbreakable", to: 4) == "unbreakable")
    #expect(PrintableText.wrapped(text, to: 40) == text)
  }
}
