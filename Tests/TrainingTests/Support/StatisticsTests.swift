import TestSupport
import Testing

struct StatisticsTests {
  @Test func constantValuesHaveNoDeviationInSpiteOfRounding() {
    #expect(meanAndDeviation(Array(repeating: 0.1, count: 7)) == (0.1, 0))
    #expect(meanAndDeviation([]) == (0, 0))
    #expect(meanAndDeviation([1, 2, 3, 4]) == (2.5, 1.25.squareRoot()))
  }
}
