import Training
import CLibrary
import Tensor

/// Images of digits and letters of a built-in font, each drawn at another place, angle and size,
/// with noise.
struct GlyphsTask: TrainingTask {
  static let name = "glyphs"
  static let summary = "noisy, shifted, rotated images of digits and letters, 36 classes"
  static let models = ["conv", "mlp"]
  static let options: [any AnyOption] = [TaskOptions.test]

  /// The height and width of an image.
  private static let size = 16

  static func setDefaults(_ defaults: inout TrainingDefaults, model: String) {
    defaults.setForImages(model: model)
  }

  private let test: Double

  init(_ values: OptionValues) { test = values[TaskOptions.test] }

  func data(seed: UInt64) -> TaskData {
    .examples(data(seed: seed, trainingRows: 18_000, validationRows: 2000))
  }

  /// The data of a seed with so many rows.
  func data(seed: UInt64, trainingRows: Int, validationRows: Int) -> SupervisedData {
    generated(
      seed: seed, trainingRows, validationRows, test: test,
      target: .classes(GlyphFont.glyphs.map(\.name)),
      // In an image file ink is 255.
      pixels: PixelScale(mean: 0, deviation: 255)
    ) { Self.examples($0, &$1) }
  }

  private static func examples(_ rows: Int, _ generator: inout RandomGenerator)
    -> SupervisedData.Examples
  {
    var pixels: [Float] = []
    var classes: [Int32] = []
    pixels.reserveCapacity(rows * size * size)
    for index in 0..<rows {
      // Alternating keeps the classes equally large.
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
        // The place of the pixel on the glyph, which is rotated and shifted about its center.
        let (x, y) = (Double(column) - middle - shift.x, Double(row) - middle - shift.y)
        let ink = glyph.ink(
          x: cosine * x + sine * y + Double(GlyphFont.width - 1) / 2,
          y: cosine * y - sine * x + Double(GlyphFont.height - 1) / 2)
        pixels.append(Float(ink + 0.1 * generator.normal()))
      }
    }
  }
}
