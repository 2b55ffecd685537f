import Foundation
import TestSupport

/// The public operations as the sources declare them, in the spelling of ``OpCase/operations``.
enum PublicOperations {
  /// The declarations in all files under `Sources/Autograd/Operations`.
  static func declared() throws -> [String] {
    let folder = packageFolder.appending(path: "Sources/Autograd/Operations")
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    return try (files?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "swift" }.flatMap {
      declarations(in: try String(contentsOf: $0, encoding: .utf8))
    }
  }

  /// The public functions, subscripts and properties that a source text declares at the top level
  /// or in an extension of `Tensor` or `LinearAlgebra`.
  static func declarations(in source: String) -> [String] {
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    var isInType = false
    var found = [String]()
    for (i, line) in lines.enumerated() {
      if line == "extension Tensor {" || line == "extension LinearAlgebra {" { isInType = true }
      if line == "}" { isInType = false }
      guard line.hasPrefix("public ") || isInType && line.hasPrefix("  public ") else { continue }
      let text = lines[i...].joined(separator: " ")
      if let declaration = declaration(text) { found.append(declaration) }
    }
    return found
  }

  /// A declaration without internal parameter names, such as `+(Tensor, Double)`,
  /// `sum(along: [Int], keepingAxes: Bool)` or `isFinite`.
  private static func declaration(_ text: String) -> String? {
    guard
      let match = text.firstMatch(
        of: /^ *public (?:static )?(prefix )?(?:(func)|(subscript)|(?:var)|(?=init)) *([^ (:<]*)/)
    else { return nil }
    let isOperator = match.2 != nil && match.4.first?.isLetter == false
    if match.2 == nil && match.3 == nil && match.4 != "init" { return String(match.4) }
    let name = match.3 == nil ? match.4 : "subscript"
    // Search from the start of the match, because `<` in the name of an operator ends the match
    // early.
    let rest = text[match.range.lowerBound...]
    guard let open = rest.firstIndex(of: "("), let close = closing(rest, open) else { return nil }
    let head = rest[..<open]
    // What follows an operator may be a generic parameter.
    let afterKeyword = head.split(separator: " ").drop { $0 != "func" }.dropFirst().first
    let spelled = isOperator || name.isEmpty ? afterKeyword.map(String.init) ?? "" : String(name)
    let parameters = split(rest[rest.index(after: open)..<close]).map { parameter in
      parameter.first == "_" || isOperator || name == "subscript"
        || spelled.first?.isLetter == false
        ? type(of: parameter)
        : "\(parameter.prefix { $0 != " " && $0 != ":" }): \(type(of: parameter))"
    }
    let prefix = match.1 == nil ? "" : "prefix "
    return "\(prefix)\(spelled)(\(parameters.joined(separator: ", ")))"
  }

  /// The type of `label name: Type = default`.
  private static func type(of parameter: Substring) -> String {
    let afterColon = parameter.split(separator: ":", maxSplits: 1).last ?? ""
    let type = afterColon.split(separator: "=", maxSplits: 1).first ?? ""
    return type.trimmingCharacters(in: .whitespaces)
  }

  /// The position of the parenthesis that closes the one at `open`.
  private static func closing(_ text: Substring, _ open: String.Index) -> String.Index? {
    var depth = 0
    for i in text.indices[open...] {
      if text[i] == "(" { depth += 1 }
      if text[i] == ")" {
        depth -= 1
        if depth == 0 { return i }
      }
    }
    return nil
  }

  /// A parameter list split at its outer commas.
  private static func split(_ text: Substring) -> [Substring] {
    var depth = 0
    let parts = text.split { character in
      if "([<".contains(character) { depth += 1 }
      if ")]>".contains(character) { depth -= 1 }
      return character == "," && depth == 0
    }
    return parts.map { $0.drop { $0 == " " } }
  }
}
