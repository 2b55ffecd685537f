/// An error that a user can act on: bad data, a failed run, or a file that cannot be used.
///
/// The message is one line that names the file, line and column.
public struct TrainingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What went wrong.
  public enum Kind: Sendable {
    /// The data cannot be trained on.
    case data
    /// Training failed, for example because the loss is no longer a finite number.
    case training
    /// A file or folder cannot be read or written.
    case inputOutput
  }

  /// What went wrong.
  public let kind: Kind
  /// One line for the user.
  public let message: String

  /// The message.
  public var description: String { message }

  /// An error in the data, to be pointed at by file, line and column where they are known.
  public static func data(_ message: String) -> Self { Self(kind: .data, message: message) }

  /// A failure while training.
  public static func training(_ message: String) -> Self { Self(kind: .training, message: message) }

  /// A file or folder that cannot be used.
  public static func inputOutput(_ message: String) -> Self {
    Self(kind: .inputOutput, message: message)
  }
}
