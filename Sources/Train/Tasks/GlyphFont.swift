import Training

/// A font of digits and capital letters on a grid of 5 x 7 squares.
enum GlyphFont {
  static let width = 5
  static let height = 7

  /// A character of the font.
  struct Glyph: Sendable {
    /// The character.
    let name: String
    private let squares: [Bool]

    /// Creates a glyph from its rows, in which 1 is ink.
    init(_ name: String, _ rows: String) {
      self.name = name
      squares = rows.filter { $0 != " " }.map { $0 == "1" }
    }

    /// The darkness of the glyph at a point, from 0 to 1: bilinear between the centers of its
    /// squares, 0 outside.
    func ink(x: Double, y: Double) -> Double {
      let (left, top) = (x.rounded(.down), y.rounded(.down))
      guard left >= -1, top >= -1, left < Double(width), top < Double(height) else { return 0 }
      let (column, row) = (Int(left), Int(top))
      let (right, low) = (x - left, y - top)
      return (1 - low) * ((1 - right) * ink(column, row) + right * ink(column + 1, row))
        + low * ((1 - right) * ink(column, row + 1) + right * ink(column + 1, row + 1))
    }

    private func ink(_ column: Int, _ row: Int) -> Double {
      guard (0..<width).contains(column), (0..<height).contains(row) else { return 0 }
      return squares[row * width + column] ? 1 : 0
    }
  }

  /// All characters.
  static let glyphs = [
    Glyph("0", "01110 10001 10011 10101 11001 10001 01110"),
    Glyph("1", "00100 01100 00100 00100 00100 00100 01110"),
    Glyph("2", "01110 10001 00001 00110 01000 10000 11111"),
    Glyph("3", "01110 10001 00001 00110 00001 10001 01110"),
    Glyph("4", "00010 00110 01010 10010 11111 00010 00010"),
    Glyph("5", "11111 10000 11110 00001 00001 10001 01110"),
    Glyph("6", "00110 01000 10000 11110 10001 10001 01110"),
    Glyph("7", "11111 00001 00010 00100 01000 01000 01000"),
    Glyph("8", "01110 10001 10001 01110 10001 10001 01110"),
    Glyph("9", "01110 10001 10001 01111 00001 00010 01100"),
    Glyph("A", "01110 10001 10001 11111 10001 10001 10001"),
    Glyph("B", "11110 10001 10001 11110 10001 10001 11110"),
    Glyph("C", "01110 10001 10000 10000 10000 10001 01110"),
    Glyph("D", "11100 10010 10001 10001 10001 10010 11100"),
    Glyph("E", "11111 10000 10000 11110 10000 10000 11111"),
    Glyph("F", "11111 10000 10000 11110 10000 10000 10000"),
    Glyph("G", "01110 10001 10000 10111 10001 10001 01111"),
    Glyph("H", "10001 10001 10001 11111 10001 10001 10001"),
    Glyph("I", "01110 00100 00100 00100 00100 00100 01110"),
    Glyph("J", "00111 00010 00010 00010 00010 10010 01100"),
    Glyph("K", "10001 10010 10100 11000 10100 10010 10001"),
    Glyph("L", "10000 10000 10000 10000 10000 10000 11111"),
    Glyph("M", "10001 11011 10101 10101 10001 10001 10001"),
    Glyph("N", "10001 10001 11001 10101 10011 10001 10001"),
    Glyph("O", "01110 10001 10001 10001 10001 10001 01110"),
    Glyph("P", "11110 10001 10001 11110 10000 10000 10000"),
    Glyph("Q", "01110 10001 10001 10001 10101 10010 01101"),
    Glyph("R", "11110 10001 10001 11110 10100 10010 10001"),
    Glyph("S", "01111 10000 10000 01110 00001 00001 11110"),
    Glyph("T", "11111 00100 00100 00100 00100 00100 00100"),
    Glyph("U", "10001 10001 10001 10001 10001 10001 01110"),
    Glyph("V", "10001 10001 10001 10001 10001 01010 00100"),
    Glyph("W", "10001 10001 10001 10101 10101 10101 01010"),
    Glyph("X", "10001 10001 01010 00100 01010 10001 10001"),
    Glyph("Y", "10001 10001 10001 01010 00100 00100 00100"),
    Glyph("Z", "11111 00001 00010 00100 01000 10000 11111"),
  ]
}
