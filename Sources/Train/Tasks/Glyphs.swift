import Training
import Foundation
import Tensor

/// Images of digits and letters of a built-in font, each drawn at another place, angle and size, with
/// noise.
enum Glyphs {
  /// The height and width of an image.
  static let size = 16

  /// The data that a seed stands for.
  static func data(
    seed: UInt64, trainingRows: Int = 18_000, validationRows: Int = 2000
  ) -> SupervisedData {
    var generator = RandomStream.trainingData.generator(seed: seed)
    var fresh = RandomStream.validationData.generator(seed: seed)
    return SupervisedData(
      training: examples(trainingRows, &generator),
      validation: examples(validationRows, &fresh),
      target: .classes(GlyphFont.glyphs.map(\.name)))
  }

  private static func examples(_ rows: Int, _ generator: inout RandomGenerator) -> SupervisedData.Examples {
    var pixels: [Float] = []
    var classes: [Int32] = []
    pixels.reserveCapacity(rows * size * size)
    for index in 0..<rows {
      // Taking turns keeps the classes equally large.
      let label = index % GlyphFont.glyphs.count
      draw(GlyphFont.glyphs[label], into: &pixels, &generator)
      classes.append(Int32(label))
    }
    return SupervisedData.Examples(
      inputs: Tensor(pixels, shape: [rows, 1, size, size]), targets: .classes(classes))
  }

  private static func draw(
    _ glyph: GlyphFont.Glyph, into pixels: inout [Float], _ generator: inout RandomGenerator
  ) {
    let angle = generator.uniform(in: -0.15..<0.15)
    let shift = (x: generator.uniform(in: -1.5..<1.5), y: generator.uniform(in: -1.5..<1.5))
    let scale = generator.uniform(in: 1.4..<1.8)
    let (cosine, sine) = (cos(angle) / scale, sin(angle) / scale)
    let middle = Double(size - 1) / 2
    for row in 0..<size {
      for column in 0..<size {
        // Where the pixel comes from on the glyph, whose middle is turned and moved.
        let (x, y) = (Double(column) - middle - shift.x, Double(row) - middle - shift.y)
        let ink = glyph.ink(
          x: cosine * x + sine * y + Double(GlyphFont.width - 1) / 2,
          y: cosine * y - sine * x + Double(GlyphFont.height - 1) / 2)
        pixels.append(Float(ink + 0.1 * generator.normal()))
      }
    }
  }
}
