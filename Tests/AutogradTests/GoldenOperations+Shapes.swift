import TestSupport

extension GoldenOperations {
  static let movements: [String: GoldenOperation] = [
    "concatenated": { x, a in try concatenated(x, along: a.axis) },
    "stacked": { x, a in try stacked(x, along: a.axis) },
    "transposed": { x, a in
      guard let axes = try a.axes else { return x[0].transposed() }
      return x[0].transposed(axes[0], axes[1])
    },
    "permuted": { x, a in try x[0].permuted(a["axes"].integers) },
    "reshaped": { x, a in try x[0].reshaped(to: Shape(a["shape"].integers)) },
    "broadcast": { x, a in try x[0].broadcast(to: Shape(a["shape"].integers)) },
    "expandedDimensions": { x, a in try x[0].expandedDimensions(axis: a.axis) },
    "squeezed": { x, a in try x[0].squeezed(axis: a.axis) },
    "flattened": { x, a in try x[0].flattened(from: a["start"].integer) },
    "flipped": { x, a in
      let axes = try a["axes"].integers
      switch axes.count {
      case 1: return x[0].flipped(along: axes[0])
      case 2: return x[0].flipped(along: axes[0], axes[1])
      default: return x[0].flipped(along: axes[0], axes[1], axes[2])
      }
    },
    "rolled": { x, a in try x[0].rolled(by: a["shift"].integer, along: a.axis) },
    "tiled": { x, a in
      let counts = try a["counts"].integers
      switch counts.count {
      case 0: return x[0].tiled()
      case 1: return x[0].tiled(counts[0])
      case 2: return x[0].tiled(counts[0], counts[1])
      default: return x[0].tiled(counts[0], counts[1], counts[2])
      }
    },
    "repeated": { x, a in try x[0].repeated(a["count"].integer, along: a.axis) },
    "split": { x, a in
      let part = try a["part"].integer
      if let sizes = try a.integers("sizes") {
        return try x[0].split(sizes: sizes, along: a.axis)[part]
      }
      return try x[0].split(into: a["count"].integer, along: a.axis)[part]
    },
    "chunks": { x, a in
      try x[0].chunks(of: a["size"].integer, along: a.axis)[a["part"].integer]
    },
    "padded": { x, a in
      let mode: Padding =
        switch try a["mode"].text {
        case "reflect": .reflect
        case "edge": .edge
        default: .constant(try a.number("value") ?? 0)
        }
      return try x[0].padded(
        before: a["before"].integer, after: a["after"].integer, along: a.axis, with: mode)
    },
    "diagonal": { x, a in try x[0].diagonal(offset: a["offset"].integer) },
    "diagonalMatrix": { x, _ in x[0].diagonalMatrix() },
    "lowerTriangle": { x, a in try x[0].lowerTriangle(offset: a["offset"].integer) },
    "upperTriangle": { x, a in try x[0].upperTriangle(offset: a["offset"].integer) },
    "lowerTriangleMask": { _, a in
      try Tensor.lowerTriangleMask(
        rows: a["rows"].integer, columns: a["columns"].integer, offset: a["offset"].integer)
    },
  ]

  static let picks: [String: GoldenOperation] = [
    "gathered": { x, a in try x[0].gathered(at: x[1], along: a.axis) },
    "scattered": { x, a in
      try x[0].scattered(at: x[1], along: a.axis, into: Shape(a["shape"].integers))
    },
    "scattering": { x, a in try x[0].scattering(x[1], at: x[2], along: a.axis) },
    "selected": { x, a in try x[0].selected(at: x[1], along: a.axis) },
    "embedding": { x, _ in embedding(x[0], at: x[1]) },
    "oneHot": { x, a in try oneHot(x[0], classes: a["classes"].integer, dtype: .float64) },
    "subscript": { x, a in try x[0][a["indices"].list.map { try $0.index }] },
    "assignment": { x, a in
      var result = x[0]
      result[try a["indices"].list.map { try $0.index }] = x[1]
      return result
    },
  ]

  static let windows: [String: GoldenOperation] = [
    "conv1d": { x, a in
      try conv1d(
        x[0], x[1], bias: x.count > 2 ? x[2] : nil, stride: a.integer("stride", or: 1),
        padding: a.integer("padding", or: 0), dilation: a.integer("dilation", or: 1),
        groups: a.integer("groups", or: 1))
    },
    "conv2d": { x, a in
      try conv2d(
        x[0], x[1], bias: x.count > 2 ? x[2] : nil, stride: a.pair("stride", or: 1),
        padding: a.pair("padding", or: 0), dilation: a.pair("dilation", or: 1),
        groups: a.integer("groups", or: 1))
    },
    "convTranspose2d": { x, a in
      try convTranspose2d(
        x[0], x[1], bias: x.count > 2 ? x[2] : nil, stride: a.pair("stride", or: 1),
        padding: a.pair("padding", or: 0), outputPadding: a.pair("outputPadding", or: 0),
        dilation: a.pair("dilation", or: 1), groups: a.integer("groups", or: 1))
    },
    "maxPool2d": { x, a in try maxPool2d(x[0], a.window) },
    "averagePool2d": { x, a in try averagePool2d(x[0], a.window) },
    "adaptiveAveragePool2d": { x, a in
      try adaptiveAveragePool2d(x[0], height: a["height"].integer, width: a["width"].integer)
    },
    "upsampleNearest2d": { x, a in try upsampleNearest2d(x[0], factor: a["factor"].integer) },
  ]

  static let fused: [String: GoldenOperation] = [
    "layerNorm": { x, a in
      guard let epsilon = try a.number("epsilon") else {
        return layerNorm(x[0], weight: x[1], bias: x[2])
      }
      return layerNorm(x[0], weight: x[1], bias: x[2], epsilon: epsilon)
    },
    "rmsNorm": { x, a in
      guard let epsilon = try a.number("epsilon") else { return rmsNorm(x[0], weight: x[1]) }
      return rmsNorm(x[0], weight: x[1], epsilon: epsilon)
    },
    "softmaxCrossEntropy": { x, _ in softmaxCrossEntropy(x[0], labels: x[1]) },
    "scaledDotProductAttention": { x, a in
      try scaledDotProductAttention(
        x[0], x[1], x[2], mask: x.count > 3 ? x[3] : nil,
        isCausal: a["isCausal"] == .truth(true), scale: a.number("scale"))
    },
  ]
}

extension JSON {
  fileprivate func integer(_ key: String, or standard: Int) throws -> Int {
    self[key] == .null ? standard : try self[key].integer
  }

  /// What holds for height and width.
  fileprivate func pair(_ key: String, or standard: Int) throws -> (Int, Int) {
    guard let sizes = try integers(key) else { return (standard, standard) }
    return (sizes[0], sizes[1])
  }

  fileprivate var window: Window {
    get throws {
      try Window(
        pair("size", or: 1), stride: pair("stride", or: 1), padding: pair("padding", or: 0),
        dilation: pair("dilation", or: 1))
    }
  }

  /// A position, `[start, end, step]`, or `"newAxis"`.
  fileprivate var index: TensorIndex {
    get throws {
      switch self {
      case .list(let bounds):
        let end = { (bound: JSON) in bound == .null ? nil : try bound.integer }
        return try .range(start: end(bounds[0]), end: end(bounds[1]), step: bounds[2].integer)
      case .text("newAxis"): return .newAxis
      default: return .position(try integer)
      }
    }
  }
}
