import Foundation
import Testing

@testable import Train

struct ContoursTests {
  private let grid = RaceGrid(domain: RaceDomain(x: -2...2, y: -2...2), count: 81)

  private func values(_ function: (SIMD2<Double>) -> Double) -> [Double] {
    (0..<grid.count).flatMap { row in
      (0..<grid.count).map { function(grid.point($0, row)) }
    }
  }

  @Test func theContoursOfABowlAreCircles() throws {
    let contours = Contours(
      of: values { ($0 * $0).sum() }, on: grid, at: [0.25, 1, 2.25, 3.9])
    for level in contours.levels {
      #expect(level.lines.count == 1)
      let line = try #require(level.lines.first)
      #expect(line.first == line.last && line.count > 40)
      for point in line {
        #expect(abs((point * point).sum().squareRoot() - level.value.squareRoot()) < 1e-3)
      }
      // All the way around.
      let quadrants = Set(line.map { [$0.x > 0, $0.y > 0] })
      #expect(quadrants.count == 4)
    }
  }

  @Test func linesThatLeaveThePictureAreOpen() {
    // Arcs in the four corners.
    let contours = Contours(of: values { ($0 * $0).sum() }, on: grid, at: [5])
    #expect(contours.levels[0].lines.count == 4)
    for line in contours.levels[0].lines {
      #expect(line.first != line.last)
      for end in [line[0], line[line.count - 1]] {
        #expect(max(abs(end.x), abs(end.y)) == 2)
      }
    }
  }

  @Test func consecutivePointsAreInOneSquare() {
    let contours = Contours(
      of: values { sin(3 * $0.x) * cos(2 * $0.y) }, on: grid, at: [-0.5, 0, 0.3])
    for line in contours.levels.flatMap(\.lines) {
      for (a, b) in zip(line, line.dropFirst()) {
        #expect(max(abs(a.x - b.x), abs(a.y - b.y)) < 4 / 80.0 + 1e-9)
      }
    }
  }

  @Test func aSaddleIsTwoLines() {
    let contours = Contours(of: values { $0.x * $0.y }, on: grid, at: [0.1, -0.1])
    #expect(contours.levels.map(\.lines.count) == [2, 2])
  }

  @Test func squaresWithoutAValueAreLeftOut() {
    let contours = Contours(
      of: values { $0.x < 0 ? .nan : ($0 * $0).sum() }, on: grid, at: [1])
    #expect(contours.levels[0].lines.count == 1)
    #expect(contours.levels[0].lines[0].allSatisfy { $0.x >= 0 })
  }

  @Test func levelsAscendEvenlyOnALogarithmicScale() {
    let levels = Contours.levels(of: values { ($0 * $0).sum() + 3 }, lowest: 3, count: 10)
    #expect(levels.count == 10 && levels[0] > 3 && levels[9] < 11)
    let ratios = zip(levels, levels.dropFirst()).map { ($1 - 3) / ($0 - 3) }
    for ratio in ratios { #expect(abs(ratio - ratios[0]) < 1e-9) }
    #expect(Contours.levels(of: [1, 1, 1, 1], lowest: 1, count: 10).isEmpty)
  }
}
