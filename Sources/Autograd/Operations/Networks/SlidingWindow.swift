import Tensor

/// A window that slides over an image: the geometry of a convolution or of pooling.
struct SlidingWindow: Sendable {
  /// The height and width of the window.
  let kernelSize: IntOrPair
  /// The steps from one window to the next.
  let stride: IntOrPair
  /// The elements added on each side of the image.
  let padding: IntOrPair
  /// The steps from one element of a window to the next.
  let dilation: IntOrPair

  /// The number of windows that fit along the height and the width of an image,
  /// ⌊(size + 2 · padding − dilation · (kernelSize − 1) − 1) / stride⌋ + 1.
  func count(over image: Shape, in operation: StaticString) -> IntOrPair {
    require(image.rank == 4, "\(operation): shape \(image) is not [n, channels, height, width]")
    require(
      Swift.min(kernelSize.height, kernelSize.width, stride.height, stride.width) >= 1
        && Swift.min(dilation.height, dilation.width) >= 1
        && Swift.min(padding.height, padding.width) >= 0,
      "\(operation): kernel size \(kernelSize), stride \(stride) and dilation \(dilation) must be at least 1, padding \(padding) at least 0"
    )
    let height = image[2] + 2 * padding.height - dilation.height * (kernelSize.height - 1)
    let width = image[3] + 2 * padding.width - dilation.width * (kernelSize.width - 1)
    require(
      height >= 1 && width >= 1,
      "\(operation): a window of \(kernelSize) with padding \(padding) does not fit an image of shape \(image)"
    )
    return IntOrPair((height - 1) / stride.height + 1, (width - 1) / stride.width + 1)
  }

  /// The positions of `count` windows.
  func geometry(of count: IntOrPair) -> WindowGeometry {
    WindowGeometry(
      size: kernelSize.tuple, stride: stride.tuple, padding: padding.tuple,
      dilation: dilation.tuple, count: count.tuple)
  }
}
