@preconcurrency import CLibrary

/// Stops the program with a message about its misuse of the library.
///
/// What was printed before is written first: standard output into a pipe or a file is buffered, and
/// a trap would lose it.
///
/// `precondition` loses its message in release builds, where training runs; `fatalError` keeps it.
/// Misuse of shapes, axes and dtypes ends here; errors in files and user input are thrown instead.
@inline(never)
@usableFromInline
package func fail(
  _ message: String, file: StaticString = #fileID, line: UInt = #line
) -> Never {
  fflush(stdout)
  fatalError(withPlainNaN(message), file: file, line: line)
}

/// A message in which every NaN is `nan`, not `-nan` or `nan(0x7ffff)`, as Swift prints some.
package func withPlainNaN(_ message: String) -> String {
  var (result, rest) = ("", message[...])
  while let found = rest.firstRange(of: "nan") {
    var (before, after) = (rest[..<found.lowerBound], rest[found.upperBound...])
    let isWord = before.last.map { !$0.isLetter } ?? true
    if isWord && (after.first.map { !$0.isLetter } ?? true) {
      if before.last == "-" { before.removeLast() }
      if after.hasPrefix("(0x"), let end = after.firstIndex(of: ")") {
        after = after[after.index(after: end)...]
      }
    }
    result += before + "nan"
    rest = after
  }
  return result + rest
}

/// Stops the program with `message` if `condition` is false, also in release builds.
@inlinable
@inline(__always)
package func require(
  _ condition: Bool, _ message: @autoclosure () -> String,
  file: StaticString = #fileID, line: UInt = #line
) {
  if !condition { fail(message(), file: file, line: line) }
}
