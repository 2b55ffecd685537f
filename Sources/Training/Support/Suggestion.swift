/// Suggests the correct spelling of a word.
package enum Suggestion {
  /// Returns the candidate closest in spelling to a word, or `nil` if none is close.
  ///
  /// The distance is the edit distance (insertions, deletions, replacements and swaps of neighbors)
  /// without regard to case. At most two fifths of the longer word may differ.
  package static func nearest(to word: String, in candidates: some Sequence<String>) -> String? {
    let word = Array(word.lowercased())
    var best: (candidate: String, distance: Int)?
    for candidate in candidates {
      let letters = Array(candidate.lowercased())
      let distance = editDistance(word, letters)
      guard distance * 5 <= max(word.count, letters.count) * 2, distance < best?.distance ?? .max
      else {
        continue
      }
      best = (candidate, distance)
    }
    return best?.candidate
  }

  /// Returns the end of an error message: `; did you mean 'x'?` if a candidate is close, else all
  /// candidates.
  package static func hint(for word: String, in candidates: [String]) -> String {
    let near = nearestHint(for: word, in: candidates)
    if !near.isEmpty || candidates.isEmpty { return near }
    return "; there are: \(candidates.joined(separator: ", "))"
  }

  /// The end of an error message: `; did you mean 'x'?`, or nothing if no candidate is close; the
  /// prefix, such as `--`, stands before the candidate.
  package static func nearestHint(
    for word: String, in candidates: [String], prefix: String = ""
  ) -> String {
    nearest(to: word, in: candidates).map { "; did you mean '\(prefix)\($0)'?" } ?? ""
  }

  private static func editDistance(_ a: [Character], _ b: [Character]) -> Int {
    // Three rows of the table are enough, because a swap looks back two rows.
    var beforePrevious: [Int] = []
    var previous = Array(0...b.count)
    for i in a.indices {
      var current = [i + 1]
      for j in b.indices {
        var distance = min(
          previous[j + 1] + 1, current[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          distance = min(distance, beforePrevious[j - 1] + 1)
        }
        current.append(distance)
      }
      (beforePrevious, previous) = (previous, current)
    }
    return previous[b.count]
  }
}
