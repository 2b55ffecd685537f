import Autograd
import Tensor
import Testing

@testable import Train

struct RaceFunctionTests {
  /// Values that were computed by hand from the formulas.
  private static let known: [(name: String, point: SIMD2<Double>, value: Double)] = [
    ("bowl", [1, 2], 9), ("valley", [2, 0.5], 14.5), ("rosenbrock", [-1.2, 1], 24.2),
    ("rosenbrock", [0, 0], 1), ("beale", [0, 0], 14.203125), ("beale", [1, 1], 14.203125),
    ("himmelblau", [0, 0], 170), ("himmelblau", [1, 1], 106), ("saddle", [0, 0], 0),
    ("saddle", [1, 2], 1), ("rastrigin", [0.5, 0.5], 40.5), ("rastrigin", [1, 0], 1),
  ]

  @Test(arguments: RaceFunction.all.map(\.name))
  func theGradientIsZeroAtTheMinima(name: String) throws {
    let function = try #require(RaceFunction.all.first { $0.name == name })
    #expect(!function.minima.isEmpty)
    for minimum in function.minima {
      #expect(abs(function.value(at: minimum) - function.minimum) < 1e-12)
      let slope = gradient(at: function.tensor(minimum)) { function.value(at: $0) }
      for element in slope.scalars(as: Double.self) { #expect(abs(element) < 1e-10) }
      // No lower point in the picture.
      #expect(function.gridValues.allSatisfy { $0 >= function.minimum - 1e-12 })
      #expect(function.domain.x.contains(minimum.x) && function.domain.y.contains(minimum.y))
    }
    #expect(function.domain.x.contains(function.start.x))
    #expect(function.domain.y.contains(function.start.y))
  }

  @Test func theValuesAreThoseOfTheFormulas() throws {
    for (name, point, value) in Self.known {
      let function = try #require(RaceFunction.all.first { $0.name == name })
      #expect(abs(function.value(at: point) - value) < 1e-12, "\(name) \(point)")
    }
    #expect(Set(Self.known.map(\.name)) == Set(RaceFunction.all.map(\.name)))
  }

  @Test(arguments: RaceFunction.all.map(\.name))
  func theGradientIsThatOfDifferences(name: String) throws {
    let function = try #require(RaceFunction.all.first { $0.name == name })
    let reports = checkGradients(
      of: { function.value(at: $0[0]) }, at: [function.tensor(function.start)], order: 1, seed: 1)
    #expect(reports.passed, "\(reports)")
  }

  @Test(arguments: RaceFunction.all.map(\.name))
  func theGridHoldsTheValuesOfItsPoints(name: String) throws {
    let function = try #require(RaceFunction.all.first { $0.name == name })
    let values = function.gridValues
    #expect(values.count == function.grid.count * function.grid.count)
    for (column, row) in [(0, 0), (7, 3), (160, 0), (0, 160), (160, 160)] {
      let value = function.value(at: function.grid.point(column, row))
      #expect(abs(values[row * 161 + column] - value) <= 1e-9 * max(1, abs(value)))
    }
  }

  @Test func aStartOutsideOfThePictureEnlargesIt() {
    let function = RaceFunction.all[0].starting(at: [5, -3])
    #expect(function.domain.x.contains(5) && function.domain.y.contains(-3))
    #expect(function.domain.x.lowerBound == -2 && function.domain.y.upperBound == 2)
    #expect(RaceFunction.all[0].starting(at: [1, 1]).domain == RaceFunction.all[0].domain)
  }
}
