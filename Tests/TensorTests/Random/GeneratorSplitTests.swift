import Foundation
import TestSupport
import Testing

/// A child generator has the key and the stream that its parent's block says.
struct GeneratorSplitTests {
  private static func pair(_ low: UInt32, _ high: UInt32) -> UInt64 {
    UInt64(high) << 32 | UInt64(low)
  }

  @Test(arguments: [0, 1, 0xFEDC_BA98_7654_3210] as [UInt64], [0, 3])
  func aChildDrawsTheBlocksOfItsKeyAndStream(_ seed: UInt64, _ drawn: Int) {
    var parent = RandomGenerator(seed: seed)
    for _ in 0..<drawn { _ = parent.next() }
    var child = parent.split()
    let words = RandomGenerator.philox(
      SIMD4(UInt32(drawn), 0, 0, 0),
      key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
    for position in 0..<3 {
      let block = RandomGenerator.philox(
        SIMD4(UInt32(position), 0, words[2], words[3]), key: SIMD2(words[0], words[1]))
      #expect(child.next() == Self.pair(block[0], block[1]), "block \(position)")
    }
  }

  /// Key and stream, 128 bits, are saved and restored, so that children do not meet as those of a
  /// key of 64 bits alone would after some 2³² of them.
  @Test func theStreamOfAChildIsPartOfItsState() throws {
    struct State: Codable {
      var key: UInt64
      var stream: UInt64
      var position: UInt64
    }
    var parent = RandomGenerator(seed: 5)
    for _ in 0..<4 {
      var child = parent.split()
      var state = try JSONDecoder().decode(State.self, from: JSONEncoder().encode(child))
      #expect(state.stream != 0 && state.position == 0)
      state.stream = 0
      var other = try JSONDecoder().decode(
        RandomGenerator.self, from: JSONEncoder().encode(state))
      #expect(other != child)
      #expect(other.next() != child.next())
    }
  }
}
