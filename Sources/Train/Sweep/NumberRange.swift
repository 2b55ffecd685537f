import CLibrary
import Training

/// Numbers between two bounds, both included, of which a sweep tries some.
struct NumberRange: Sendable, Equatable {
  /// The lowest number.
  let low: Double
  /// The highest number.
  let high: Double
  /// Whether numbers are spread evenly by their logarithm.
  let isLogarithmic: Bool
  /// Whether only whole numbers are meant.
  let isWhole: Bool
  /// The number of values that the range stands for; nil for all between its bounds.
  let count: Int?

  /// The number at a position from 0 to 1, as text; 1 is the upper bound.
  func text(at position: Double) -> String {
    if isWhole {
      // Each whole number has an interval of its own, so that all are equally likely.
      let value =
        isLogarithmic
        ? exp(log(low) + position * log((high + 1) / low)) : low + position * (high + 1 - low)
      return String(Int(min(max(value.rounded(.down), low), high)))
    }
    return text(of: isLogarithmic ? low * pow(high / low, position) : low + position * (high - low))
  }

  /// Evenly spaced numbers from one bound to the other, as text; fewer if there are not as many
  /// whole ones.
  func points(_ count: Int) -> [String] {
    let values = (0..<count).map { index -> Double in
      let position = count == 1 ? 0.5 : Double(index) / Double(count - 1)
      return isLogarithmic ? low * pow(high / low, position) : low + position * (high - low)
    }
    let texts = values.map { isWhole ? String(Int($0.rounded())) : text(of: $0) }
    return texts.indices.filter { $0 == 0 || texts[$0] != texts[$0 - 1] }.map { texts[$0] }
  }

  /// A number within the bounds in the fewest digits that tell a thousand of them apart.
  private func text(of value: Double) -> String {
    let largest = max(abs(low), abs(high))
    let digits = min(max(4, 4 + Int(log10(largest / (high - low)))), 17)
    let text = Format.number(value, digits: digits)
    let rounded = Double(text) ?? value
    return rounded < low ? String(low) : rounded > high ? String(high) : text
  }
}
