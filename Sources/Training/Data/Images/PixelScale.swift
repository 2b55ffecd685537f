/// How the pixels of an image, 0 to 255, become inputs of a model: (pixel − mean) / deviation.
package struct PixelScale: Codable, Sendable, Equatable {
  /// The pixel that becomes 0.
  package let mean: Double
  /// The difference of pixels that becomes 1.
  package let deviation: Double

  /// Creates a scale from its numbers.
  package init(mean: Double, deviation: Double) {
    self.mean = mean
    self.deviation = deviation
  }

  /// Creates the scale with which the pixels of some images of a file, or all, have mean 0 and
  /// deviation 1.
  init(fitting images: IDXFile, rows: [Int]? = nil) {
    var counts = [Int](repeating: 0, count: 256)
    images.forEachElement(of: rows) { counts[Int($0)] += 1 }
    let total = Double(max(counts.reduce(0, +), 1))
    let mean = counts.indices.reduce(0) { $0 + Double($1) * Double(counts[$1]) } / total
    let variance = counts.indices.reduce(0) { sum, value in
      sum + (Double(value) - mean) * (Double(value) - mean) * Double(counts[value]) / total
    }
    self.init(mean: mean, deviation: variance > 0 ? variance.squareRoot() : 1)
  }

  /// Returns the input of a pixel.
  package func callAsFunction(_ pixel: Double) -> Float { Float((pixel - mean) / deviation) }

  /// The inputs of the 256 pixels of a byte.
  package var table: [Float] { (0..<256).map { self(Double($0)) } }
}
