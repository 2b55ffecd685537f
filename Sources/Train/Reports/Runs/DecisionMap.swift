import Autograd
import NN
import Tensor
import Training

/// What a model of two features decides on a coarse grid of the plane, after a number of steps.
struct DecisionMap: Codable, Sendable, Equatable {
  /// The number of cells along each axis.
  static let size = 24
  /// The number of different decisions: classes, or levels of a number.
  private static let levelCount = 36

  /// The number of steps taken.
  var step: Int
  /// The lowest and the highest value of the first feature.
  var x: [Double]
  /// The lowest and the highest value of the second feature.
  var y: [Double]
  /// A digit to the base 36 for each cell, row after row from the top: the class, or the level of
  /// the number between those of ``ends``.
  var cells: String
  /// The numbers of the levels 0 and 35, or nil for classes.
  var ends: [Double]?

  /// Whether decisions are recorded after a step: those whose number is a power of four.
  static func isDue(after step: Int) -> Bool {
    step & (step - 1) == 0 && step.trailingZeroBitCount % 2 == 0
  }

  /// Whether data has two numbers as its features, and not more classes than digits.
  static func suits(_ data: SupervisedData) -> Bool {
    guard data.training.columns == 2, data.training.source.dtype != .int32,
      data.target.outputs <= levelCount
    else { return false }
    return data.encoder?.columns.allSatisfy {
      if case .number(_, _, false, _) = $0.encoding { true } else { false }
    } ?? true
  }

  /// Records what a model decides in the rectangle around the validation points.
  init?(after step: Int, of model: any Module, on data: SupervisedData, _ loss: ClassificationLoss)
  {
    guard Self.suits(data), let layer = model as? any Layer else { return nil }
    let points = data.validation.features
    self.step = step
    x = Self.range(stride(from: 0, to: points.count, by: 2).map { Double(points[$0]) })
    y = Self.range(stride(from: 1, to: points.count, by: 2).map { Double(points[$0]) })
    let size = Self.size
    var grid: [Float] = []
    for row in 0..<size {
      for column in 0..<size {
        grid.append(Float(Self.middle(column, x)))
        grid.append(Float(Self.middle(size - 1 - row, y)))
      }
    }
    let outputs = layer(Tensor(grid, shape: [size * size, 2]))
    switch data.target {
    case .classes:
      let classes =
        loss == .hinge
        ? outputs.scalars(as: Float.self).map { $0 > 0 ? 1 : 0 }
        : [Int](outputs.argmax(along: 1))
      cells = Self.digits(classes)
    case .number:
      let values = outputs.scalars(as: Double.self)
      guard values.allSatisfy(\.isFinite), let low = values.min(), let high = values.max() else {
        return nil
      }
      let scale = high > low ? Double(Self.levelCount - 1) / (high - low) : 0
      cells = Self.digits(values.map { Int((($0 - low) * scale).rounded()) })
      ends = [low, high]
    }
  }

  /// Reads a record, which someone may have edited.
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    step = try container.decode(Int.self, forKey: .step)
    x = try container.decode([Double].self, forKey: .x)
    y = try container.decode([Double].self, forKey: .y)
    cells = try container.decode(String.self, forKey: .cells)
    ends = try container.decodeIfPresent([Double].self, forKey: .ends)
    let ranges = [x, y] + (ends.map { [$0] } ?? [])
    let digits = cells.utf8.count {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
    }
    guard ranges.allSatisfy({ $0.count == 2 && $0[0].isFinite && $0[1].isFinite }),
      x[0] < x[1], y[0] < y[1], digits == Self.size * Self.size, cells.utf8.count == digits
    else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "it is no map of the plane"))
    }
  }

  /// The classes or levels of the cells.
  var levels: [Int] { cells.map { Int(String($0), radix: 36) ?? 0 } }

  private static func digits(_ levels: [Int]) -> String {
    levels.map { String($0, radix: 36) }.joined()
  }

  /// The middle of one of the cells along an axis.
  private static func middle(_ index: Int, _ range: [Double]) -> Double {
    range[0] + (Double(index) + 0.5) / Double(size) * (range[1] - range[0])
  }

  /// The range of some values with a margin, made wider if it would be empty.
  private static func range(_ values: [Double]) -> [Double] {
    let (low, high) = (values.min() ?? 0, values.max() ?? 0)
    let margin = high > low ? (high - low) / 20 : 1
    return [low - margin, high + margin]
  }
}

// MARK: - Drawing

extension DecisionMap {
  private static let cellSize = 6.0

  /// The map with validation points on it, as an image for a page.
  func figure(on data: SupervisedData, title: String) -> String {
    let names: [String] = if case .classes(let names) = data.target { names } else { [] }
    let levels = levels
    let (size, cell) = (Self.size, Self.cellSize)
    var groups: [Int: String] = [:]
    var edges = ""
    for row in 0..<size {
      var column = 0
      while column < size {
        let level = levels[row * size + column]
        let end = (column..<size).first { levels[row * size + $0] != level } ?? size
        groups[level, default: ""] +=
          """
          M\(Int(Double(column) * cell)) \
          \(Int(Double(row) * cell))h\(Int(Double(end - column) * cell))
          """
          + "v\(Int(cell))h-\(Int(Double(end - column) * cell))z"
        column = end
      }
      guard ends == nil else { continue }
      for column in 0..<size {
        let (left, top) = (Int(Double(column) * cell), Int(Double(row) * cell))
        let level = levels[row * size + column]
        if column + 1 < size, levels[row * size + column + 1] != level {
          edges += "M\(left + Int(cell)) \(top)v\(Int(cell))"
        }
        if row + 1 < size, levels[(row + 1) * size + column] != level {
          edges += "M\(left) \(top + Int(cell))h\(Int(cell))"
        }
      }
    }
    var body = groups.sorted { $0.key < $1.key }.map { level, path -> String in
      let opacity = ends == nil ? 0.3 : 0.05 + 0.9 * Double(level) / Double(Self.levelCount - 1)
      let hint = "\(title): \(meaning(of: level, names, data.target))"
      return "<path class=\"cell c\(ends == nil ? level % 8 : 0)\" fill-opacity=\""
        + "\(Format.number(opacity, digits: 2))\" d=\"\(path)\">\(SVG.title(hint))</path>"
    }
    if !edges.isEmpty { body.append("<path class=\"boundary\" d=\"\(edges)\"/>") }
    body += marks(of: data)
    let side = Double(size) * cell
    return SVG.figure(
      width: side, height: side + 16, title: title,
      body.joined(separator: "\n") + SVG.text(title, side / 2, side + 12, class: "small"))
  }

  private func meaning(of level: Int, _ names: [String], _ target: TargetEncoding) -> String {
    guard let ends, case .number = target else {
      return names.indices.contains(level) ? names[level] : "class \(level)"
    }
    let value = ends[0] + Double(level) / Double(Self.levelCount - 1) * (ends[1] - ends[0])
    return Format.number(target.number(ofStandardized: value))
  }

  /// Some validation points, with a mark of another form for each class.
  private func marks(of data: SupervisedData) -> [String] {
    guard case .classes(let labels) = data.validation.targets else { return [] }
    let points = data.validation.features
    let side = Double(Self.size) * Self.cellSize
    var paths: [Int: String] = [:]
    for index in LayerCharts.spread(Array(labels.indices), to: 120) {
      let px = (Double(points[2 * index]) - x[0]) / (x[1] - x[0]) * side
      let py = (y[1] - Double(points[2 * index + 1])) / (y[1] - y[0]) * side
      let label = Int(labels[index])
      paths[label, default: ""] +=
        "M\(SVG.coordinate(px)) \(SVG.coordinate(py))" + Self.forms[label % Self.forms.count]
    }
    return paths.sorted { $0.key < $1.key }.map { label, path in
      "<path class=\"mark c\(label % 8)\" d=\"\(path)\"/>"
    }
  }

  /// A disk, a cross, a triangle and a square, as paths from their middles.
  private static let forms = [
    "m-2 0a2 2 0 1 0 4 0a2 2 0 1 0 -4 0", "m-2 -2l4 4m-4 0l4 -4", "m0 -2l2 4h-4z",
    "m-2 -2h4v4h-4z",
  ]

  /// What the forms stand for.
  static func legend(_ data: SupervisedData) -> String? {
    guard case .classes(let names) = data.target, names.count <= forms.count else { return nil }
    let items = names.enumerated().map { index, name in
      "<svg class=\"key\" viewBox=\"-4 -4 8 8\" aria-hidden=\"true\">"
        + "<path class=\"mark c\(index % 8)\" d=\"M0 0\(forms[index])\"/></svg> "
        + SVG.escaped(name)
    }
    return "<p class=\"legend\">\(items.joined(separator: " &#160; "))</p>"
  }
}
