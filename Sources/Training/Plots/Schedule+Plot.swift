import Optim
import Tensor

extension Schedule {
  /// Returns a plot of the first steps of the schedule as a self-contained SVG document for light
  /// and dark backgrounds.
  ///
  /// - Parameters:
  ///   - steps: The number of steps to show, from step 0 on.
  ///   - quantity: The name of the values, for the title and the vertical axis.
  /// - Returns: The text of the document. If there are more steps than pixels, it shows means.
  public func plot(steps: Int, quantity: String = "learning rate") -> String {
    let points = values(steps).enumerated().map { (x: Double($0.offset), y: $0.element) }
    return LinePlot(
      title: "\(quantity) over \(counted(steps, "step"))", quantity: quantity,
      scale: .fromZero,
      curves: [.init(name: quantity, points: points)]
    ).svg()
  }

  /// Returns the first steps of the schedule as one line for a terminal, such as `▂▄▆█▇▇▅▄▂▁ 0 to
  /// 0.01`.
  ///
  /// - Parameters:
  ///   - steps: The number of steps to show, from step 0 on.
  ///   - width: The largest number of blocks. Each block is the mean of an equal share of the
  ///     steps.
  /// - Returns: The blocks, and the lowest and the highest value.
  public func sparkline(steps: Int, width: Int = 60) -> String {
    require(width > 0, "sparkline: width must be at least 1, got \(width)")
    let values = values(steps)
    let low = values.min() ?? 0
    let high = values.max() ?? 0
    let columns = min(width, steps)
    let blocks = (0..<columns).map { column -> Character in
      let part = values[column * steps / columns..<(column + 1) * steps / columns]
      let mean = part.reduce(0, +) / Double(part.count)
      return high > low ? block(at: (mean - low) / (high - low)) : block(at: 0.5)
    }
    return "\(String(blocks)) \(Format.number(low)) to \(Format.number(high))"
  }

  private func values(_ steps: Int) -> [Double] {
    require(steps > 0, "schedule plot: steps must be at least 1, got \(steps)")
    return (0..<steps).map { self($0) }
  }
}

/// Returns the block of a height from 0 to 1.
private func block(at height: Double) -> Character {
  let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
  return blocks[min(max(Int(height * 8), 0), 7)]
}
