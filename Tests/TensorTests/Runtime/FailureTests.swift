import TestSupport
import Testing

struct FailureTests {
  /// Standard output into a pipe is buffered, and a trap does not flush it.
  @Test func outputBeforeAFailureIsNotLost() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardOutputContent, \.standardErrorContent]
    ) {
      print("printed before the failure")
      _ = Tensor([1, 2]) + Tensor([1, 2, 3])
    }
    expectMessage("add: shapes [2] and [3] do not broadcast", of: result)
    let output = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
    #expect(output.contains("printed before the failure"))
  }
}
