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
            count: (count(image.0), count(image.1)), pitch: 0))
      }
    }
    // Height and width differ in every setting, and there are fewer windows than fit.
    all.append(
      ck_windows(
        image: (9, 23), size: (2, 3), stride: (1, 2), padding: (0, 1), dilation: (3, 1),
        count: (4, 10), pitch: 0))
    for i in all.indices {
      let w = all[i]
      let lanes = (w.count.1 + 15) / 16 * 16
      all[i].pitch = (lanes * w.stride.1 + (w.size.1 - 1) * w.dilation.1 + 15) / 16 * 16
    }
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

  /// Products over windows take the same numbers as sums over them, element by element.
  @Test func productsOverWindowsAgreeWithTheOracle() throws {
    for kernels in Kernels.all {
      try checkProducts(kernels, CK_F32, Float.self)
      try checkProducts(kernels, CK_F64, Double.self)
    }
  }

  /// The positions in planes of the pixels that windows cover, from the layout alone.
  private static func checkedPlanes<Scalar: BinaryFloatingPoint>(
    _ x: [Scalar], _ p: ck_planes
  ) -> [Scalar] {
    var planes = [Scalar]()
    for channel in 0..<channels {
      for line in p.first.0..<p.first.0 + p.lines {
        for phase in 0..<p.step {
          for i in 0..<p.pitch {
            let column = p.first.1 + i * p.step + phase
            let isInside =
              (0..<p.image.0).contains(line) && (0..<p.image.1).contains(column)
            planes.append(isInside ? x[(channel * p.image.0 + line) * p.image.1 + column] : 0)
          }
        }
      }
    }
    return planes
  }

  private func checkProducts<Scalar: BinaryFloatingPoint & BitwiseCopyable>(
    _ kernels: Kernels, _ dtype: ck_dtype, _ type: Scalar.Type
  ) throws {
    let loops = try #require(ck_convolution_for(kernels.table, dtype)).pointee
    let packing = try #require(ck_gemm_for(kernels.table, dtype, CK_PRECISION_FLOAT32)).pointee
    let (panel, lanes) = (Int(loops.panel), Int(loops.lanes))
    var numbers = RandomGenerator(seed: 3)
    func integers(_ count: Int) -> [Scalar] {
      (0..<count).map { _ in Scalar(numbers.next() % 100) + 1 }
    }
    for w in Self.geometries {
      let (pixels, elements, windows) = Self.sizes(w)
      let x = integers(Self.channels * pixels)
      let reach = (w.dilation.0 * (w.size.0 - 1), w.dilation.1 * (w.size.1 - 1))
      var layout = ck_planes(
        image: w.image, first: (-w.padding.0, -w.padding.1),
        lines: (w.count.0 - 1) * w.stride.0 + reach.0 + 1, step: w.stride.1,
        pitch: w.count.1 + reach.1 / w.stride.1)
      let line = layout.step * layout.pitch
      let plane = layout.lines * line
      var planes = [Scalar](repeating: 77, count: Self.channels * plane + lanes)
      loops.lay(x, &planes, &layout, Self.channels)
      #expect(
        Array(planes.prefix(Self.channels * plane)) == Self.checkedPlanes(x, layout),
        "planes, \(kernels), \(type), \(w)")
      func pixel(_ ky: Int, _ kx: Int) -> Int {
        let column = kx * w.dilation.1
        return ky * w.dilation.0 * line + column % layout.step * layout.pitch
          + column / layout.step
      }
      // Channels along the lanes: each number of them that a panel can have.
      let depth = Self.channels * elements
      let columns = (0..<depth).map {
        $0 / elements * plane + pixel($0 % elements / w.size.1, $0 % w.size.1)
      }
      var rows = (0..<windows).map { $0 / w.count.1 * w.stride.0 * line + $0 % w.count.1 }
      rows += [Int](repeating: rows[windows - 1], count: Int(loops.rows))
      for count in [1, lanes, panel - 1, panel] {
        let (weights, start) = (integers(count * depth), integers(panel))
        var packed = [Scalar](repeating: 77, count: depth * panel)
        packing.pack_b(weights, 1, depth, depth, count, &packed)
        var sums = [Scalar](repeating: 77, count: (windows + Int(loops.rows)) * panel)
        let first = depth / 2
        loops.multiply(windows, count, first, planes, rows, columns, packed, start, &sums, 0)
        packed.withUnsafeBufferPointer { rest in
          columns.withUnsafeBufferPointer { offsets in
            loops.multiply(
              windows, count, depth - first, planes, rows,
              offsets.baseAddress.map { $0 + first },
              rest.baseAddress.map { $0 + first * panel }, start, &sums, 1)
          }
        }
        var expected = [Scalar](repeating: 0, count: count * windows)
        for j in 0..<count {
          for window in 0..<windows {
            expected[j * windows + window] = (0..<depth).reduce(start[j]) {
              $0 + planes[rows[window] + columns[$1]] * weights[j * depth + $1]
            }
          }
        }
        // With a step the results lie apart, and what is between them stays.
        for step in [1, 2] {
          var stored = [Scalar](repeating: 77, count: count * windows * step + 1)
          loops.store(
            sums, count, w.count.0, w.count.1, &stored, windows * step, w.count.1 * step, step)
          var spread = [Scalar](repeating: 77, count: count * windows * step + 1)
          for i in expected.indices { spread[i * step] = expected[i] }
          #expect(stored == spread, "multiply, \(kernels), \(type), \(w), \(count), \(step)")
        }
      }
      // Windows along the lanes: elements whose columns are in one phase.
      let across = (0..<w.size.1).filter { $0 * w.dilation.1 % layout.step == 0 }
      let column = across.count > 1 ? pixel(0, across[1]) : 1
      let weights = integers(w.size.0 * across.count)
      let y = integers(windows)
      var sums = [Scalar](repeating: 1, count: weights.count) + [77]
      for step in [1, 3] {
        var stencil = ck_stencil(
          lines: w.size.0, columns: across.count, line: w.dilation.0 * line, column: column,
          weight_line: across.count, weight_column: 1, height: w.count.0, width: w.count.1,
          x_line: w.stride.0 * line, y_line: w.count.1 * step, step: step, first_line: 0,
          end_line: plane, first_column: 0, end_column: layout.pitch)
        var results = [Scalar](repeating: 77, count: windows * step + 1)
        var expected = results
        for window in 0..<windows {
          expected[window * step] = 5
          for (i, weight) in weights.enumerated() {
            let at = rows[window] + pixel(i / across.count, across[i % across.count])
            expected[window * step] += planes[at] * weight
            if step == 1 { sums[i] += planes[at] * y[window] }
          }
        }
        loops.apply_stencil(&stencil, planes, weights, &results, [Scalar(5)])
        #expect(results == expected, "stencil, \(kernels), \(type), \(w), \(step)")
        for i in 0..<windows { expected[i * step] = 2 * expected[i * step] - 5 }
        loops.apply_stencil(&stencil, planes, weights, &results, nil)
        #expect(results == expected, "added stencil, \(kernels), \(type), \(w), \(step)")
        if step > 1 { continue }
        var actual = [Scalar](repeating: 1, count: weights.count) + [77]
        loops.correlate(&stencil, planes, y, &actual)
        #expect(actual == sums, "correlate, \(kernels), \(type), \(w)")
      }
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
    let kernel = try #require(ck_pooling_for(kernels.table, dtype)?.pointee.maxima)
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
      let lines = 7 * w.stride.0 + (w.size.0 - 1) * w.dilation.0 + 1
      var scratch = [UInt8](
        repeating: 0,
        count: max(
          lines * w.pitch * MemoryLayout<Scalar>.size
            + 32 * (w.size.0 * w.size.1 + w.count.1) + 64,
          ck_small_image_bytes(
            w.image.0 * w.image.1, w.count.0 * w.count.1, MemoryLayout<Scalar>.size)))
      let everywhere = kernel(x, &values, &positions, &w, &scratch, Self.channels)
      #expect(
        (everywhere != 0) == !places.contains(nil), "everywhere, \(kernels), \(type), \(w)")
      if everywhere == 0 { continue }
      var withoutPositions = [Scalar](repeating: 77, count: count + 1)
      _ = kernel(x, &withoutPositions, nil, &w, &scratch, Self.channels)
      #expect(
        zip(values, withoutPositions).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN },
        "without positions, \(kernels), \(type), \(w)")
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
