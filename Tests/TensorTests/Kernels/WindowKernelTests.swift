import CKernels
import TestSupport
import Testing

/// Compares the loops over windows with plain ones, exactly, on small integers.
struct WindowKernelTests {
  private static let channels = 2

  /// Windows over images narrower and wider than a vector, with each setting alone and combined.
  private static let geometries: [ck_windows] = {
    var all = [ck_windows]()
    for width in [1, 2, 5, 14, 16, 17, 35, 64] {
      for (size, stride, padding, dilation) in [
        (1, 1, 0, 1), (2, 2, 0, 1), (2, 2, 1, 1), (3, 1, 1, 1), (3, 2, 1, 1), (2, 3, 1, 1),
        (3, 1, 2, 2), (5, 1, 2, 1), (2, 1, 0, 7), (3, 3, 4, 4),
      ] {
        let image = (6, width)
        func count(_ length: Int) -> Int {
          let room = length + 2 * padding - dilation * (size - 1)
          return room < 1 ? 0 : (room - 1) / stride + 1
        }
        guard count(image.0) > 0 && count(image.1) > 0 else { continue }
        all.append(
          ck_windows(
            image: image, size: (size, size), stride: (stride, stride),
            padding: (padding, padding), dilation: (dilation, dilation),
            count: (count(image.0), count(image.1))))
      }
    }
    // Height and width differ in every setting, and there are fewer windows than fit.
    all.append(
      ck_windows(
        image: (9, 23), size: (2, 3), stride: (1, 2), padding: (0, 1), dilation: (3, 1),
        count: (4, 10)))
    return all
  }()

  /// Calls `body` for each window and element that covers a pixel of a channel.
  private static func forEachCovered(
    _ w: ck_windows, _ body: (_ element: Int, _ window: Int, _ pixel: Int) -> Void
  ) {
    for ky in 0..<w.size.0 {
      for kx in 0..<w.size.1 {
        for row in 0..<w.count.0 {
          for column in 0..<w.count.1 {
            let y = row * w.stride.0 + ky * w.dilation.0 - w.padding.0
            let x = column * w.stride.1 + kx * w.dilation.1 - w.padding.1
            guard y >= 0 && y < w.image.0 && x >= 0 && x < w.image.1 else { continue }
            body(ky * w.size.1 + kx, row * w.count.1 + column, y * w.image.1 + x)
          }
        }
      }
    }
  }

  private static func sizes(_ w: ck_windows) -> (pixels: Int, elements: Int, windows: Int) {
    (w.image.0 * w.image.1, w.size.0 * w.size.1, w.count.0 * w.count.1)
  }

  @Test func unfoldingAndFoldingAgreeWithTheOracle() throws {
    for kernels in Kernels.all {
      try check(kernels, CK_F32, Float.self)
      try check(kernels, CK_F64, Double.self)
    }
  }

  private func check<Scalar: BinaryFloatingPoint & BitwiseCopyable>(
    _ kernels: Kernels, _ dtype: ck_dtype, _ type: Scalar.Type
  ) throws {
    let unfold = try #require(ck_unfold(kernels.table, dtype))
    let fold = try #require(ck_fold(kernels.table, dtype))
    var numbers = RandomGenerator(seed: 1)
    for geometry in Self.geometries {
      var w = geometry
      let (pixels, elements, windows) = Self.sizes(w)
      let (images, columns) = (2 * pixels, 2 * elements * windows)
      let x = (0..<images).map { _ in Scalar(numbers.next() % 100) + 1 }
      let y = (0..<columns).map { _ in Scalar(numbers.next() % 100) + 1 }
      var unfolded = [Scalar](repeating: 0, count: columns) + [77]
      var folded = [Scalar](repeating: 0, count: images) + [77]
      for channel in 0..<Self.channels {
        Self.forEachCovered(w) { element, window, pixel in
          let column = (channel * elements + element) * windows + window
          unfolded[column] = x[channel * pixels + pixel]
          folded[channel * pixels + pixel] += y[column]
        }
      }
      var actual = [Scalar](repeating: 77, count: columns + 1)
      unfold(x, &actual, &w, Self.channels)
      #expect(actual == unfolded, "unfold, \(kernels), \(type), \(w)")
      actual = [Scalar](repeating: 77, count: images + 1)
      fold(y, &actual, &w, Self.channels)
      #expect(actual == folded, "fold, \(kernels), \(type), \(w)")
    }
  }

  @Test func maximaAreTheFirstOfEqualsOrNaNAndNeverPadding() throws {
    for kernels in Kernels.all {
      try checkMaxima(kernels, CK_F32, Float.self)
      try checkMaxima(kernels, CK_F64, Double.self)
    }
  }

  private func checkMaxima<Scalar: BinaryFloatingPoint & BitwiseCopyable>(
    _ kernels: Kernels, _ dtype: ck_dtype, _ type: Scalar.Type
  ) throws {
    let kernel = try #require(ck_maxima(kernels.table, dtype))
    var numbers = RandomGenerator(seed: 2)
    for geometry in Self.geometries {
      var w = geometry
      let (pixels, _, windows) = Self.sizes(w)
      let count = Self.channels * windows
      // There are few values, so that many are equal, and all are negative, so that padding would
      // win.
      let x = (0..<Self.channels * pixels).map { _ -> Scalar in
        let pick = numbers.next() % 12
        return pick == 0 ? .nan : pick < 3 ? -.infinity : -1 - Scalar(pick % 4)
      }
      var places = [Int?](repeating: nil, count: count)
      for channel in 0..<Self.channels {
        Self.forEachCovered(w) { _, window, pixel in
          let (i, value) = (channel * windows + window, x[channel * pixels + pixel])
          guard let best = places[i].map({ x[channel * pixels + $0] }) else {
            return places[i] = pixel
          }
          if !best.isNaN && (value.isNaN || value > best) { places[i] = pixel }
        }
      }
      var values = [Scalar](repeating: 77, count: count + 1)
      var positions = [Int32](repeating: 77, count: count + 1)
      let everywhere = kernel(x, &values, &positions, &w, Self.channels)
      #expect(
        (everywhere != 0) == !places.contains(nil), "everywhere, \(kernels), \(type), \(w)")
      #expect(values[count] == 77 && positions[count] == 77, "wrote past the end: \(w)")
      for i in 0..<count {
        guard let place = places[i] else { continue }
        let image = i / windows * pixels
        let isRight =
          x[image + place].isNaN
          ? values[i].isNaN && x[image + Int(positions[i])].isNaN
          : values[i] == x[image + place] && Int(positions[i]) == place
        if !isRight {
          Issue.record(
            "maxima, \(kernels), \(type), \(w), window \(i): \(values[i]) at \(positions[i]), not \(x[image + place]) at \(place)"
          )
          break
        }
      }
    }
  }
}
