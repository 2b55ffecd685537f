import TestSupport
import Testing

/// Compares convolutions and their gradients, at sizes that take every way of computing them, with
/// sums in float64.
struct ConvolutionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var images: (n: Int, channels: Int, height: Int, width: Int)
    var channels: Int
    var size = (3, 3)
    var stride = (1, 1)
    var padding = (1, 1)
    var dilation = (1, 1)
    var groups = 1

    /// Error relative to the sum of the absolute values of all products.
    var bound = 1e-6

    var geometry: WindowGeometry {
      func count(
        _ length: Int, _ size: Int, _ stride: Int, _ padding: Int, _ dilation: Int
      ) -> Int {
        (length + 2 * padding - dilation * (size - 1) - 1) / stride + 1
      }
      return WindowGeometry(
        size: size, stride: stride, padding: padding, dilation: dilation,
        count: (
          count(images.height, size.0, stride.0, padding.0, dilation.0),
          count(images.width, size.1, stride.1, padding.1, dilation.1)
        ))
    }

    var testDescription: String {
      "\(images) -> \(channels), \(size) by \(stride), \(padding), \(dilation), \(groups)"
    }
  }

  /// The bound of Winograd's convolution, which is documented.
  private static let winograd = 1e-5

  static let cases: [Case] = [
    // Winograd: tiles at the edges, panels that are not full, groups, other paddings, many images.
    Case(images: (2, 16, 9, 10), channels: 17, bound: winograd),
    Case(images: (1, 40, 8, 8), channels: 32, padding: (0, 0), groups: 2, bound: winograd),
    Case(images: (2, 19, 6, 13), channels: 24, padding: (2, 2), bound: winograd),
    Case(images: (40, 16, 4, 4), channels: 16, bound: winograd),
    // Several ranges of tiles, and weights that are transformed panel by panel.
    Case(images: (1, 16, 70, 70), channels: 16, bound: winograd),
    Case(images: (3, 88, 4, 5), channels: 90, bound: winograd),
    Case(images: (0, 16, 8, 8), channels: 16),
    // Channels along the lanes: strides, dilations, images in place, tiles of images and lines.
    Case(images: (2, 6, 9, 11), channels: 37, stride: (2, 1)),
    Case(images: (2, 6, 9, 11), channels: 20, size: (5, 2), stride: (1, 3), padding: (2, 0)),
    Case(images: (2, 18, 9, 11), channels: 16, padding: (2, 3), dilation: (2, 3)),
    Case(images: (3, 9, 7, 8), channels: 33, size: (1, 1), padding: (0, 0)),
    Case(images: (3, 9, 7, 8), channels: 33, size: (1, 1), stride: (2, 2), padding: (0, 0)),
    Case(images: (2, 12, 12, 12), channels: 24, size: (2, 4), padding: (0, 0), groups: 2),
    Case(images: (40, 8, 4, 4), channels: 16),
    Case(images: (1, 8, 90, 70), channels: 9, size: (5, 5), stride: (2, 2), padding: (2, 2)),
    Case(images: (1, 8, 1, 9000), channels: 8, size: (1, 3), padding: (0, 1)),
    // Windows along the lanes, and kernels of several blocks.
    Case(images: (2, 12, 17, 19), channels: 12, groups: 12),
    Case(images: (2, 6, 17, 19), channels: 12, size: (5, 7), padding: (2, 3), groups: 6),
    Case(images: (2, 8, 17, 19), channels: 8, stride: (2, 2), groups: 8),
    Case(images: (2, 4, 17, 19), channels: 4, size: (4, 4), stride: (2, 3), groups: 4),
    Case(
      images: (2, 4, 17, 19), channels: 8, padding: (3, 2), dilation: (3, 2), groups: 4),
    Case(images: (1, 2, 300, 300), channels: 2, groups: 2),
    Case(images: (3, 20, 11, 48), channels: 2, size: (3, 2)),
    // Few channels, and along the lanes all the same.
    Case(images: (3, 20, 11, 5), channels: 3, size: (3, 2)),
  ]

  private static func numbers(_ shape: Shape, _ generator: inout RandomGenerator) -> [Float] {
    (0..<shape.elementCount).map { _ in Float(generator.uniform(in: -1..<1)) }
  }

  /// The three results in float64, and the sums of absolute values.
  private struct Reference {
    var (y, dx, dw) = ([Double](), [Double](), [Double]())
    var (ySize, dxSize, dwSize) = ([Double](), [Double](), [Double]())

    init(_ c: Case, _ x: [Float], _ w: [Float], _ dy: [Float]) {
      let g = c.geometry
      let (inner, outer) = (c.images.channels / c.groups, c.channels / c.groups)
      func zeros(_ count: Int) -> [Double] { [Double](repeating: 0, count: count) }
      (y, ySize) = (zeros(dy.count), zeros(dy.count))
      (dx, dxSize) = (zeros(x.count), zeros(x.count))
      (dw, dwSize) = (zeros(w.count), zeros(w.count))
      for n in 0..<c.images.n {
        for o in 0..<c.channels {
          for s in 0..<inner {
            let plane = (n * c.images.channels + o / outer * inner + s) * c.images.height
            for ky in 0..<c.size.0 {
              for kx in 0..<c.size.1 {
                let k = ((o * inner + s) * c.size.0 + ky) * c.size.1 + kx
                for row in 0..<g.count.0 {
                  let line = row * c.stride.0 + ky * c.dilation.0 - c.padding.0
                  if line < 0 || line >= c.images.height { continue }
                  for column in 0..<g.count.1 {
                    let at = column * c.stride.1 + kx * c.dilation.1 - c.padding.1
                    if at < 0 || at >= c.images.width { continue }
                    let i = (plane + line) * c.images.width + at
                    let j = ((n * c.channels + o) * g.count.0 + row) * g.count.1 + column
                    add(i, j, k, Double(x[i]), Double(dy[j]), Double(w[k]))
                  }
                }
              }
            }
          }
        }
      }
    }

    private mutating func add(
      _ i: Int, _ j: Int, _ k: Int, _ x: Double, _ dy: Double, _ w: Double
    ) {
      y[j] += x * w
      ySize[j] += abs(x * w)
      dx[i] += dy * w
      dxSize[i] += abs(dy * w)
      dw[k] += x * dy
      dwSize[k] += abs(x * dy)
    }
  }

  private static func check(
    _ tensor: Tensor, _ expected: [Double], _ sizes: [Double], _ bound: Double, _ name: String
  ) {
    let values = tensor.scalars(as: Float.self)
    #expect(values.count == expected.count)
    var worst = 0.0
    for i in values.indices {
      let error = abs(Double(values[i]) - expected[i])
      worst = error == 0 ? worst : max(worst, error.isNaN ? .infinity : error / sizes[i])
    }
    #expect(worst <= bound, "\(name) has an error of \(worst)")
  }

  @Test(arguments: cases)
  func resultsAreWithinTheirBoundAndTheSameOnAnyNumberOfThreads(_ c: Case) {
    var generator = RandomGenerator(seed: 5)
    let g = c.geometry
    let shape: Shape = [c.images.n, c.images.channels, c.images.height, c.images.width]
    let kernel: Shape = [c.channels, c.images.channels / c.groups, c.size.0, c.size.1]
    let result: Shape = [c.images.n, c.channels, g.count.0, g.count.1]
    let x = Self.numbers(shape, &generator)
    let w = Self.numbers(kernel, &generator)
    let dy = Self.numbers(result, &generator)
    let bias = Self.numbers([c.channels], &generator)
    let expected = Reference(c, x, w, dy)
    let area = g.count.0 * g.count.1
    func biased(_ sums: [Double], _ value: (Float) -> Float) -> [Double] {
      sums.indices.map { sums[$0] + Double(value(bias[$0 / area % c.channels])) }
    }
    for set in InstructionSet.available {
      withInstructionSet(set) {
        let results = [1, 3].map { threads in
          withThreads(threads) {
            let (x, w, dy) = (
              Tensor(x, shape: shape), Tensor(w, shape: kernel), Tensor(dy, shape: result)
            )
            return [
              Convolution.forward(x, w, g, groups: c.groups),
              Convolution.forward(x, w, bias: Tensor(bias), g, groups: c.groups),
              Convolution.transposed(dy, w, g, groups: c.groups, into: shape),
              Convolution.weightGradient(x, dy, g, groups: c.groups, into: kernel),
            ]
          }
        }
        Self.check(results[0][0], expected.y, expected.ySize, c.bound, "\(set), y")
        Self.check(
          results[0][1], biased(expected.y) { $0 }, biased(expected.ySize) { abs($0) }, c.bound,
          "\(set), y with a bias")
        Self.check(results[0][2], expected.dx, expected.dxSize, c.bound, "\(set), dx")
        Self.check(results[0][3], expected.dw, expected.dwSize, c.bound, "\(set), dw")
        for (a, b) in zip(results[0], results[1]) {
          #expect(a.scalars(as: Float.self) == b.scalars(as: Float.self), "\(set)")
        }
      }
    }
  }
}
