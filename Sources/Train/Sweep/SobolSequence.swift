import Tensor

/// The points of Sobol's sequence in the unit cube, which fill it more evenly than random ones.
///
/// Of any 2ᵏ successive points that begin at a multiple of 2ᵏ each coordinate has one in every
/// interval of length 2⁻ᵏ. The direction numbers are those of Joe and Kuo (2008, "Constructing
/// Sobol sequences with better two-dimensional projections"), the order is that of the Gray code. A
/// generator scrambles the points by random lower triangular matrices and a shift (Matoušek, 1998,
/// "On the L₂-discrepancy for anchored boxes"), which keeps that property and makes each point
/// uniformly distributed.
struct SobolSequence: Sendable {
  /// The largest number of coordinates.
  static let largestDimension = initials.count + 1

  private static let bits = 32
  /// For each coordinate the words that the bits of an index select, and the first point.
  private let directions: [[UInt32]]
  private let shifts: [UInt32]

  /// Creates the sequence of points with so many coordinates; without a generator it is the plain
  /// one, whose first point is 0.
  init(dimensions: Int, scrambledBy generator: RandomGenerator? = nil) {
    require(
      (1...Self.largestDimension).contains(dimensions),
      "SobolSequence: \(dimensions) dimensions, not from 1 to \(Self.largestDimension)")
    var directions = (0..<dimensions).map(Self.directions)
    var shifts = [UInt32](repeating: 0, count: dimensions)
    if var generator {
      for dimension in 0..<dimensions {
        // Bit i of a scrambled word is a sum modulo 2 of bit i and bits above it.
        let rows = (0..<Self.bits).map { bit -> UInt32 in
          let diagonal = UInt32(1) << (31 - bit)
          let above = ~(diagonal | (diagonal &- 1))
          return diagonal | (UInt32(truncatingIfNeeded: generator.next()) & above)
        }
        directions[dimension] = directions[dimension].map { word in
          rows.reduce(0) { $0 << 1 | UInt32(($1 & word).nonzeroBitCount & 1) }
        }
        shifts[dimension] = UInt32(truncatingIfNeeded: generator.next())
      }
    }
    (self.directions, self.shifts) = (directions, shifts)
  }

  /// The point at an index from 0 to below 2³², with coordinates from 0 to below 1.
  subscript(index: Int) -> [Double] {
    let code = UInt32(index) ^ (UInt32(index) >> 1)
    return zip(directions, shifts).map { words, shift in
      var sum = shift
      for bit in 0..<Self.bits where code >> bit & 1 == 1 { sum ^= words[bit] }
      return Double(sum) * 0x1p-32
    }
  }

  /// The words of a coordinate by the recurrence of its primitive polynomial.
  private static func directions(_ dimension: Int) -> [UInt32] {
    guard dimension > 0 else { return (0..<bits).map { 1 << (31 - $0) } }
    let (polynomial, initial) = initials[dimension - 1]
    let degree = initial.count
    var words = initial.enumerated().map { $1 << (31 - $0) }
    for bit in degree..<bits {
      var word = words[bit - degree] ^ (words[bit - degree] >> degree)
      for term in stride(from: 1, to: degree, by: 1)
      where polynomial >> (degree - 1 - term) & 1 == 1 {
        word ^= words[bit - term]
      }
      words.append(word)
    }
    return words
  }

  /// For each coordinate after the first the inner coefficients of a primitive polynomial and the
  /// first direction numbers; their number is the degree. (The file new-joe-kuo-6.21201.)
  private static let initials: [(polynomial: UInt32, numbers: [UInt32])] = [
    (0, [1]), (1, [1, 3]), (1, [1, 3, 1]), (2, [1, 1, 1]), (1, [1, 1, 3, 3]),
    (4, [1, 3, 5, 13]), (2, [1, 1, 5, 5, 17]), (4, [1, 1, 5, 5, 5]), (7, [1, 1, 7, 11, 19]),
    (11, [1, 1, 5, 1, 1]), (13, [1, 1, 1, 3, 11]), (14, [1, 3, 5, 5, 31]),
    (1, [1, 3, 3, 9, 7, 49]), (13, [1, 1, 1, 15, 21, 21]), (16, [1, 3, 1, 13, 27, 49]),
    (19, [1, 1, 1, 15, 7, 5]), (22, [1, 3, 1, 15, 13, 25]), (25, [1, 1, 5, 5, 19, 61]),
    (1, [1, 3, 7, 11, 23, 15, 103]), (4, [1, 3, 7, 13, 13, 15, 69]),
  ]
}
