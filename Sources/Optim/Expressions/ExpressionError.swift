/// Why a text is not an expression of a catalog, or why an expression does not suit its context.
public struct ExpressionError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The column of the text, counted from 1, or `nil` for an error that no column causes.
  public let column: Int?
  /// What is wrong.
  public let message: String
  /// The word that was not understood.
  public let word: String?
  /// The words that could have stood in its place.
  public let choices: [String]

  /// Creates an error.
  ///
  /// - Parameters:
  ///   - column: The column of the text, counted from 1.
  ///   - message: What is wrong.
  ///   - word: The word that was not understood.
  ///   - choices: The words that could have stood in its place.
  public init(
    column: Int? = nil, _ message: String, word: String? = nil, choices: [String] = []
  ) {
    (self.column, self.message, self.word, self.choices) = (column, message, word, choices)
  }

  /// One line: `column 11: 'epslon' is not a setting of adamw`.
  public var description: String { column.map { "column \($0): \(message)" } ?? message }
}
