import Tensor

/// Values as JSON text with sorted keys.
///
/// It writes what Foundation's encoder writes, and numbers that are not finite. A coder of its own
/// saves a static program the seven megabytes of `FoundationEssentials`.
package enum JSONText {
  /// Returns a value as JSON, in which numbers that are not finite are the strings `nan`, `inf` and
  /// `-inf`.
  package static func encode(_ value: some Encodable, isIndented: Bool = false) throws -> String {
    let node = JSONNode()
    try JSONNodeEncoder(node: node).encode(value)
    var text = ""
    node.write(to: &text, isIndented: isIndented)
    return text
  }

  /// Returns the value of a JSON text, in which numbers that are not finite may be strings.
  ///
  /// - Throws: `DecodingError`, with an underlying error if the text is not JSON.
  package static func decode<Value: Decodable>(
    _ type: Value.Type, from bytes: some Sequence<UInt8>
  ) throws -> Value {
    let tree: JSONTree
    do {
      tree = try JSONTree(bytes)
    } catch {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: [], debugDescription: "the text is not valid JSON: \(error)",
          underlyingError: error))
    }
    return try JSONTreeDecoder(tree: tree).decode(type)
  }
}

extension JSONText {
  /// Returns what an error of ``decode(_:from:)`` complains about, in a phrase.
  package static func description(of error: any Error) -> String {
    func place(_ context: DecodingError.Context) -> String {
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      return path.isEmpty ? "" : "'\(path)': "
    }
    return switch error as? DecodingError {
    case .keyNotFound(let key, let context):
      "\(place(context))there is no '\(key.stringValue)'"
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .dataCorrupted(let context):
      "\(place(context))\(context.debugDescription)"
    default: "\(error)"
    }
  }
}

extension DecodingError {
  /// Whether it is about a value that cannot be used, in a text that is JSON and of the right form.
  package var isAboutValue: Bool {
    guard case .dataCorrupted(let context) = self else { return false }
    return context.underlyingError == nil
  }
}
