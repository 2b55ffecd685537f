import Autograd
import Tensor

/// A test function of two numbers from the literature on optimization.
struct RaceFunction: RaceLandscape {
  let name: String
  let title: String
  let formula: String
  var grid: RaceGrid
  var start: SIMD2<Double>
  /// The global minima.
  let minima: [SIMD2<Double>]
  /// The value at the minima.
  let minimum: Double
  private let function: @Sendable (_ x: Tensor, _ y: Tensor) -> Tensor

  init(
    _ name: String, _ title: String, _ formula: String, x: ClosedRange<Double>,
    y: ClosedRange<Double>, start: SIMD2<Double>, minima: [SIMD2<Double>], minimum: Double = 0,
    _ function: @escaping @Sendable (_ x: Tensor, _ y: Tensor) -> Tensor
  ) {
    self.name = name
    self.title = title
    self.formula = formula
    // Fine enough for the hundred hollows of Rastrigin's function.
    grid = RaceGrid(domain: RaceDomain(x: x, y: y), count: 161)
    self.start = start
    self.minima = minima
    self.minimum = minimum
    self.function = function
  }

  var dtype: DType { .float64 }

  func value(at point: Tensor) -> Tensor { function(point[0], point[1]) }

  var gridValues: [Double] {
    let indices = 0..<grid.count
    let x = Tensor(indices.map(grid.x), shape: [1, grid.count])
    let y = Tensor(indices.map(grid.y), shape: [grid.count, 1])
    return function(x, y).scalars(as: Double.self)
  }

  /// The function with another start, which the picture then includes.
  func starting(at point: SIMD2<Double>) -> RaceFunction {
    var result = self
    result.start = point
    result.grid = RaceGrid(domain: domain.including(point), count: grid.count)
    return result
  }
}

extension RaceFunction {
  /// The functions, in the order of the page.
  static let all = [
    RaceFunction(
      "bowl", "Quadratic bowl", "x² + 2y²", x: -2...2, y: -2...2, start: [-1.6, 1.4],
      minima: [[0, 0]]
    ) { x, y in square(x) + square(y) * 2 },
    RaceFunction(
      "valley", "Narrow valley", "(x² + 100y²) / 2", x: -2...2, y: -1...1, start: [-1.7, 0.7],
      minima: [[0, 0]]
    ) { x, y in (square(x) + square(y) * 100) * 0.5 },
    RaceFunction(
      "rosenbrock", "Rosenbrock", "(1 − x)² + 100(y − x²)²", x: -2...2, y: -1...3,
      start: [-1.2, 1], minima: [[1, 1]]
    ) { x, y in square(1 - x) + square(y - square(x)) * 100 },
    RaceFunction(
      "beale", "Beale", "(1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)²",
      x: -4.5...4.5, y: -4.5...4.5, start: [1, 1.5], minima: [[3, 0.5]]
    ) { x, y in
      let (y2, y3) = (square(y), square(y) * y)
      let terms = [1.5 - x + x * y, 2.25 - x + x * y2, 2.625 - x + x * y3]
      return square(terms[0]) + square(terms[1]) + square(terms[2])
    },
    RaceFunction(
      "himmelblau", "Himmelblau", "(x² + y − 11)² + (x + y² − 7)²", x: -6...6, y: -6...6,
      start: [-0.5, -2],
      minima: [
        [3, 2], [-2.805118086952745, 3.131312518250573],
        [-3.779310253377747, -3.283185991286170], [3.584428340330492, -1.848126526964404],
      ]
    ) { x, y in square(square(x) + y - 11) + square(x + square(y) - 7) },
    RaceFunction(
      "saddle", "Saddle", "x² − y² + y⁴/4", x: -2...2, y: -2.2...2.2, start: [-1.7, 0.01],
      minima: [[0, 2.0.squareRoot()], [0, -2.0.squareRoot()]], minimum: -1
    ) { x, y in square(x) - square(y) + square(square(y)) * 0.25 },
    RaceFunction(
      "rastrigin", "Rastrigin", "20 + x² − 10cos(2πx) + y² − 10cos(2πy)", x: -5.12...5.12,
      y: -5.12...5.12, start: [3.3, -2.4], minima: [[0, 0]]
    ) { x, y in wave(x) + wave(y) },
  ]

  /// One of the two terms of Rastrigin's function.
  private static func wave(_ x: Tensor) -> Tensor {
    square(x) + 10 - cos(x * (2 * Double.pi)) * 10
  }
}
