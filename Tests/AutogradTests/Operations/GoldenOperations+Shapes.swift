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
    "expanded": { x, a in try x[0].expanded(along: a.axis) },
    "squeezed": { x, a in try x[0].squeezed(along: a.axis) },
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
      try x[0].padded(
        before: a["before"].integer, after: a["after"].integer, along: a.axis,
        with: a.paddingMode)
    },
    "paddedImages": { x, a in
      try x[0].padded(
        top: a["top"].integer, bottom: a["bottom"].integer, left: a["left"].integer,
        right: a["right"].integer, with: a.paddingMode)
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
    "scatterAdded": { x, a in
      try x[0].scatterAdded(at: x[1], along: a.axis, into: Shape(a["shape"].integers))
    },
    "scattered": { x, a in try x[0].scattered(x[1], at: x[2], along: a.axis) },
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
}

extension JSON {
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

extension JSON {
  /// The padding mode of a case; zeros if it has none.
  var paddingMode: Tensor.PaddingMode {
    get throws {
      switch self["mode"] == .null ? "constant" : try self["mode"].text {
      case "reflect": .reflect
      case "edge": .edge
      case "circular": .circular
      default: .constant(try number("value") ?? 0)
      }
    }
  }
}
