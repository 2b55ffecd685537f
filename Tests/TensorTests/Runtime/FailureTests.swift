import TestSupport
import Testing

struct FailureTests {
  @Test(arguments: [
    ("rate: got -nan", "rate: got nan"),
    ("got nan and -nan(0x8000000000000), a", "got nan and nan, a"),
    ("\(-Double.nan)", "nan"),
    ("\(Double(nan: 0x123, signaling: false)) of 3", "nan of 3"),
    ("banana-nano nano-gpt: -nand", "banana-nano nano-gpt: -nand"), ("", ""),
  ])
  func messagesSpellEveryNaNAlike(_ message: String, _ expected: String) {
    #expect(withPlainNaN(message) == expected)
  }

  /// Standard output into a pipe is buffered, and a trap does not flush it.
  @Test func outputBeforeAFailureIsNotLost() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardOutputContent, \.standardErrorContent]
    ) {
      print("printed before the failure")
      _ = Tensor([1, 2]) + Tensor([1, 2, 3])
    }
    expectMessage("+: shapes [2] and [3] do not broadcast", of: result)
    let output = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
    #expect(output.contains("printed before the failure"))
  }
}
