import CLibrary
import Synchronization

/// The temporary files that this process is writing, so that a handler of a signal that ends the
/// process can delete them.
package enum TemporaryFiles {
  /// The number of files that can be noted at once; more are written without a note.
  private static let capacity = 64

  /// The addresses of the paths, 0 for a free place; whoever takes an address out owns the path.
  nonisolated(unsafe) private static let paths: UnsafeMutablePointer<Atomic<UInt>> = {
    let places = UnsafeMutablePointer<Atomic<UInt>>.allocate(capacity: capacity)
    for place in 0..<capacity { (places + place).initialize(to: Atomic(0)) }
    return places
  }()

  /// Notes a file that is about to be created.
  ///
  /// - Returns: The place of the note, for ``remove(_:)``.
  package static func add(_ path: String) -> Int? {
    guard let copy = strdup(path) else { return nil }
    let address = UInt(bitPattern: copy)
    for place in 0..<capacity {
      let (isFree, _) = paths[place].compareExchange(
        expected: 0, desired: address, ordering: .sequentiallyConsistent)
      if isFree { return place }
    }
    free(copy)
    return nil
  }

  /// Removes the note of a file that has its final name, or is deleted.
  package static func remove(_ place: Int?) {
    guard let place else { return }
    free(take(place))
  }

  /// Deletes all files that are noted.
  ///
  /// A handler of a signal may call it, once any file has been noted or it has been called before:
  /// it does not allocate.
  package static func deleteAll() {
    for place in 0..<capacity {
      // The memory stays allocated: a handler may not free it, and the process ends.
      if let path = take(place) { unlink(path) }
    }
  }

  private static func take(_ place: Int) -> UnsafeMutablePointer<CChar>? {
    UnsafeMutablePointer(
      bitPattern: paths[place].exchange(0, ordering: .sequentiallyConsistent))
  }
}
