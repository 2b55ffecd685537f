/// A value of a JSON file.
enum JSONValue: Codable, Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  case unsigned(UInt64)
  case number(Double)
  case string(String)
  case list([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let bool = try? value.decode(Bool.self) {
      self = .bool(bool)
    } else if let integer = try? value.decode(Int64.self) {
      self = .integer(integer)
    } else if let integer = try? value.decode(UInt64.self) {
      self = .unsigned(integer)
    } else if let number = try Self.number(value) {
      self = .number(number)
    } else if let string = try? value.decode(String.self) {
      self = .string(string)
    } else if let list = try? value.decode([JSONValue].self) {
      self = .list(list)
    } else {
      self = .object(try value.decode([String: JSONValue].self))
    }
  }

  /// The number that a value is, or nil if it is none.
  ///
  /// - Throws: `DecodingError` for a number that is too large.
  private static func number(_ value: any SingleValueDecodingContainer) throws -> Double? {
    do {
      return try value.decode(Double.self)
    } catch DecodingError.typeMismatch {
      return nil
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let bool): try container.encode(bool)
    case .integer(let integer): try container.encode(integer)
    case .unsigned(let integer): try container.encode(integer)
    case .number(let number): try container.encode(number)
    case .string(let string): try container.encode(string)
    case .list(let list): try container.encode(list)
    case .object(let object): try container.encode(object)
    }
  }

  /// The text that one would type on the command line; nil for null.
  var text: String? {
    switch self {
    case .null: nil
    case .bool(let bool): String(bool)
    case .integer(let integer): String(integer)
    case .unsigned(let integer): String(integer)
    case .number(let number): String(number)
    case .string(let string): string
    case .list(let values): values.map { $0.text ?? "" }.joined(separator: ",")
    case .object: "{}"
    }
  }
}
