import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Reads a page as XML, and collects what it consists of.
final class PageReader: NSObject, XMLParserDelegate {
  /// The number of elements of each name.
  private(set) var elements: [String: Int] = [:]
  /// The names of the headings' elements.
  private(set) var headings: [String] = []
  /// The texts of the headings of sections.
  private(set) var sections: [String] = []
  /// All text.
  private(set) var text = ""
  private var path: [String] = []

  /// Reads a page, which must be well-formed, self-contained and without numbers that are none.
  init(_ page: String, sourceLocation: SourceLocation = #_sourceLocation) {
    super.init()
    let parser = XMLParser(data: Data(page.utf8))
    parser.delegate = self
    #expect(
      parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "") at \(parser.lineNumber)",
      sourceLocation: sourceLocation)
    for name in ["script", "link", "iframe", "canvas"] {
      #expect(elements[name] == nil, "\(name)", sourceLocation: sourceLocation)
    }
    #expect(page.contains("prefers-color-scheme: dark"), sourceLocation: sourceLocation)
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    elements[name, default: 0] += 1
    path.append(name)
    if ["h1", "h2", "h3"].contains(name) { headings.append(name) }
    if name == "h2" { sections.append("") }
    for (key, value) in attributes where !["aria-label", "alt", "title"].contains(key) {
      #expect(!value.contains("nan") && !value.contains("inf"), "\(name) \(key): \(value)")
      #expect(!key.hasPrefix("on"))
    }
    if let source = attributes["src"] { #expect(source.hasPrefix("data:image/png;base64,")) }
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) { path.removeLast() }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    if path.last == "h2" { sections[sections.count - 1] += string }
    text += string
  }
}
