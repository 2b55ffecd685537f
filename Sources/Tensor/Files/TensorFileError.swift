/// An error in the content of a file, or in reading or writing it.
public struct TensorFileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of an error.
  public enum Kind: Sendable {
    /// The bytes are not those of a well-formed file, or the tensors cannot be stored in one.
    case content
    /// The system could not read or write the file.
    case inputOutput
  }

  /// The kind of the error.
  public let kind: Kind

  /// A one-line message, which begins with the path of the file if there is one.
  public let description: String

  package init(_ description: String, kind: Kind = .content) {
    self.description = description
    self.kind = kind
  }

  /// Returns the error with `place`, a file or a part of one, before its message.
  func inside(_ place: String) -> TensorFileError {
    TensorFileError("\(place): \(description)", kind: kind)
  }

  /// Returns the error with `subject` before its message, which lacks one.
  func about(_ subject: String) -> TensorFileError {
    TensorFileError("\(subject) \(description)", kind: kind)
  }
}
