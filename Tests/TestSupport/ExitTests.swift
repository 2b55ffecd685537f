import Testing

/// Expects a text on the standard error of a process that a test started.
///
/// Any crash is a `.failure`, so the message is what tells the right one:
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
  // Nil: the process did not fail, which the expectation has reported.
  guard let result else { return }
  let text = String(decoding: result.standardErrorContent, as: UTF8.self)
  #expect(text.contains(message), Comment(rawValue: comment), sourceLocation: sourceLocation)
}
