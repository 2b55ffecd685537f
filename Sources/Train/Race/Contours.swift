import CLibrary

/// The lines of equal value of a function on a grid, by marching squares.
struct Contours {
  /// The lines of a value.
  struct Level {
    let value: Double
    /// Lines through points; the last point of a closed line is the first one again.
    let lines: [[SIMD2<Double>]]
  }

  let levels: [Level]

  /// Finds the lines of some values.
  ///
  /// Along the edges of the squares the function is taken as linear. Where two lines might cross in
  /// a square, the mean of its corners decides which corners are connected. Squares with a value
  /// that is not finite are left out.
  init(of values: [Double], on grid: RaceGrid, at levels: [Double]) {
    self.levels = levels.map { level in
      Level(value: level, lines: Self.lines(of: values, on: grid, at: level))
    }
  }

  /// Values that divide a function above its lowest value evenly on a logarithmic scale.
  static func levels(of values: [Double], lowest: Double, count: Int) -> [Double] {
    let heights = values.filter(\.isFinite).map { $0 - lowest }.filter { $0 > 0 }.sorted()
    guard let highest = heights.last else { return [] }
    // Below what a hundredth of the picture reaches, lines would be too small to see.
    let low = max(heights[heights.count / 100], highest * 1e-5)
    let ratio = pow(highest / low, 1 / Double(count))
    return (0..<count).map { lowest + low * pow(ratio, Double($0)) }
  }

  /// An edge of the grid: to the right of a point, or above it.
  private struct Edge: Hashable {
    let column: Int
    let row: Int
    let isHorizontal: Bool
  }

  private static func lines(
    of values: [Double], on grid: RaceGrid, at level: Double
  ) -> [[SIMD2<Double>]] {
    let count = grid.count
    func value(_ column: Int, _ row: Int) -> Double { values[row * count + column] }
    // The edges that a line connects in a square: at most two for each edge, one in each square.
    var neighbors: [Edge: [Edge]] = [:]
    var order: [Edge] = []
    func connect(_ a: Edge, _ b: Edge) {
      for (from, to) in [(a, b), (b, a)] {
        if neighbors[from] == nil { order.append(from) }
        neighbors[from, default: []].append(to)
      }
    }
    for row in 0..<count - 1 {
      for column in 0..<count - 1 {
        let corners = [
          value(column, row), value(column + 1, row), value(column + 1, row + 1),
          value(column, row + 1),
        ]
        guard corners.allSatisfy(\.isFinite) else { continue }
        let above = corners.map { $0 > level }
        // The edges around the square, each between a corner and the next one.
        let edges = [
          Edge(column: column, row: row, isHorizontal: true),
          Edge(column: column + 1, row: row, isHorizontal: false),
          Edge(column: column, row: row + 1, isHorizontal: true),
          Edge(column: column, row: row, isHorizontal: false),
        ]
        let crossed = (0..<4).filter { above[$0] != above[($0 + 1) % 4] }
        if crossed.count == 2 {
          connect(edges[crossed[0]], edges[crossed[1]])
        } else if crossed.count == 4 {
          let middle = corners.reduce(0, +) / 4 > level
          // Lines cut off the corners that differ from the middle.
          let first = above[0] == middle ? 0 : 3
          connect(edges[first], edges[(first + 1) % 4])
          connect(edges[(first + 2) % 4], edges[(first + 3) % 4])
        }
      }
    }
    func point(_ edge: Edge) -> SIMD2<Double> {
      let (column, row) = (edge.column, edge.row)
      let (nextColumn, nextRow) = edge.isHorizontal ? (column + 1, row) : (column, row + 1)
      let (a, b) = (value(column, row), value(nextColumn, nextRow))
      let share = (level - a) / (b - a)
      let (start, end) = (grid.point(column, row), grid.point(nextColumn, nextRow))
      return start + (end - start) * share
    }
    return chains(neighbors, order).map { $0.map(point) }
  }

  /// The edges in the order of the lines: open lines from an end, then closed ones.
  private static func chains(_ neighbors: [Edge: [Edge]], _ order: [Edge]) -> [[Edge]] {
    var visited: Set<Edge> = []
    var chains: [[Edge]] = []
    func follow(from start: Edge) {
      guard visited.insert(start).inserted else { return }
      var chain = [start]
      while let next = neighbors[chain[chain.count - 1]]?.first(where: { !visited.contains($0) }) {
        visited.insert(next)
        chain.append(next)
      }
      let isClosed = chain.count > 2 && neighbors[start]?.count == 2
      chains.append(isClosed ? chain + [start] : chain)
    }
    for edge in order where neighbors[edge]?.count == 1 { follow(from: edge) }
    for edge in order { follow(from: edge) }
    return chains
  }
}
