/// Stops the program with one line that says what was misused.
///
/// `precondition` loses its text in release builds, and training runs in release builds; `fatalError`
/// keeps it.  Misuse of shapes, axes and dtypes ends here; files and user input throw instead.
@inline(never)
@usableFromInline
package func fail(
  _ message: String, file: StaticString = #fileID, line: UInt = #line
) -> Never {
  fatalError(message, file: file, line: line)
}

/// Stops the program with `message` unless `condition` holds, in release builds too.
@inlinable
@inline(__always)
package func require(
  _ condition: Bool, _ message: @autoclosure () -> String,
  file: StaticString = #fileID, line: UInt = #line
) {
  if !condition { fail(message(), file: file, line: line) }
}
