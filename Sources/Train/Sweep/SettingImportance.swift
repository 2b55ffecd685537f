import Tensor

/// How much of the differences between the trials of a sweep goes back to one setting.
///
/// The trials are ranked, so that neither the scale of the loss nor a diverged trial weighs more
/// than its place; equal ones share the mean of their ranks. They are grouped by the value of the
/// setting: each value is a group, but numbers with more than five different ones are cut into five
/// groups of nearly equal size, in their order. With n trials in k groups, r̄ the mean of the ranks
/// and r̄ⱼ that of the nⱼ trials of a group, the share of the variance between the groups is
/// η² = Σⱼ nⱼ (r̄ⱼ − r̄)² / Σᵢ (rᵢ − r̄)². Chance alone makes η² as large as (k − 1) / (n − 1) on
/// average, for which
///
///     share = max(0, 1 − (1 − η²) (n − 1) / (n − k))
///
/// corrects (Kelley, 1935, "An unbiased correlation ratio measure"; on ranks it is the effect size
/// of the test of Kruskal and Wallis, 1952). It is the main effect: what settings do only together
/// is in no share, so the shares need not sum to 1. Where a search tries good values more often
/// than others, the shares are those among what it tried.
struct SettingImportance: Codable, Sendable, Equatable {
  /// The name of the setting.
  var setting: String
  /// The share of the variance of the ranks, from 0 to 1; nil with too few trials.
  var share: Double?
  /// The share of a thousand random assignments of the values to the trials whose η² is at least as
  /// large; nil with too few trials.
  var chance: Double?

  /// Whether the share may well be chance: more than one in twenty random assignments show as much.
  var isUncertain: Bool { chance ?? 1 > 0.05 }

  /// The most groups of numbers.
  private static let groupCount = 5
  private static let shuffleCount = 999

  /// Measures the importance of a setting.
  ///
  /// - Parameters:
  ///   - setting: The name of the setting.
  ///   - values: The value in each trial.
  ///   - ranks: The rank of each trial.
  init(of setting: String, values: [String], ranks: [Double]) {
    self.setting = setting
    let groups = Self.groups(values)
    guard let between = Self.between(groups, ranks) else { return }
    share = Self.share(groups, ranks)
    if share == nil { return }
    var generator = RandomGenerator(seed: 0)
    let extreme = (0..<Self.shuffleCount).count { _ in
      let order = generator.permutation(of: values.count)
      let shuffled = Self.between(groups, order.map { ranks[$0] })
      // Rounding must not make a tie a difference.
      return shuffled ?? 0 >= between - 1e-12
    }
    chance = Double(1 + extreme) / Double(1 + Self.shuffleCount)
  }

  /// The group of each value.
  static func groups(_ values: [String]) -> [Int] {
    let names = Set(values).sorted()
    let numbers = values.compactMap { Double($0) }
    guard numbers.count == values.count, names.count > groupCount else {
      let positions = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
      return values.map { positions[$0] ?? 0 }
    }
    // Equal numbers are in the group of the first of them.
    let ranks = Dictionary(numbers.sorted().enumerated().map { ($1, $0) }) { first, _ in first }
    return numbers.map { (ranks[$0] ?? 0) * groupCount / numbers.count }
  }

  /// The share of the variance between groups, corrected for chance; nil with too few trials.
  static func share(_ groups: [Int], _ ranks: [Double]) -> Double? {
    let (n, k) = (groups.count, Set(groups).count)
    // Two trials in each group, on average, are the least that can tell groups from trials.
    guard k > 1, n >= 2 * k, let between = between(groups, ranks) else { return nil }
    return max(0, 1 - (1 - between) * Double(n - 1) / Double(n - k))
  }

  /// η²; nil if all ranks are equal.
  private static func between(_ groups: [Int], _ ranks: [Double]) -> Double? {
    let mean = ranks.reduce(0, +) / Double(ranks.count)
    let total = ranks.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    guard total > 0 else { return nil }
    var sums = [Double](repeating: 0, count: (groups.max() ?? 0) + 1)
    var counts = sums
    for (group, rank) in zip(groups, ranks) {
      sums[group] += rank - mean
      counts[group] += 1
    }
    let between = zip(sums, counts).reduce(0) { $1.1 > 0 ? $0 + $1.0 * $1.0 / $1.1 : $0 }
    return between / total
  }
}
