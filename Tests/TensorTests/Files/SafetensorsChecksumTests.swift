import Foundation
import TestSupport
import Testing

struct SafetensorsChecksumTests {
  private func weight(_ file: Safetensors) -> [Float]? {
    file.tensors["w"]?.scalars(as: Float.self)
  }

  private let content = Safetensors(
    ["w": .seeded([7, 5]), "n": Tensor([1, 2, 3], dtype: .int32)], metadata: ["state": "{\"a\":1}"])

  @Test func theContentIsReadWithoutTheChecksum() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.safetensors"
      try content.write(to: path, checksummed: true)
      let read = try Safetensors(contentsOf: path)
      #expect(read.metadata == content.metadata && read.tensors.names.sorted() == ["n", "w"])
      #expect(weight(read) == weight(content))
      // Files without one are as they were.
      try content.write(to: path)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(content.encoded()))
    }
  }

  @Test func everyBitCounts() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.safetensors"
      try content.write(to: path, checksummed: true)
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      let key = Array("adjoint.crc32c".utf8)
      let start = try #require(
        (0..<bytes.count - key.count).first { Array(bytes[$0..<$0 + key.count]) == key })
      for index in bytes.indices {
        for bit in 0..<8 as Range<UInt8> {
          var damaged = bytes
          damaged[index] ^= 1 << bit
          let read = try? Safetensors(decoding: damaged)
          // A damaged name of the checksum is a text that nobody asked for; all else is whole.
          let isName = (start..<start + key.count).contains(index)
          #expect(isName || read == nil, "byte \(index), bit \(bit)")
          if let read {
            #expect(weight(read) == weight(content))
          }
        }
      }
    }
  }
}
