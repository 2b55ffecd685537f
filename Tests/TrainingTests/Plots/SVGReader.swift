import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Counts elements and collects the texts of an XML document.
final class SVGReader: NSObject, XMLParserDelegate {
  var elements: [String: Int] = [:]
  var text = ""
  var lines: Set<String> { Set(text.split(separator: "\n").map(String.init)) }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    elements[name, default: 0] += 1
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string + "\n" }
}
