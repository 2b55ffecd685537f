import TestSupport
import Testing

struct GatheringTests {
  @Test func rowsAreThoseOfTheIndices() {
    let x = Tensor.counting([4, 2, 3])
    expectIdentical(
      Gathering.rows(x, at: [3, 0, 3]), concatenated([x[3..<4], x[0..<1], x[3..<4]]))
    expectIdentical(
      Gathering.rows(x, at: [3, 2, 1, 0][1...2]), concatenated([x[2..<3], x[1..<2]]))
    let labels = Tensor([4, 5, 6], dtype: .int32)
    expectIdentical(Gathering.rows(labels, at: [2, 0]), Tensor([6, 4], dtype: .int32))
    expectIdentical(Gathering.rows(labels, at: []), Tensor.zeros([0], dtype: .int32))
    let transposed = Tensor.counting([3, 4]).transposed()
    expectIdentical(Gathering.rows(transposed, at: [1]), Tensor([[1, 5, 9]]))
  }

  @Test func manyRowsAreTheSameOnSeveralThreads() {
    let x = Tensor.seeded([1000, 300], dtype: .float32)
    let indices = (0..<1000).map { $0 * 7 % 1000 }
    let expected = withThreads(1) { Gathering.rows(x, at: indices) }
    expectIdentical(withThreads(3) { Gathering.rows(x, at: indices) }, expected)
    expectIdentical(expected[1], x[7])
  }

  @Test func anIndexBeyondTheEndStopsTheProgram() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Gathering.rows(Tensor([1, 2]), at: [2])
    }
    expectMessage("rows: index 2 is out of range for axis 0 of size 2", of: result)
  }
}
