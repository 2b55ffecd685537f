#if canImport(FoundationEssentials)
  // Without the Unicode tables of all of Foundation, which a static program would contain.
  import FoundationEssentials
#else
  import Foundation
#endif

/// Values as JSON text with sorted keys.
package enum JSONText {
  /// Returns a value as JSON.
  package static func encode(_ value: some Encodable, isIndented: Bool = false) throws -> String {
    String(decoding: try encoder(isIndented: isIndented).encode(value), as: UTF8.self)
  }

  /// Returns a value as JSON in which numbers that are not finite are strings.
  static func encodeAllowingNonFinite(_ value: some Encodable) throws -> String {
    let encoder = encoder(isIndented: false)
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// Returns the value of a JSON text.
  package static func decode<Value: Decodable>(
    _ type: Value.Type, from bytes: some Sequence<UInt8>
  ) throws -> Value {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try decoder.decode(type, from: Data(bytes))
  }

  private static func encoder(isIndented: Bool) -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if isIndented { encoder.outputFormatting.insert(.prettyPrinted) }
    return encoder
  }
}

extension JSONText {
  /// Returns what an error of ``decode(_:from:)`` complains about, in a phrase.
  static func description(of error: any Error) -> String {
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
