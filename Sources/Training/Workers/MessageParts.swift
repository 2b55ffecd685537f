/// Messages in parts, of which each has no more bytes than one call of MPI counts.
package struct MessageParts: Sendable {
  /// The most bytes of a call, which MPI counts in int32.
  package static let largest = 1 << 30

  /// The most bytes of a part, at least those of an element.
  private let mostBytes: Int

  /// Creates parts of so many bytes at most.
  package init(mostBytes: Int = Self.largest) { self.mostBytes = mostBytes }

  /// Whether messages of so many bytes in all fit into one call.
  package func holds(_ bytes: Int) -> Bool { bytes <= mostBytes }

  /// Returns the ranges of the elements of each part.
  package func ranges(of count: Int, elementBytes: Int) -> [Range<Int>] {
    let most = mostBytes / elementBytes
    return stride(from: 0, to: count, by: most).map { $0..<min($0 + most, count) }
  }

  /// Sends the message of each worker to the others in parts.
  ///
  /// - Parameters:
  ///   - message: That of this worker.
  ///   - rank: The number of this worker.
  ///   - lengths: The bytes of each message.
  ///   - broadcast: Replaces the bytes of all workers by those of one.
  /// - Returns: The messages of all workers, by rank.
  package func gather(
    _ message: [UInt8], of rank: Int, lengths: [Int],
    broadcast: (_ bytes: UnsafeMutableRawBufferPointer, _ root: Int) -> Void
  ) -> [[UInt8]] {
    lengths.indices.map { root in
      var bytes = root == rank ? message : [UInt8](repeating: 0, count: lengths[root])
      bytes.withUnsafeMutableBytes { bytes in
        for range in ranges(of: bytes.count, elementBytes: 1) {
          broadcast(UnsafeMutableRawBufferPointer(rebasing: bytes[range]), root)
        }
      }
      return bytes
    }
  }
}
