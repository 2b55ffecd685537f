/// A 64-bit FNV-1a hash of words, by which a resumed run notices that its data has changed.
package struct Fingerprint: Sendable {
  private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

  package init() {}

  /// Adds a word.
  package mutating func add(_ word: UInt32) { hash = (hash ^ UInt64(word)) &* 0x100_0000_01b3 }

  /// The hash of the words so far.
  package var text: String { String(hash, radix: 16) }
}
