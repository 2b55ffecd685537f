import Autograd
import NN
import Tensor
import Training

/// The decision regions of a classifier of the plane into two classes, drawn in characters.
struct TerminalMap: Sendable {
  /// The lines of the picture, with line breaks between them.
  let text: String

  private init(text: String) { self.text = text }

  /// Draws the rectangle that contains some points.
  ///
  /// - Parameters:
  ///   - points: The points, as alternating x and y.
  ///   - width: The characters in a line.
  ///   - classify: Returns, for points of the same layout, which belong to the second class.
  init(points: [Float], width: Int, classify: ([Float]) -> [Bool]) {
    let x = Self.range(stride(from: 0, to: points.count, by: 2).map { points[$0] })
    let y = Self.range(stride(from: 1, to: points.count, by: 2).map { points[$0] })
    // A character is about twice as high as wide, and shows two points, one above the other.
    let aspect = (y.upperBound - y.lowerBound) / (x.upperBound - x.lowerBound)
    let height = min(max(Int(Float(width) * aspect / 2), 4), 24)
    let rows = height * 2
    var grid: [Float] = []
    for row in 0..<rows {
      for column in 0..<width {
        grid.append(Self.place(column, of: width, in: x))
        grid.append(Self.place(rows - 1 - row, of: rows, in: y))
      }
    }
    let isSecond = classify(grid)
    text = (0..<height).map { line in
      (0..<width).map { column in
        switch (isSecond[line * 2 * width + column], isSecond[(line * 2 + 1) * width + column]) {
        case (true, true): "█"
        case (true, false): "▀"
        case (false, true): "▄"
        case (false, false): "·"
        }
      }.joined()
    }.joined(separator: "\n")
  }

  /// The middle of one of several equal parts of a range.
  private static func place(_ index: Int, of count: Int, in range: ClosedRange<Float>) -> Float {
    let part = (Float(index) + 0.5) / Float(count)
    return range.lowerBound + part * (range.upperBound - range.lowerBound)
  }

  /// The range of some numbers, made wider if it would be empty.
  private static func range(_ values: [Float]) -> ClosedRange<Float> {
    let (low, high) = (values.min() ?? 0, values.max() ?? 0)
    return low < high ? low...high : low - 1...low + 1
  }
}

extension TerminalMap {
  /// Creates the decision regions of a run's model; nil unless the task has points of two features
  /// in two classes.
  init?(of run: TrainingRun, width: Int) {
    guard case .examples(let data) = run.data, data.encoder == nil, data.training.columns == 2,
      case .classes(let names) = data.target, names.count == 2,
      let layer = run.experiment.model as? any Layer
    else { return nil }
    let isHinge = run.configuration.loss == .hinge
    let map = TerminalMap(points: data.validation.features, width: width) { features in
      let outputs = layer(Tensor(features, shape: [features.count / 2, 2]))
      if isHinge { return outputs.scalars(as: Float.self).map { $0 > 0 } }
      return outputs.argmax(along: 1).scalars(as: Int32.self).map { $0 == 1 }
    }
    self.init(text: "classes: · \(names[0])  █ \(names[1])\n" + map.text)
  }
}
