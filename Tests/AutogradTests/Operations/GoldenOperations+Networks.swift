import TestSupport

extension GoldenOperations {
  static let windows: [String: GoldenOperation] = [
    "conv1d": { x, a in
      try conv1d(
        x[0], x[1], bias: x.count > 2 ? x[2] : nil, stride: a.integer("stride", or: 1),
        padding: a.padding, paddingMode: a.paddingMode, dilation: a.integer("dilation", or: 1),
        groups: a.integer("groups", or: 1))
    },
    "conv2d": { x, a in
      try conv2d(
        x[0], x[1], bias: x.count > 2 ? x[2] : nil, stride: a.pair("stride", or: 1),
        padding: a.padding, paddingMode: a.paddingMode, dilation: a.pair("dilation", or: 1),
        groups: a.integer("groups", or: 1))
    },
    "convTranspose1d": { x, a in
      try convTranspose1d(
        x[0], x[1], bias: x.count > 2 ? x[2] : nil, stride: a.integer("stride", or: 1),
        padding: a.integer("padding", or: 0), outputPadding: a.integer("outputPadding", or: 0),
        dilation: a.integer("dilation", or: 1), groups: a.integer("groups", or: 1))
    },
    "convTranspose2d": { x, a in
      try convTranspose2d(
        x[0], x[1], bias: x.count > 2 ? x[2] : nil, stride: a.pair("stride", or: 1),
        padding: a.pair("padding", or: 0), outputPadding: a.pair("outputPadding", or: 0),
        dilation: a.pair("dilation", or: 1), groups: a.integer("groups", or: 1))
    },
    "maxPool1d": { x, a in
      try maxPool1d(
        x[0], kernelSize: a["kernelSize"].integer, stride: a.optionalInteger("stride"),
        padding: a.padding, dilation: a.integer("dilation", or: 1))
    },
    "maxPool2d": { x, a in
      try maxPool2d(
        x[0], kernelSize: a.pair("kernelSize", or: 1), stride: a.optionalPair("stride"),
        padding: a.padding, dilation: a.pair("dilation", or: 1))
    },
    "averagePool1d": { x, a in
      try averagePool1d(
        x[0], kernelSize: a["kernelSize"].integer, stride: a.optionalInteger("stride"),
        padding: a.padding, countsPadding: a["countsPadding"] != .truth(false))
    },
    "averagePool2d": { x, a in
      try averagePool2d(
        x[0], kernelSize: a.pair("kernelSize", or: 1), stride: a.optionalPair("stride"),
        padding: a.padding, dilation: a.pair("dilation", or: 1),
        countsPadding: a["countsPadding"] != .truth(false))
    },
    "adaptiveAveragePool1d": { x, a in
      try adaptiveAveragePool1d(x[0], outputSize: a["outputSize"].integer)
    },
    "adaptiveAveragePool2d": { x, a in
      try adaptiveAveragePool2d(x[0], outputSize: a.pair("outputSize", or: 1))
    },
    "adaptiveMaxPool1d": { x, a in
      try adaptiveMaxPool1d(x[0], outputSize: a["outputSize"].integer)
    },
    "adaptiveMaxPool2d": { x, a in
      try adaptiveMaxPool2d(x[0], outputSize: a.pair("outputSize", or: 1))
    },
    "interpolate": { x, a in
      let name = a["mode"] == .null ? "nearest" : try a["mode"].text
      let mode = InterpolationMode(rawValue: name) ?? .nearest
      let alignCorners = a["alignCorners"] == .truth(true)
      guard let size = try a.optionalPair("size") else {
        return try interpolate(
          x[0], factor: a["factor"].number, mode: mode, alignCorners: alignCorners)
      }
      return interpolate(x[0], size: size, mode: mode, alignCorners: alignCorners)
    },
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

  fileprivate func optionalInteger(_ key: String) throws -> Int? {
    self[key] == .null ? nil : try self[key].integer
  }

  /// The padding: `"same"`, a number, a pair, or none.
  fileprivate var padding: WindowPadding {
    get throws {
      switch self["padding"] {
      case .null: .valid
      case .text: .same
      case .list: WindowPadding(try pair("padding", or: 0))
      default: WindowPadding(IntOrPair(try self["padding"].integer))
      }
    }
  }

  /// A pair for the height and the width, or a default.
  fileprivate func pair(_ key: String, or standard: IntOrPair) throws -> IntOrPair {
    try optionalPair(key) ?? standard
  }

  /// A pair for the height and the width, or `nil`.
  fileprivate func optionalPair(_ key: String) throws -> IntOrPair? {
    try integers(key).map { IntOrPair($0[0], $0[1]) }
  }
}
