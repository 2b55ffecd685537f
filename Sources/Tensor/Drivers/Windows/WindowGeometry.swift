import CKernels

/// The geometry of the windows that slide over an image, along height and width.
package struct WindowGeometry: Sendable {
  package var size: (Int, Int)
  package var stride: (Int, Int)
  package var padding: (Int, Int)
  package var dilation: (Int, Int)
  /// The number of windows along each axis.
  package var count: (Int, Int)

  package init(
    size: (Int, Int), stride: (Int, Int), padding: (Int, Int), dilation: (Int, Int),
    count: (Int, Int)
  ) {
    self.size = size
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.count = count
  }

  /// The number of elements of a window.
  var elements: Int { size.0 * size.1 }

  /// The number of windows over an image.
  var windows: Int { count.0 * count.1 }
}
