/// An error in data, in training, or in reading and writing files.
///
/// The message is one line that names the file, line and column where they are known.
public struct TrainingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of errors.
  public enum Kind: Sendable {
    /// The data is not valid, or does not fit the model.
    case data
    /// Training failed, for example because the loss is no longer finite.
    case training
    /// A file or folder cannot be read or written.
    case inputOutput
  }

  /// The kind of the error.
  public let kind: Kind
  /// The message, one line.
  public let message: String

  /// The message, one line.
  public var description: String { message }

  /// Returns an error of kind `data`.
  public static func data(_ message: String) -> Self { Self(kind: .data, message: message) }

  /// Returns an error of kind `training`.
  public static func training(_ message: String) -> Self { Self(kind: .training, message: message) }

  /// Returns an error of kind `inputOutput`.
  public static func inputOutput(_ message: String) -> Self {
    Self(kind: .inputOutput, message: message)
  }
}
