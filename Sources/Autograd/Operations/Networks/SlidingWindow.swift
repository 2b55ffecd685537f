import Tensor

/// A window that slides over images or sequences: the settings of a convolution or of pooling.
struct SlidingWindow: Sendable {
  /// The height and width of the window.
  let kernelSize: IntOrPair
  /// The steps from one window to the next.
  let stride: IntOrPair
  /// The elements added around the image.
  let padding: WindowPadding
  /// The steps from one element of a window to the next.
  let dilation: IntOrPair
  /// Whether the window slides over sequences, which are computed as images of height 1.
  let isFlat: Bool

  /// A window over images [n, channels, height, width].
  init(
    kernelSize: IntOrPair, stride: IntOrPair, padding: some WindowPaddingConvertible,
    dilation: IntOrPair
  ) {
    self.kernelSize = kernelSize
    self.stride = stride
    self.padding = padding.windowPadding
    self.dilation = dilation
    isFlat = false
  }

  /// A window over sequences [n, channels, length].
  init(
    length: Int, stride: Int, padding: some WindowPaddingConvertible, dilation: Int,
    in operation: StaticString
  ) {
    kernelSize = IntOrPair(1, length)
    self.stride = IntOrPair(1, stride)
    let padding = padding.windowPadding
    if let amount = padding.amount {
      require(
        amount.height == amount.width,
        "\(operation): the padding \(amount) is a pair, but a sequence has one axis")
      self.padding = WindowPadding(IntOrPair(0, amount.width))
    } else {
      self.padding = padding
    }
    self.dilation = IntOrPair(1, dilation)
    isFlat = true
  }

  /// A setting as the user wrote it.
  func text(_ setting: IntOrPair) -> String { isFlat ? "\(setting.width)" : "\(setting)" }

  /// The padding as the user wrote it.
  var paddingText: String { padding.amount.map(text) ?? "\(padding)" }

  /// Sequences as images of height 1; images as they are.
  func images(_ x: Tensor) -> Tensor { isFlat ? x.expanded(along: 2) : x }

  /// The result for what `images(_:)` returned, in the form of the input.
  func restored(_ y: Tensor) -> Tensor { isFlat ? y.squeezed(along: 2) : y }

  /// The windows that fit an input.
  ///
  /// Along each axis there are ⌊(size + padding − dilation · (kernelSize − 1) − 1) / stride⌋ + 1.
  func placed(over input: Shape, in operation: StaticString) -> PlacedWindows {
    let rank = isFlat ? 3 : 4
    require(
      input.rank == rank,
      "\(operation): shape \(input) is not [n, channels, \(isFlat ? "length" : "height, width")]")
    let amount = padding.amount ?? 0
    require(
      Swift.min(kernelSize.height, kernelSize.width, stride.height, stride.width) >= 1
        && Swift.min(dilation.height, dilation.width) >= 1
        && Swift.min(amount.height, amount.width) >= 0,
      """
      \(operation): kernel size \(text(kernelSize)), stride \(text(stride)) and dilation \
      \(text(dilation)) must be at least 1, padding \(paddingText) at least 0
      """
    )
    func along(_ size: Int, _ axis: KeyPath<IntOrPair, Int>) -> (added: (Int, Int), count: Int) {
      let reach = dilation[keyPath: axis] * (kernelSize[keyPath: axis] - 1) + 1
      let step = stride[keyPath: axis]
      var added = (amount[keyPath: axis], amount[keyPath: axis])
      if padding.amount == nil {
        let total = Swift.max(((size + step - 1) / step - 1) * step + reach - size, 0)
        added = (total / 2, total - total / 2)
      }
      let room = size + added.0 + added.1 - reach
      require(
        size >= 0 && room >= 0 && (size > 0 || padding.amount != nil),
        """
        \(operation): a window of \(text(kernelSize)) with padding \(paddingText) does not fit \
        \(isFlat ? "a sequence" : "an image") of shape \(input)
        """
      )
      return (added, room / step + 1)
    }
    let rows = along(isFlat ? 1 : input[2], \.height)
    let columns = along(input[rank - 1], \.width)
    return PlacedWindows(
      window: self, rows: rows.added, columns: columns.added,
      count: IntOrPair(rows.count, columns.count))
  }
}

// MARK: - Traces

extension SlidingWindow {
  /// A setting of each axis.
  func sizes(_ setting: IntOrPair) -> OperationAttribute {
    .integers(isFlat ? [setting.width] : [setting.height, setting.width])
  }

  /// The elements added at the start of each axis, then those added at the ends.
  func pads(_ rows: (Int, Int), _ columns: (Int, Int)) -> OperationAttribute {
    .integers(
      isFlat ? [columns.0, columns.1] : [rows.0, columns.0, rows.1, columns.1])
  }

  /// The settings as attributes, without the padding.
  var attributes: OperationAttributes {
    ["kernelSize": sizes(kernelSize), "stride": sizes(stride), "dilation": sizes(dilation)]
  }
}

extension PlacedWindows {
  /// The settings as attributes.
  var attributes: OperationAttributes {
    window.attributes.merging(["pads": window.pads(rows, columns)]) { $1 }
  }
}

/// The windows over an input of a given size.
struct PlacedWindows: Sendable {
  let window: SlidingWindow
  /// The rows added above and below.
  let rows: (Int, Int)
  /// The columns added at the left and the right.
  let columns: (Int, Int)
  /// The number of windows along each axis.
  let count: IntOrPair

  /// The geometry for the kernels, which take the padding as zeros or leave it out.
  var geometry: WindowGeometry { geometry(padding: (rows.0, columns.0)) }

  /// The geometry over an image that has been padded already.
  var geometryOfPadded: WindowGeometry { geometry(padding: (0, 0)) }

  private func geometry(padding: (Int, Int)) -> WindowGeometry {
    WindowGeometry(
      size: window.kernelSize.tuple, stride: window.stride.tuple, padding: padding,
      dilation: window.dilation.tuple, count: count.tuple)
  }

  /// The image with the padding added.
  func padded(_ image: Tensor, with mode: Tensor.PaddingMode) -> Tensor {
    var result = image
    if columns != (0, 0) {
      result = result.padded(before: columns.0, after: columns.1, along: 3, with: mode)
    }
    if rows != (0, 0) {
      result = result.padded(before: rows.0, after: rows.1, along: 2, with: mode)
    }
    return result
  }
}
