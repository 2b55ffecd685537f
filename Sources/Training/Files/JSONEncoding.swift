import Tensor

/// A JSON value that is being written.
///
/// A reference, because containers of an encoder are filled one after another.
final class JSONNode {
  private enum Content {
    case empty
    case literal(String)
    case list([JSONNode])
    case object([String: JSONNode])
  }

  private var content = Content.empty

  fileprivate func set(_ literal: String) { content = .literal(literal) }

  fileprivate func makeList() { if case .empty = content { content = .list([]) } }

  fileprivate func makeObject() { if case .empty = content { content = .object([:]) } }

  fileprivate var count: Int { if case .list(let nodes) = content { nodes.count } else { 0 } }

  fileprivate func appended() -> JSONNode {
    let node = JSONNode()
    if case .list(var nodes) = content {
      content = .empty
      nodes.append(node)
      content = .list(nodes)
    }
    return node
  }

  fileprivate func member(_ key: any CodingKey) -> JSONNode {
    guard case .object(var members) = content else { return JSONNode() }
    // An encoder may add to an object that it has begun.
    if let node = members[key.stringValue] { return node }
    let node = JSONNode()
    content = .empty
    members[key.stringValue] = node
    content = .object(members)
    return node
  }

  /// Appends the text of the value, with sorted keys.
  func write(to text: inout String, isIndented: Bool, level: Int = 0) {
    func list(_ opening: String, _ closing: String, _ count: Int, _ element: (Int) -> Void) {
      text += opening
      for i in 0..<count {
        if i > 0 { text += "," }
        if isIndented { text += "\n" + String(repeating: "  ", count: level + 1) }
        element(i)
      }
      if isIndented { text += count == 0 ? "\n\n" : "\n" }
      if isIndented { text += String(repeating: "  ", count: level) }
      text += closing
    }
    switch content {
    case .empty: text += "{}"
    case .literal(let literal): text += literal
    case .list(let nodes):
      list("[", "]", nodes.count) { i in
        nodes[i].write(to: &text, isIndented: isIndented, level: level + 1)
      }
    case .object(let members):
      let sorted = members.sorted { $0.key < $1.key }
      list("{", "}", sorted.count) { i in
        text += jsonLiteral(sorted[i].key) + (isIndented ? " : " : ":")
        sorted[i].value.write(to: &text, isIndented: isIndented, level: level + 1)
      }
    }
  }
}

/// Encodes a value as a ``JSONNode``.
struct JSONNodeEncoder: Encoder {
  let node: JSONNode
  var codingPath: [any CodingKey] = []
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    node.makeObject()
    return KeyedEncodingContainer(Keyed<Key>(encoder: self))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    node.makeList()
    return Unkeyed(encoder: self)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { Single(encoder: self) }

  /// Returns the encoder of a part of the value.
  private func child(_ node: JSONNode, _ key: any CodingKey) -> JSONNodeEncoder {
    JSONNodeEncoder(node: node, codingPath: codingPath + [key])
  }

  func encode(_ value: some Encodable) throws {
    switch value {
    case let value as Bool: node.set(value ? "true" : "false")
    case let value as String: node.set(jsonLiteral(value))
    case let value as Double: encodeNumber(value)
    case let value as Float: encodeNumber(value)
    case let value as any FixedWidthInteger: node.set(String(value))
    default: try value.encode(to: self)
    }
  }

  private func encodeNumber(_ value: some BinaryFloatingPoint) {
    guard value.isFinite else {
      // JSON has no such numbers. The sign and the payload of a NaN mean nothing.
      return node.set(jsonLiteral(value.isNaN ? "nan" : "\(value)"))
    }
    let description = "\(value)"
    node.set(description.hasSuffix(".0") ? String(description.dropLast(2)) : description)
  }

  private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: JSONNodeEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    private func member(_ key: any CodingKey) -> JSONNodeEncoder {
      encoder.child(encoder.node.member(key), key)
    }

    func encodeNil(forKey key: Key) { member(key).node.set("null") }
    func encode<T: Encodable>(_ value: T, forKey key: Key) throws { try member(key).encode(value) }
    func nestedContainer<NestedKey: CodingKey>(
      keyedBy type: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> { member(key).container(keyedBy: type) }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
      member(key).unkeyedContainer()
    }
    func superEncoder() -> any Encoder { member(JSONKey("super")) }
    func superEncoder(forKey key: Key) -> any Encoder { member(key) }
  }

  private struct Unkeyed: UnkeyedEncodingContainer {
    let encoder: JSONNodeEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }
    var count: Int { encoder.node.count }

    private func appended() -> JSONNodeEncoder {
      let key = JSONKey(count)
      return encoder.child(encoder.node.appended(), key)
    }

    func encodeNil() { appended().node.set("null") }
    func encode<T: Encodable>(_ value: T) throws { try appended().encode(value) }
    func nestedContainer<NestedKey: CodingKey>(
      keyedBy type: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> { appended().container(keyedBy: type) }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { appended().unkeyedContainer() }
    func superEncoder() -> any Encoder { appended() }
  }

  private struct Single: SingleValueEncodingContainer {
    let encoder: JSONNodeEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    func encodeNil() { encoder.node.set("null") }
    func encode<T: Encodable>(_ value: T) throws { try encoder.encode(value) }
  }
}

/// The key of a member or an element.
struct JSONKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(_ name: String) { (stringValue, intValue) = (name, nil) }
  init(_ index: Int) { (stringValue, intValue) = ("Index \(index)", index) }
  init?(stringValue: String) { self.init(stringValue) }
  init?(intValue: Int) { self.init(intValue) }
}
