import TestSupport

/// Elements of a row that differ from PyTorch's on purpose.
struct GoldenDifference: Sendable {
  let reason: String
  /// The elements of the value that differ, by position.
  var value: [Int: Double] = [:]
  /// The elements of the gradients that differ, by the position of the input among those with a
  /// gradient.
  var gradients: [Int: [Int: Double]] = [:]

  init(_ reason: String, value: [Int: Double] = [:], gradients: [Int: [Int: Double]] = [:]) {
    self.reason = reason
    self.value = value
    self.gradients = gradients
  }

  /// Creates a difference in consecutive elements from the first on.
  init(_ reason: String, value: [Double], gradients: [[Double]]) {
    self.init(
      reason, value: Self.numbered(value),
      gradients: Dictionary(uniqueKeysWithValues: zip(0..., gradients.map(Self.numbered))))
  }

  private static func numbered(_ list: [Double]) -> [Int: Double] {
    Dictionary(uniqueKeysWithValues: zip(0..., list))
  }

  /// The differences by the name of the row.
  static let all: [String: GoldenDifference] = [
    "abs of ends": .init("NaN has no sign, so no slope either", gradients: [0: [6: .nan]]),
    "norm one of ends": .init("NaN has no sign", gradients: [0: [1: .nan]]),
    "norm infinity of ends": .init(
      "where the norm is NaN no element is the greatest", gradients: [0: [0: .nan, 1: .nan]]),
    "sign of ends": .init(
      "the sign of NaN is NaN, that of −0 is −0", value: [1: -0.0, 6: .nan]),
    "gelu of ends": .init(
      "the limits at ±∞", value: [5: -0.0], gradients: [0: [4: 0.021, 5: 0]]),
    "silu of ends": .init(
      "the limits at ±∞", value: [5: -0.0], gradients: [0: [4: -0.587, 5: 0]]),
    "logSumExp of large numbers": .init(
      "far from zero y is rounded; the shares of the sum are not",
      gradients: [
        0: [
          3: -0.024666666666666667, 4: -0.024666666666666667, 5: -0.024666666666666667,
          6: 0.12205013269468874,
          7: 0.12205013269468874, 8: 0.04489973461062248,
        ]
      ]),
    "atan2 8": .init(
      "the squares of the coordinates neither overflow nor vanish",
      gradients: [
        0: [0: -.infinity, 2: 9.845e-300 * 1e-9, 3: 9.785e199, 4: 4.63e-201],
        1: [0: .infinity, 2: -9.845e-300 * 1e-9, 3: -9.785e199, 4: 4.63e-201],
      ]),
    "softsign of ends": .init("the slopes at ±∞ are 0", gradients: [0: [4: 0, 5: 0]]),
    "geluTanh of ends": .init(
      "the limits at ±∞", value: [5: -0.0], gradients: [0: [4: -0.037, 5: 0, 9: 0.93]]),
    "acos of special numbers": .init(
      "1 − x² is rounded near 1; (1 − x)(1 + x) is not",
      gradients: [0: [1: 110450.07465476, 2: -108258.04372371161]]),
    "asin of special numbers": .init(
      "1 − x² is rounded near 1; (1 − x)(1 + x) is not",
      gradients: [0: [1: 70922.80722069414, 2: 75024.02638201046]]),
    "asinh of ends": .init(
      "the square in the slope does not overflow", gradients: [0: [9: -4.49e-300 * 1e-9]]),
    "acosh of ends": .init(
      "there is no slope below 1, and the square in it does not overflow",
      gradients: [0: [3: .nan, 5: .nan, 9: -1.2e-300 * 1e-9]]),
    "acosh of special numbers": .init(
      "x² − 1 is rounded near 1; (x − 1)(x + 1) is not",
      gradients: [0: [1: -86196.313058527856]]),
    "atanh of special numbers": .init(
      "1 − x² is rounded near 1; (1 − x)(1 + x) is not",
      gradients: [0: [1: -2209999817.2542953, 2: 6124999493.5215197]]),
    "expm1 of special numbers": .init(
      "the slope is eˣ, not y + 1, which cancels",
      gradients: [0: [3: -3.7861359515531706e-22]]),
    "hardSwish of ends": .init(
      "x is not multiplied before it is divided, which would overflow; NaN has no slope",
      value: [9: 1e308], gradients: [0: [6: .nan]]),
    "power 0.5 of ends": .init(
      "as IEEE 754 has powers: (−0)^½ is 0 and (−∞)^½ is ∞; PyTorch takes the square root",
      value: [1: 0, 5: .infinity], gradients: [0: [1: -.infinity, 5: 0]]),
    "power -0.5 of ends": .init(
      "as IEEE 754 has powers: (−0)^−½ is ∞ and (−∞)^−½ is 0; PyTorch takes the square root",
      value: [1: .infinity, 5: 0]),
    "remainder of ends": .init(
      "⌊a/b⌋ is that of the quotient: ±∞ for infinite a, 0 for infinite b; PyTorch has NaN and −1",
      gradients: [
        1: [19: 0, 25: 0, 30: -.infinity, 31: .infinity, 37: .infinity, 38: .infinity]
      ]),
    "logSumExp of ends": .init(
      "the gradient of elements that are all −∞ is 0", gradients: [0: [12: 0, 13: 0, 14: 0]]),
    "variance of ends": .init(
      "the gradient also flows through the mean, which is infinite", gradients: [0: [3: .nan]]),
    "cumulativeProduct of ends": .init(
      "no element is divided by, and sums are factored, so that ∞, NaN or 0 spoils no other gradient",
      gradients: [
        0: [
          0: -.infinity, 1: -.infinity, 2: .infinity, 5: 1.606, 7: .nan, 8: 0.337, 10: .nan,
          11: .nan,
        ]
      ]),
    "gelu of special numbers": .init(
      "−30 Φ(−30) is −1.47201417814445612e-196", value: [4: -1.4720141781444561e-196]),
    "layerNorm of [3, 1]": .init(
      "one element deviates from itself by exactly 0", gradients: [0: [2: 0], 1: [0: 0]]),
    "scaledDotProductAttention, causal, of more keys than queries": .init(
      "the last query sees all keys; in PyTorch the first query sees the first key",
      value: [-1.2973776594649673, -1.4053307519514444, -1.004357199983409, -1.2492818149706255],
      gradients: [
        [-0.14040881508134867, 0.06904079857591179, 0.09027616042577977, -0.0646655669934757],
        [
          0.5399764686158857, 0.027977834499034737, -0.54730578910005, -0.05516632744516553,
          0.007329320484164404, 0.027188492946130335,
        ],
        [
          0.055663530586145316, 0.14272132801268084, 0.696264994084236, 0.04554597623736953,
          -0.0899285246703813, 0.048732695749949484,
        ],
      ]),
  ]

  /// Operations that may give 0 or −0 where PyTorch gives the other.
  static let ofEitherZero: Set<String> = [
    "max", "min", "maximum", "minimum", "logSigmoid", "softmaxCrossEntropy",
  ]
}
