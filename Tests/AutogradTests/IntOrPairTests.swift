import TestSupport
import Testing

struct IntOrPairTests {
  @Test func integersAndPairsAreHeightAndWidth() {
    let (n, both, pair): (Int, IntOrPair, IntOrPair) = (3, 3, [3, 5])
    #expect(both == IntOrPair(n) && both == IntOrPair(3, 3) && both == [n, n])
    #expect(pair == IntOrPair(n, 5) && pair.height == 3 && pair.width == 5)
    #expect("\(pair)" == "(3, 5)")
    let values: [any IntOrPairConvertible] = [n, pair, [n, 5]]
    #expect(values.map(\.intOrPair) == [both, pair, pair])
  }

  @Test func anotherNumberOfIntegersStopsWithAMessage() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = [1, 2, 3] as IntOrPair
    }
    expectMessage("IntOrPair: [1, 2, 3] is not a pair of a height and a width", of: result)
  }
}
