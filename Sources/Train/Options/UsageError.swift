import Training

/// An error in the use of the command: an unknown option, a value out of range.
///
/// The message is one line that names the option.
struct UsageError: Error, Equatable, CustomStringConvertible {
  /// One line for the user.
  let message: String

  init(_ message: String) { self.message = message }

  var description: String { message }
}
