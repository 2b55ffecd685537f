import CKernels

/// The convolution of images with kernels, and its gradients with respect to both.
///
/// With y = conv(x, w), the number Σ dy · conv(x, w) is linear in each of x [n, c, h, w], w [out,
/// c/groups, kh, kw] and dy [n, out, h′, w′]. ``transposed(_:_:_:groups:into:)`` and
/// ``weightGradient(_:_:_:groups:into:)`` are its derivatives with respect to x and w. Each is a
/// matrix product for one image at a time, whose windows are unfolded into memory that stays in a
/// near cache.
package enum Convolution {
  /// Returns y[o, ·] = bias[o] + Σ w[o, element] · windows[element, ·] for each image and group of
  /// channels.
  package static func forward(
    _ x: Tensor, _ weight: Tensor, bias: Tensor? = nil, _ geometry: WindowGeometry, groups: Int
  ) -> Tensor {
    let plan = Plan(
      images: x.shape, channels: weight.shape[0], geometry, groups: groups, dtype: x.dtype)
    let result = Tensor(
      uninitialized: [x.shape[0], weight.shape[0], geometry.count.0, geometry.count.1],
      dtype: x.dtype)
    let (source, factor, shift) = (x.contiguous, weight.contiguous, bias?.contiguous)
    let (from, kernels, start) = (source.pointer, factor.pointer, shift?.pointer)
    let (to, size) = (result.pointer, x.dtype.byteCount)
    let fill = ck_convert(Execution.current.kernels, x.dtype.code, x.dtype.code)
    plan.forEachImages { images in
      let buffer = plan.buffer()
      for image in images {
        let columns = plan.columns(of: from + image * plan.inputSize, in: buffer)
        let output = to + image * plan.outputSize
        if let start {
          for channel in 0..<plan.channels {
            let row = output + channel * plan.windows * size
            fill?(start + channel * size, 0, row, plan.windows)
          }
        }
        plan.forEachGroup { kernel, column, channel in
          MatrixProduct.multiply(
            dtype: plan.dtype, m: plan.channelsPerGroup, n: plan.windows, k: plan.rows,
            a: kernels + kernel, aRow: plan.rows, aColumn: 1, b: columns + column,
            bRow: plan.windows, bColumn: 1, c: output + channel, cRow: plan.windows,
            accumulate: start != nil)
        }
      }
      withExtendedLifetime(buffer) {}
    }
    withExtendedLifetime((source, factor, shift)) {}
    return result
  }

  /// Returns the derivative of Σ y · conv(x, w) with respect to x, of the given shape.
  package static func transposed(
    _ y: Tensor, _ weight: Tensor, _ geometry: WindowGeometry, groups: Int, into shape: Shape
  ) -> Tensor {
    let plan = Plan(
      images: shape, channels: weight.shape[0], geometry, groups: groups, dtype: y.dtype)
    let result = Tensor(uninitialized: shape, dtype: y.dtype)
    let (source, factor) = (y.contiguous, weight.contiguous)
    let (from, kernels, to) = (source.pointer, factor.pointer, result.pointer)
    plan.forEachImages { images in
      let buffer = plan.buffer()
      for image in images {
        let input = from + image * plan.outputSize
        let output = to + image * plan.inputSize
        let columns = buffer?.pointer ?? output
        plan.forEachGroup { kernel, column, channel in
          MatrixProduct.multiply(
            dtype: plan.dtype, m: plan.rows, n: plan.windows, k: plan.channelsPerGroup,
            a: kernels + kernel, aRow: 1, aColumn: plan.rows, b: input + channel,
            bRow: plan.windows, bColumn: 1, c: columns + column, cRow: plan.windows,
            accumulate: false)
        }
        if buffer != nil {
          Unfold.fold(
            columns, into: output, dtype: plan.dtype, plan.placement, channels: shape[1])
        }
      }
      withExtendedLifetime(buffer) {}
    }
    withExtendedLifetime((source, factor)) {}
    return result
  }

  /// Returns the derivative of Σ y · conv(x, w) with respect to w, of the given shape.
  package static func weightGradient(
    _ x: Tensor, _ y: Tensor, _ geometry: WindowGeometry, groups: Int, into shape: Shape
  ) -> Tensor {
    let plan = Plan(images: x.shape, channels: shape[0], geometry, groups: groups, dtype: x.dtype)
    let (source, factor) = (x.contiguous, y.contiguous)
    let (from, other) = (source.pointer, factor.pointer)
    // Each task has a sum of its own, transposed so that only the smaller operand y must be packed.
    let tasks = plan.tasks(atMost: 16)
    let sums = Tensor(
      uninitialized: [tasks.count, groups, plan.rows, plan.channelsPerGroup], dtype: x.dtype)
    let partial = sums.pointer
    let taskSize = shape.elementCount * x.dtype.byteCount
    plan.forEachImages(tasks.grain) { images in
      let buffer = plan.buffer()
      let target = partial + images.lowerBound / tasks.grain * taskSize
      for image in images {
        let columns = plan.columns(of: from + image * plan.inputSize, in: buffer)
        let output = other + image * plan.outputSize
        plan.forEachGroup { kernel, column, channel in
          MatrixProduct.multiply(
            dtype: plan.dtype, m: plan.rows, n: plan.channelsPerGroup, k: plan.windows,
            a: columns + column, aRow: plan.windows, aColumn: 1, b: output + channel,
            bRow: 1, bColumn: plan.windows, c: target + kernel, cRow: plan.channelsPerGroup,
            accumulate: image > images.lowerBound)
        }
      }
      withExtendedLifetime(buffer) {}
    }
    withExtendedLifetime((source, factor)) {}
    let total = Reduction.reduce(
      CK_REDUCE_SUM, sums, along: AxisMask(axis: 0), keepingAxes: false, name: "sum")
    return Views.reshape(Elementwise.copy(Views.transpose(total, 1, 2)), to: shape)
  }
}

/// The sizes of a convolution, and the way it is cut into tasks.
private struct Plan {
  let count: Int
  let dtype: DType
  /// The number of output channels, and of those that read the same input channels.
  let channels: Int
  let channelsPerGroup: Int
  /// The number of elements of a window over the input channels of a group.
  let rows: Int
  let windows: Int
  let inputSize: Int
  let outputSize: Int
  let placement: ck_windows
  private let groups: Int
  private let inputChannels: Int
  private let isIdentity: Bool

  init(images: Shape, channels: Int, _ geometry: WindowGeometry, groups: Int, dtype: DType) {
    require(dtype.isFloatingPoint, "conv2d: \(dtype.isUndefined)")
    count = images[0]
    self.dtype = dtype
    self.channels = channels
    self.groups = groups
    inputChannels = images[1]
    channelsPerGroup = channels / groups
    rows = images[1] / groups * geometry.elements
    windows = geometry.windows
    inputSize = images[1] * images[2] * images[3] * dtype.byteCount
    outputSize = channels * geometry.windows * dtype.byteCount
    placement = geometry.over(height: images[2], width: images[3])
    isIdentity = geometry.isIdentity(height: images[2], width: images[3])
  }

  /// The number of images that make a task.
  private var grain: Int { Grain.items(Grain.multiplyAdds, each: channels * rows * windows) }

  /// Returns a cut of the images into at most `limit` tasks.
  func tasks(atMost limit: Int) -> (count: Int, grain: Int) {
    let grain = Swift.max(self.grain, (count + limit - 1) / limit)
    return ((count + grain - 1) / grain, grain)
  }

  func forEachImages(_ grain: Int? = nil, _ body: (Range<Int>) -> Void) {
    forEachChunk(of: count, grain: grain ?? self.grain, body)
  }

  /// Allocates memory for the windows of an image, or returns `nil` if they are its pixels.
  func buffer() -> Storage? {
    isIdentity ? nil : Storage(byteCount: groups * rows * windows * dtype.byteCount)
  }

  /// Returns the windows of an image, unfolded into `buffer` if there is one.
  func columns(of image: UnsafeRawPointer, in buffer: Storage?) -> UnsafeRawPointer {
    guard let buffer else { return image }
    Unfold.unfold(
      image, into: buffer.pointer, dtype: dtype, placement, channels: inputChannels)
    return UnsafeRawPointer(buffer.pointer)
  }

  /// Calls `body` for each group with the byte offsets of its part of the weight, of the unfolded
  /// windows and of the output.
  func forEachGroup(_ body: (_ kernel: Int, _ column: Int, _ channel: Int) -> Void) {
    let size = dtype.byteCount
    for group in 0..<groups {
      body(
        group * channelsPerGroup * rows * size, group * rows * windows * size,
        group * channelsPerGroup * windows * size)
    }
  }
}
