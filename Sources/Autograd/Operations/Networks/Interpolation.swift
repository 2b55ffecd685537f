import Tensor

/// How ``interpolate(_:size:mode:alignCorners:)`` computes a pixel.
public enum InterpolationMode: String, Sendable, CaseIterable, Codable {
  /// The pixel of the image at the position, rounded down.
  case nearest
  /// The weighted mean of the four pixels around the position.
  case bilinear
}

/// Images [n, c, h, w] resized to a height and width, as in PyTorch's `interpolate`.
///
/// With the scale s = h/h' of an axis, pixel i of the output is at position ⌊s · i⌋ of the input in
/// the mode `.nearest`, and at s · (i + ½) − ½ (at least 0) in the mode `.bilinear`. Images also
/// shrink; there is no smoothing before (antialiasing).
///
/// - Parameters:
///   - x: The images.
///   - size: The height and width of the output.
///   - mode: How a pixel is computed.
///   - alignCorners: Whether the centers of the corner pixels of input and output coincide, so that
///     pixel i is at (h − 1)/(h' − 1) · i; for `.bilinear` only.
/// - Returns: The resized images, [n, c, size.height, size.width].
public func interpolate(
  _ x: Tensor, size: some IntOrPairConvertible, mode: InterpolationMode = .nearest,
  alignCorners: Bool = false
) -> Tensor {
  interpolated(x, to: size.intOrPair, scale: nil, mode, alignCorners)
}

/// Images [n, c, h, w] resized to ⌊factor · h⌋ × ⌊factor · w⌋, as in PyTorch's `interpolate` with
/// `scale_factor`.
///
/// The scale of the positions is 1/factor, even if factor · h is not a whole number; an axis that
/// keeps its size is copied. See ``interpolate(_:size:mode:alignCorners:)``.
public func interpolate(
  _ x: Tensor, factor: Double, mode: InterpolationMode = .nearest, alignCorners: Bool = false
) -> Tensor {
  require(
    factor > 0 && factor.isFinite, "interpolate: the factor must be positive, got \(factor)")
  requireImages(x)
  func scaled(_ size: Int) -> Int { Int((Double(size) * factor).rounded(.down)) }
  let size = IntOrPair(scaled(x.shape[2]), scaled(x.shape[3]))
  return interpolated(x, to: size, scale: 1 / factor, mode, alignCorners)
}

private func requireImages(_ x: Tensor) {
  require(x.rank == 4, "interpolate: shape \(x.shape) is not [n, channels, height, width]")
}

private func interpolated(
  _ x: Tensor, to size: IntOrPair, scale: Double?, _ mode: InterpolationMode, _ alignCorners: Bool
) -> Tensor {
  requireImages(x)
  require(
    size.height > 0 && size.width > 0 && x.shape[2] > 0 && x.shape[3] > 0,
    "interpolate: images of shape \(x.shape) to \(size)")
  require(
    !alignCorners || mode == .bilinear, "interpolate: alignCorners needs the mode bilinear")
  require(
    mode == .nearest || x.dtype.isFloatingPoint,
    "interpolate: the mode bilinear is \(x.dtype.isUndefined)")
  return traced(
    "interpolate", [x],
    attributes: [
      "size": .integers([size.height, size.width]), "scale": .number(scale ?? 0),
      "mode": .text(mode.rawValue), "alignCorners": .flag(alignCorners),
    ]
  ) {
    let factor = IntOrPair(size.height / x.shape[2], size.width / x.shape[3])
    if mode == .nearest && !Trace.isRunning
      && size == IntOrPair(factor.height * x.shape[2], factor.width * x.shape[3])
      && scale.map({ $0 == 1 / Double(factor.height) && factor.height == factor.width }) ?? true
    {
      return enlarged(x, by: factor)
    }
    // The shorter rows first.
    return [(axis: 3, count: size.width), (axis: 2, count: size.height)].reduce(x) {
      image, target in
      let (axis, count) = target
      // As in PyTorch, an axis that keeps its size is copied, whatever the factor.
      if count == image.shape[axis] { return image }
      switch mode {
      case .nearest: return nearest(image, axis, count, scale)
      case .bilinear: return linear(image, axis, count, scale, alignCorners)
      }
    }
  }
}

/// Images with each pixel repeated in a rectangle.
private func enlarged(_ x: Tensor, by factor: IntOrPair) -> Tensor {
  record("interpolate", x) {
    let (n, channels, height, width) = ($0.shape[0], $0.shape[1], $0.shape[2], $0.shape[3])
    let pixels = Views.reshape($0, to: [n, channels, height, 1, width, 1])
    let rectangles = Views.broadcast(
      pixels, to: [n, channels, height, factor.height, width, factor.width])
    return Views.reshape(
      rectangles, to: [n, channels, height * factor.height, width * factor.width])
  } pullback: { dy, _ in
    rectangleSums(dy, of: factor)
  }
}

/// The transpose of ``enlarged(_:by:)``, and its gradient.
private func rectangleSums(_ dy: Tensor, of factor: IntOrPair) -> Tensor {
  record("interpolate's gradient", dy) {
    MeanPooling.forward(
      $0, rows: PoolingAxis(sumsOf: $0.shape[2], every: factor.height),
      columns: PoolingAxis(sumsOf: $0.shape[3], every: factor.width), name: "interpolate")
  } pullback: { slope, _ in
    enlarged(slope, by: factor)
  }
}

private func nearest(_ x: Tensor, _ axis: Int, _ count: Int, _ scale: Double?) -> Tensor {
  let size = x.shape[axis]
  // PyTorch computes these positions in float32 for every dtype, and exactly for twice the size.
  let step =
    count == 2 * size ? 0.5 : scale.map { Float($0) } ?? Float(size) / Float(count)
  let positions = (0..<count).map { i in
    Int32(Swift.min(Int((Float(i) * step).rounded(.down)), size - 1))
  }
  return x.selected(at: Tensor(positions, shape: [count]), along: axis)
}

private func linear(
  _ x: Tensor, _ axis: Int, _ count: Int, _ scale: Double?, _ alignCorners: Bool
) -> Tensor {
  let size = x.shape[axis]
  var (lower, upper, fractions) = ([Int32](), [Int32](), [Double]())
  for i in 0..<count {
    let position =
      alignCorners
      ? (count > 1 ? Double(i) * (Double(size - 1) / Double(count - 1)) : 0)
      : Swift.max((Double(i) + 0.5) * (scale ?? Double(size) / Double(count)) - 0.5, 0)
    let start = Swift.min(Int(position), size - 1)
    lower.append(Int32(start))
    upper.append(Int32(Swift.min(start + 1, size - 1)))
    fractions.append(Swift.min(position - Double(start), 1))
  }
  return blended(
    x,
    Blending(
      along: axis, of: size, lower: lower, upper: upper, fractions: fractions, dtype: x.dtype))
}

/// Weighted means of slices along an axis.
private func blended(_ x: Tensor, _ blending: Blending) -> Tensor {
  record(
    "blended", x, constants: blending.constants, attributes: ["axis": .integer(blending.axis)]
  ) {
    blending.means(of: $0)
  } pullback: { dy, _ in
    spread(dy, blending)
  }
}

/// The transpose of ``blended(_:_:)``, and its gradient.
private func spread(_ dy: Tensor, _ blending: Blending) -> Tensor {
  record("spread", dy) {
    blending.spread($0)
  } pullback: { slope, _ in
    blended(slope, blending)
  }
}
