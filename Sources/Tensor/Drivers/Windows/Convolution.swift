import CKernels

/// The convolution of images with kernels, and its gradients with respect to both.
///
/// With y = conv(x, w), the number Σ dy · conv(x, w) is linear in each of x [n, c, h, w], w [out,
/// c/groups, kh, kw] and dy [n, out, h′, w′]. ``transposed(_:_:_:groups:into:)`` and
/// ``weightGradient(_:_:_:groups:into:)`` are its derivatives with respect to x and w. All of them
/// read windows from planes, copies of a part of an image with zeros around it (`Correlation`), so
/// no image is unfolded.
package enum Convolution {
  /// Returns y[o, ·] = bias[o] + Σ w[o, element] · windows[element, ·] for each image and group of
  /// channels.
  package static func forward(
    _ x: Tensor, _ weight: Tensor, bias: Tensor? = nil, _ geometry: WindowGeometry, groups: Int
  ) -> Tensor {
    let result = Tensor(
      uninitialized: [x.shape[0], weight.shape[0], geometry.count.0, geometry.count.1],
      dtype: x.dtype)
    apply(
      weight.contiguous, bias: bias?.contiguous, to: x.contiguous, into: result, groups: groups,
      geometry.windows(over: x.shape), kernel: geometry.size)
    return result
  }

  /// Returns the derivative of Σ y · conv(x, w) with respect to x, of the given shape.
  package static func transposed(
    _ y: Tensor, _ weight: Tensor, _ geometry: WindowGeometry, groups: Int, into shape: Shape
  ) -> Tensor {
    let result = Tensor(uninitialized: shape, dtype: y.dtype)
    // [groups, out/groups, in/groups, kernel] with the channels swapped.
    let kernels = Views.reshape(
      weight.contiguous,
      to: [groups, weight.shape[0] / groups, weight.shape[1], geometry.elements])
    let swapped = Elementwise.copy(Views.transpose(kernels, 1, 2))
    apply(
      swapped, bias: nil, to: y.contiguous, into: result, groups: groups,
      geometry.transposedWindows(into: shape), kernel: geometry.size)
    return result
  }

  /// Returns the derivative of Σ y · conv(x, w) with respect to w, of the given shape.
  package static func weightGradient(
    _ x: Tensor, _ y: Tensor, _ geometry: WindowGeometry, groups: Int, into shape: Shape
  ) -> Tensor {
    let windows = geometry.windows(over: x.shape)
    let result = Tensor(uninitialized: shape, dtype: x.dtype)
    if let winograd = WinogradConvolution(
      x.shape, into: y.shape, groups: groups, windows, kernel: geometry.size, dtype: x.dtype,
      isGradient: true)
    {
      winograd.correlate(x.contiguous, y.contiguous, into: result)
    } else {
      Correlation(
        x.shape, into: y.shape, groups: groups, windows, kernel: geometry.size, dtype: x.dtype
      ).correlate(x.contiguous, y.contiguous, into: result)
    }
    return result
  }

  /// Writes the products of windows over images with a weight [out, in/groups, kh, kw].
  private static func apply(
    _ weight: Tensor, bias: Tensor?, to images: Tensor, into result: Tensor, groups: Int,
    _ windows: PlacedWindowParts, kernel: (Int, Int)
  ) {
    if isPixelwise(images.shape, into: result.shape, windows, kernel: kernel) {
      multiply(weight, bias: bias, to: images, into: result, groups: groups)
      return
    }
    if let winograd = WinogradConvolution(
      images.shape, into: result.shape, groups: groups, windows, kernel: kernel,
      dtype: images.dtype)
    {
      winograd.apply(
        weight, bias: bias.map { UnsafeRawPointer($0.pointer) }, to: images.pointer,
        into: result.pointer)
      withExtendedLifetime((images, bias)) {}
      return
    }
    let correlation = Correlation(
      images.shape, into: result.shape, groups: groups, windows, kernel: kernel,
      dtype: images.dtype)
    correlation.apply(weight, bias: bias, to: images, into: result)
  }

  // MARK: Kernels of one element

  /// The pixels of an image that make good use of vectors along its lines.
  private static let fewestPixels = 128

  /// Whether each result depends on the pixel at its place alone, and images have many of them.
  private static func isPixelwise(
    _ source: Shape, into target: Shape, _ windows: PlacedWindowParts, kernel: (Int, Int)
  ) -> Bool {
    guard kernel == (1, 1), windows.step == (1, 1), windows.parts.count == 1,
      source[2] * source[3] >= fewestPixels
    else { return false }
    return windows.parts[0].rows.bounds.0 == 0 && windows.parts[0].columns.bounds.0 == 0
      && (target[2], target[3]) == (source[2], source[3])
  }

  /// Writes w x + bias for each image and group, matrices [out, in] and [in, pixels]; images are
  /// read in place.
  private static func multiply(
    _ weight: Tensor, bias: Tensor?, to images: Tensor, into result: Tensor, groups: Int
  ) {
    let (inner, outer) = (images.shape[1] / groups, result.shape[1] / groups)
    let pixels = result.shape[2] * result.shape[3]
    let size = result.dtype.byteCount
    let (from, factors, to) = (images.pointer, weight.pointer, result.pointer)
    let starts = bias.map { UnsafeRawPointer($0.pointer) }
    let fill = ck_copy(Execution.current.kernels, size)
    forEachChunk(
      of: images.shape[0] * groups, each: outer * inner * pixels, grain: Grain.multiplyAdds
    ) { range in
      for index in range {
        let (group, target) = (index % groups, to + index * outer * pixels * size)
        if let starts {
          for channel in 0..<outer {
            fill?(
              starts + (group * outer + channel) * size, 0, target + channel * pixels * size, 1,
              pixels)
          }
        }
        MatrixProduct.multiply(
          dtype: result.dtype, m: outer, n: pixels, k: inner,
          a: factors + group * outer * inner * size, aRow: inner, aColumn: 1,
          b: from + index * inner * pixels * size, bRow: pixels, bColumn: 1,
          c: target, cRow: pixels, update: starts == nil ? .set : .add)
      }
    }
    withExtendedLifetime((images, weight, bias)) {}
  }
}
