/// Writes a message in the binary format of Protocol Buffers.
///
/// Fields are written in the order of the calls. Only what ONNX needs is here: variable-length
/// integers, 32-bit floating-point numbers, strings, bytes and messages inside.
package struct ProtobufWriter {
  /// The message so far.
  package private(set) var bytes: [UInt8] = []

  /// Creates an empty message.
  package init() {}

  /// The types of a field's content.
  private enum WireType: UInt64 {
    case variableLength = 0
    case lengthDelimited = 2
    case fixed32 = 5
  }

  private mutating func tag(_ field: Int, _ type: WireType) {
    variableLength(UInt64(field) << 3 | type.rawValue)
  }

  /// Groups of seven bits, the lowest first; the high bit says that another group follows.
  private mutating func variableLength(_ number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// Writes an integer; a negative one takes ten bytes.
  package mutating func integer(_ field: Int, _ value: Int) {
    tag(field, .variableLength)
    variableLength(UInt64(bitPattern: Int64(value)))
  }

  /// Writes a number as 32 bits.
  package mutating func float(_ field: Int, _ value: Float) {
    tag(field, .fixed32)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
  }

  /// Writes bytes.
  package mutating func data(_ field: Int, _ value: some Collection<UInt8>) {
    tag(field, .lengthDelimited)
    variableLength(UInt64(value.count))
    bytes += value
  }

  /// Writes a string as UTF-8.
  package mutating func string(_ field: Int, _ value: String) { data(field, Array(value.utf8)) }

  /// Writes a message inside of this one.
  package mutating func message(_ field: Int, _ body: (inout ProtobufWriter) -> Void) {
    var inner = ProtobufWriter()
    body(&inner)
    data(field, inner.bytes)
  }
}
