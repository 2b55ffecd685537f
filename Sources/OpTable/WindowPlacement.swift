/// The windows of a convolution or of pooling along an axis, as the references compute them.
struct WindowPlacement {
  /// The number of windows.
  let count: Int
  /// The number of elements added before the axis.
  let before: Int

  /// Places windows over an axis; a padding of `nil` is `.same`.
  init(of kernelSize: Int, over size: Int, stride: Int, dilation: Int, padding: Int?) {
    let reach = dilation * (kernelSize - 1) + 1
    if let padding {
      count = (size + 2 * padding - reach) / stride + 1
      before = padding
    } else {
      // The fewest elements with which the windows reach beyond the end.
      let windows = (size + stride - 1) / stride
      count = windows
      before = ((0...).first { (windows - 1) * stride + reach <= size + $0 } ?? 0) / 2
    }
  }
}
