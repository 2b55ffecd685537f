import Testing

@testable import Train

struct SettingImportanceTests {
  /// η² and its correction by hand: ranks 1, 2, 3 against 4, 5, 6.
  @Test func anExampleByHand() throws {
    let importance = SettingImportance(
      of: "a", values: ["x", "x", "x", "y", "y", "y"], ranks: [1, 2, 3, 4, 5, 6])
    // Between: 6 · 1.5² = 13.5; in all 17.5. 1 − (1 − 13.5 / 17.5) · 5 / 4.
    let share = try #require(importance.share)
    let expected = 1.0 - (4.0 / 17.5) * 5.0 / 4.0
    #expect(abs(share - expected) < 1e-12)
    // 2 of the 20 ways to choose three of six are as extreme.
    let chance = try #require(importance.chance)
    #expect(abs(chance - 0.1) < 0.03)
    #expect(importance.isUncertain)
  }

  @Test func whatMattersIsFound() throws {
    let values = (0..<64).map { String(Double($0 % 8) + 0.5) }
    let other = (0..<64).map { ["p", "q"][$0 / 8 % 2] }
    // The distance from a value in the middle decides, which no correlation would show.
    let ranks = (0..<64).map { (index: Int) -> Double in
      abs(Double(index % 8) - 3.6) * 8 + Double(index / 8)
    }
    let main = SettingImportance(of: "a", values: values, ranks: ranks)
    #expect(try #require(main.share) > 0.5 && !main.isUncertain)
    let none = SettingImportance(of: "b", values: other, ranks: ranks)
    #expect(try #require(none.share) < 0.05 && none.isUncertain)
  }

  /// Without any effect the shares are near 0: their bias is corrected.
  @Test func chanceIsCorrected() {
    let groups = SettingImportance.groups((0..<20).map(String.init))
    let shares = (0..<200).map { seed in
      var order = Array(0..<20)
      var state = UInt64(seed)
      for i in stride(from: 19, to: 0, by: -1) {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        order.swapAt(i, Int(state >> 33) % (i + 1))
      }
      return SettingImportance.share(groups, order.map(Double.init)) ?? 1
    }
    #expect(shares.reduce(0, +) / 200 < 0.12)
  }

  @Test func tooFewTrialsOrOneValueHaveNoShare() {
    #expect(SettingImportance(of: "a", values: ["x", "y"], ranks: [1, 2]).share == nil)
    #expect(
      SettingImportance(of: "a", values: ["x", "x", "x", "x"], ranks: [1, 2, 3, 4]).share == nil)
    #expect(SettingImportance(of: "a", values: [], ranks: []).isUncertain)
    #expect(
      SettingImportance(of: "a", values: ["x", "x", "y", "y"], ranks: [2, 2, 2, 2]).share == nil)
  }

  @Test func numbersAreGroupedInOrderAndEqualOnesTogether() {
    #expect(SettingImportance.groups(["10", "9", "10", "8"]) == [0, 2, 0, 1])
    let groups = SettingImportance.groups((0..<10).map(String.init))
    #expect(groups == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4])
    #expect(Set(SettingImportance.groups(["a", "b", "c", "d", "e", "f", "g"])).count == 7)
  }
}
