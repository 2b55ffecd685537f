import Foundation
import TestSupport
import Testing

/// Returns the bytes of a file in `Tests/Fixtures`.
func fixtureBytes(_ name: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: fixtureURL(name)))
}

/// The tensors of the files `exact*`, written by NumPy and the safetensors library, in the order of
/// the archive.
let exactTensors: [(name: String, tensor: Tensor)] = [
  ("b", Tensor([1.5, -2.25, 0.1])),
  ("a", Tensor([[0.1], [-1e300]], dtype: .float64)),
  ("Z", .counting([3, 4])),
  ("é", Tensor([1, -2, 3, Int32.max], shape: [2, 1, 2])),
  ("e", Tensor(7, dtype: .int32)),
  ("ｚ\u{1D41A}", Tensor([true, false, true], shape: [3])),
  ("quote \" back \\ slash / tab \t bell \u{7} line \u{2028}", Tensor(3.25)),
  ("empty", .zeros([0, 3])),
  ("shape", .zeros([1, 12345, 0], dtype: .float64)),
  ("long", .zeros([1000], dtype: .bool)),
]

extension [UInt8] {
  /// Returns the first index from `start` on at which a run of bytes occurs.
  func place(of run: [UInt8], from start: Int = 0) -> Int? {
    (start...Swift.max(start, count - run.count)).first { self[$0...].starts(with: run) }
  }

  /// Overwrites bytes with a little-endian integer.
  mutating func put(_ value: some FixedWidthInteger, at place: Int) {
    let bytes = littleEndian(value)
    replaceSubrange(place..<place + bytes.count, with: bytes)
  }
}

/// Returns the bytes of an integer, little-endian.
func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

/// Returns a `.npy` file with a header and data.
func npyBytes(_ header: String, _ data: [UInt8], version: UInt8 = 1) -> [UInt8] {
  let length =
    version == 1 ? littleEndian(UInt16(header.utf8.count)) : littleEndian(UInt32(header.utf8.count))
  return [0x93] + "NUMPY".utf8 + [version, 0] + length + header.utf8 + data
}

/// Returns a safetensors file with a header and data.
func safetensorsBytes(_ header: String, _ data: [UInt8]) -> [UInt8] {
  littleEndian(UInt64(header.utf8.count)) + header.utf8 + data
}

/// Returns an archive of uncompressed entries with correct checksums.
func zipBytes(_ entries: [(name: String, content: [UInt8])]) -> [UInt8] {
  var archive = ZipWriter()
  do throws(TensorFileError) {
    for (name, content) in entries {
      try archive.add(name) { writer throws(TensorFileError) in try writer.append(content) }
    }
    return try archive.finishedBytes()
  } catch {
    fatalError("writing to memory failed: \(error)")
  }
}

/// A file whose decoding is an error.
struct HostileFile: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let bytes: [UInt8]
  /// A part of the expected message.
  let message: String

  init(_ testDescription: String, _ bytes: [UInt8], _ message: String) {
    (self.testDescription, self.bytes, self.message) = (testDescription, bytes, message)
  }
}
