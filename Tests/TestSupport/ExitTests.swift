import Testing

/// Expects a message on the standard error of the process of an exit test.
///
/// Any crash is a `.failure`, so only the message identifies the expected one:
/// ```swift
/// let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
///   _ = Tensor([[1, 2], [3]])
/// }
/// expectMessage("tensor literal: ragged", of: result)
/// ```
package func expectMessage(
  _ message: String, of result: ExitTest.Result?, _ comment: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  // `nil` means that the process did not fail, which the expectation has reported.
  guard let result else { return }
  let text = String(decoding: result.standardErrorContent, as: UTF8.self)
  #expect(text.contains(message), Comment(rawValue: comment), sourceLocation: sourceLocation)
}
