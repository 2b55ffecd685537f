import Tensor

/// A JSON value that was read.
enum JSONTree {
  case null
  case bool(Bool)
  /// The digits of a number.
  case number(String)
  case string(String)
  case list([JSONTree])
  case object([String: JSONTree])

  /// The values inside one another that are read: enough for what anyone writes, and few enough
  /// for the stack of any thread.
  private static let deepest = 100

  /// Reads a text, which may begin with a byte order mark.
  init(_ bytes: some Sequence<UInt8>) throws {
    var bytes = Array(bytes)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    self = try bytes.withUnsafeBytes { bytes in
      var scanner = HeaderScanner(bytes)
      let tree = try Self.value(&scanner, depth: Self.deepest)
      try scanner.expectEnd()
      return tree
    }
  }

  private static func value(
    _ scanner: inout HeaderScanner, depth: Int
  ) throws(TensorFileError) -> JSONTree {
    if depth == 0 { throw TensorFileError("the values are nested too deep") }
    switch scanner.peek() {
    case UInt8(ascii: "{"):
      var members: [String: JSONTree] = [:]
      try scanner.object { scanner, key throws(TensorFileError) in
        guard members[key] == nil else {
          throw TensorFileError("'\(key)' is there twice, again at \(scanner.place)")
        }
        members[key] = try value(&scanner, depth: depth - 1)
      }
      return .object(members)
    case UInt8(ascii: "["):
      var elements: [JSONTree] = []
      try scanner.list("[", "]") { scanner throws(TensorFileError) in
        elements.append(try value(&scanner, depth: depth - 1))
      }
      return .list(elements)
    case UInt8(ascii: "\""): return .string(try scanner.jsonString())
    default:
      if scanner.skip(word: "true") { return .bool(true) }
      if scanner.skip(word: "false") { return .bool(false) }
      if scanner.skip(word: "null") { return .null }
      return .number(try scanner.jsonNumber())
    }
  }

  /// What the value is, in a few words.
  fileprivate var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a truth value"
    case .number: "a number"
    case .string: "a string"
    case .list: "an array"
    case .object: "an object"
    }
  }
}

/// Decodes a value from a ``JSONTree``.
struct JSONTreeDecoder: Decoder {
  let tree: JSONTree
  var codingPath: [any CodingKey] = []
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .object(let members) = tree else { throw mismatch(type, "an object") }
    return KeyedDecodingContainer(Keyed<Key>(decoder: self, members: members))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .list(let elements) = tree else { throw mismatch([Any].self, "an array") }
    return Unkeyed(decoder: self, elements: elements)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { Single(decoder: self) }

  private func child(_ tree: JSONTree, _ key: any CodingKey) -> JSONTreeDecoder {
    JSONTreeDecoder(tree: tree, codingPath: codingPath + [key])
  }

  private func mismatch(_ type: Any.Type, _ expected: String) -> DecodingError {
    let context = DecodingError.Context(
      codingPath: codingPath, debugDescription: "\(expected) is expected, not \(tree.kind)")
    if case .null = tree { return .valueNotFound(type, context) }
    return .typeMismatch(type, context)
  }

  private var isNull: Bool { if case .null = tree { true } else { false } }

  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    let value: Any?
    switch type {
    case is Bool.Type:
      guard case .bool(let bool) = tree else { throw mismatch(type, "a truth value") }
      value = bool
    case is String.Type:
      guard case .string(let string) = tree else { throw mismatch(type, "a string") }
      value = string
    case is Double.Type: value = try number(type) { Double($0) }
    case is Float.Type: value = try number(type) { Float($0) }
    case let integer as any FixedWidthInteger.Type: value = try number(type) { exact($0, integer) }
    default: return try Value(from: self)
    }
    guard let value = value as? Value else { throw mismatch(type, "\(type)") }
    return value
  }

  /// Returns a number, or one that is not finite from a string.
  private func number(_ type: Any.Type, _ convert: (String) -> Any?) throws -> Any {
    switch tree {
    case .number(let digits):
      let value = convert(digits)
      let isTooLarge =
        Double(digits)?.isInfinite ?? false || (value as? Float)?.isInfinite ?? false
      if let value, !isTooLarge { return value }
      let problem = isTooLarge ? "is too large" : "is not a value of \(type)"
      throw DecodingError.dataCorrupted(
        .init(codingPath: codingPath, debugDescription: "\(digits) \(problem)"))
    case .string(let name) where ["inf", "-inf", "nan"].contains(name):
      if let value = convert(name) { return value }
      throw mismatch(type, "a number")
    default: throw mismatch(type, "a number")
    }
  }

  private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: JSONTreeDecoder
    let members: [String: JSONTree]
    var codingPath: [any CodingKey] { decoder.codingPath }
    var allKeys: [Key] { members.keys.compactMap { Key(stringValue: $0) } }

    private func member(_ key: any CodingKey) throws -> JSONTreeDecoder {
      guard let tree = members[key.stringValue] else {
        throw DecodingError.keyNotFound(
          key,
          .init(
            codingPath: codingPath, debugDescription: "there is no '\(key.stringValue)'"))
      }
      return decoder.child(tree, key)
    }

    func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }
    func decodeNil(forKey key: Key) throws -> Bool { try member(key).isNull }
    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
      try member(key).decode(type)
    }
    func nestedContainer<NestedKey: CodingKey>(
      keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> { try member(key).container(keyedBy: type) }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
      try member(key).unkeyedContainer()
    }
    func superDecoder() throws -> any Decoder { try member(JSONKey("super")) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try member(key) }
  }

  private struct Unkeyed: UnkeyedDecodingContainer {
    let decoder: JSONTreeDecoder
    let elements: [JSONTree]
    var currentIndex = 0
    var codingPath: [any CodingKey] { decoder.codingPath }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex == elements.count }

    private func element(_ type: Any.Type) throws -> JSONTreeDecoder {
      let key = JSONKey(currentIndex)
      guard !isAtEnd else {
        throw DecodingError.valueNotFound(
          type, .init(codingPath: codingPath + [key], debugDescription: "the array ends before"))
      }
      return decoder.child(elements[currentIndex], key)
    }

    /// Reads an element and goes to the next one if nothing is thrown.
    private mutating func next<T>(
      _ type: Any.Type, _ read: (JSONTreeDecoder) throws -> T
    ) throws -> T {
      let result = try read(try element(type))
      currentIndex += 1
      return result
    }

    mutating func decodeNil() throws -> Bool {
      let isNull = try element(Never.self).isNull
      if isNull { currentIndex += 1 }
      return isNull
    }
    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
      try next(type) { try $0.decode(type) }
    }
    mutating func nestedContainer<NestedKey: CodingKey>(
      keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
      try next(type) { try $0.container(keyedBy: type) }
    }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
      try next([Any].self) { try $0.unkeyedContainer() }
    }
    mutating func superDecoder() throws -> any Decoder { try next((any Decoder).self) { $0 } }
  }

  private struct Single: SingleValueDecodingContainer {
    let decoder: JSONTreeDecoder
    var codingPath: [any CodingKey] { decoder.codingPath }

    func decodeNil() -> Bool { decoder.isNull }
    func decode<T: Decodable>(_ type: T.Type) throws -> T { try decoder.decode(type) }
  }
}

/// Returns an integer of a type from its digits, also `5.0` and `1e3`, or `nil` if it has no such
/// value.
private func exact<Integer: FixedWidthInteger>(_ digits: String, _ type: Integer.Type) -> Any? {
  Integer(digits) ?? Double(digits).flatMap { Integer(exactly: $0) }
}
