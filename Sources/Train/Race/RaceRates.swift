import CLibrary

/// The learning rates that the optimizers of a race run with.
enum RaceRates: Sendable, Equatable {
  /// The best that a search finds, for each optimizer.
  case searched
  /// One for all.
  case fixed(Double)
  /// The best of a list, for each optimizer.
  case list([Double])

  /// How far from the best rate the page looks, in rungs to each side.
  static let reach = 3

  /// The rate on a rung of the ladder 1, 2, 5, 10, 20, 50, …; rung 0 is 1.
  static func rung(_ index: Int) -> Double {
    let decade = Int((Double(index) / 3).rounded(.down))
    return [1, 2, 5][index - 3 * decade] * pow(10, Double(decade))
  }

  /// The rungs that a search begins with: the powers of ten from 1e-4 to 10.
  static let coarse = stride(from: -12, through: 3, by: 3)
  /// The rungs that a search does not leave.
  static let allowed = -30...12
}
