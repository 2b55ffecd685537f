import Autograd
import Tensor

extension OpCase {
  static let pooling: [OpCase] = maxima + averages + adaptive + resized

  /// The settings of a pooling operation; a stride of `nil` is the default.
  private struct Settings: Sendable {
    var kernelSize: IntOrPair
    var stride: IntOrPair? = 1
    var padding: IntOrPair = 0
    var isSame = false
    var dilation: IntOrPair = 1

    var windowPadding: WindowPadding { isSame ? .same : WindowPadding(padding) }

    /// The windows along an axis.
    func placement(over size: Int, _ axis: KeyPath<IntOrPair, Int>) -> WindowPlacement {
      WindowPlacement(
        of: kernelSize[keyPath: axis], over: size, stride: (stride ?? kernelSize)[keyPath: axis],
        dilation: dilation[keyPath: axis], padding: isSame ? nil : padding[keyPath: axis])
    }
  }

  /// The results of a function of the elements of each window, which are `nil` in the padding.
  private static func windows(
    _ x: PlainArray, _ settings: Settings, _ function: @escaping ([Double?]) -> Double
  ) -> PlainArray {
    let (size, dilation) = (settings.kernelSize, settings.dilation)
    let stride = settings.stride ?? size
    let rows = settings.placement(over: x.shape[2], \.height)
    let columns = settings.placement(over: x.shape[3], \.width)
    return PlainArray(shape: [x.shape[0], x.shape[1], rows.count, columns.count]) { index in
      var elements = [Double?]()
      for i in 0..<size.height {
        for j in 0..<size.width {
          let h = index[2] * stride.height + i * dilation.height - rows.before
          let w = index[3] * stride.width + j * dilation.width - columns.before
          let isInside = h >= 0 && h < x.shape[2] && w >= 0 && w < x.shape[3]
          elements.append(isInside ? x[[index[0], index[1], h, w]] : nil)
        }
      }
      return function(elements)
    }
  }

  private static let windowRows: [(name: String, settings: Settings, shapes: [Shape])] = [
    ("2 by 2", Settings(kernelSize: 2), [[1, 2, 3, 4], [2, 1, 2, 2], [0, 1, 3, 3]]),
    ("1 by 1", Settings(kernelSize: 1), [[1, 2, 2, 2]]),
    (
      "2 by 3 in steps", Settings(kernelSize: [2, 3], stride: nil), [[1, 2, 4, 6], [1, 1, 5, 4]]
    ),
    (
      "padded", Settings(kernelSize: [3, 2], stride: [2, 1], padding: 1),
      [[1, 2, 3, 3], [1, 1, 1, 1]]
    ),
    ("dilated", Settings(kernelSize: 2, dilation: [2, 1]), [[1, 1, 4, 3]]),
    (
      "of the same size", Settings(kernelSize: [3, 2], isSame: true),
      [[1, 2, 3, 4], [1, 1, 1, 1], [0, 1, 2, 2]]
    ),
    (
      "of the same size in steps", Settings(kernelSize: [4, 3], stride: [3, 2], isSame: true),
      [[1, 1, 7, 4], [1, 1, 2, 5]]
    ),
  ]

  /// Windows over sequences, as windows over images of height 1.
  private static let lengthRows: [(name: String, settings: Settings, shapes: [Shape])] = [
    ("2", Settings(kernelSize: [1, 2], stride: nil), [[1, 2, 5], [0, 1, 4], [2, 1, 2]]),
    (
      "padded and dilated",
      Settings(kernelSize: [1, 3], stride: [1, 2], padding: [0, 1], dilation: [1, 2]),
      [[1, 2, 7], [1, 1, 5]]
    ),
    ("of the same length", Settings(kernelSize: [1, 4], isSame: true), [[1, 2, 5], [1, 1, 1]]),
    (
      "of the same length in steps", Settings(kernelSize: [1, 5], stride: [1, 3], isSame: true),
      [[2, 1, 7]]
    ),
  ]

  private static let largeImages: Shape = [4, 8, 30, 31]
  private static let largeSequences: Shape = [8, 16, 300]

  /// The reference of an operation on sequences by that on images of height 1.
  private static func flat(
    _ reference: @escaping @Sendable (PlainArray) -> PlainArray
  ) -> @Sendable ([PlainArray]) -> PlainArray {
    {
      let x = $0[0]
      let y = reference(x.reshaped([x.shape[0], x.shape[1], 1, x.shape[2]]))
      return y.reshaped([y.shape[0], y.shape[1], y.shape[3]])
    }
  }

  // MARK: Maxima

  private static func maximum(_ x: PlainArray, _ settings: Settings) -> PlainArray {
    windows(x, settings) { $0.reduce(-.infinity) { Swift.max($0, $1 ?? -.infinity) } }
  }

  private static let maxima: [OpCase] =
    windowRows.map { name, settings, shapes in
      OpCase(
        name: "maxPool2d \(name)",
        operations: [
          """
          maxPool2d(Tensor, kernelSize: some IntOrPairConvertible, stride: (some \
          IntOrPairConvertible)?, padding: some WindowPaddingConvertible, dilation: some \
          IntOrPairConvertible)
          """
        ],
        apply: {
          maxPool2d(
            $0[0], kernelSize: settings.kernelSize, stride: settings.stride,
            padding: settings.windowPadding, dilation: settings.dilation)
        },
        reference: { maximum($0[0], settings) },
        samples: shapes.map { [Input($0, .distinct)] }, large: [Input(largeImages, .distinct)]
      ).with {
        exact(&$0)
        // The messages of one row are enough.
        guard name == windowRows[0].name else { return }
        $0.errors = [
          OpError("maxPool2d: the padding (2, 0) is more than half of the kernel size (2, 2)") {
            _ = maxPool2d(Tensor.ones([1, 1, 4, 4]), kernelSize: 2, padding: [2, 0])
          },
          OpError("maxPool2d: not defined for int32") {
            _ = maxPool2d(Tensor.ones([1, 1, 2, 2], dtype: .int32), kernelSize: 2)
          },
          OpError("maxPool2d: shape [2, 3] is not [n, channels, height, width]") {
            _ = maxPool2d(Tensor.ones([2, 3]), kernelSize: 2)
          },
          OpError(
            """
            maxPool2d: a window of (3, 3) with padding (0, 0) does not fit an image of shape [1, \
            1, 2, 2]
            """
          ) { _ = maxPool2d(Tensor.ones([1, 1, 2, 2]), kernelSize: 3) },
          OpError(
            """
            maxPool2d: a window of (2, 2) with padding same does not fit an image of shape [1, 1, \
            0, 2]
            """
          ) { _ = maxPool2d(Tensor.ones([1, 1, 0, 2]), kernelSize: 2, padding: .same) },
        ]
      }
    }
    + lengthRows.map { name, settings, shapes in
      OpCase(
        name: "maxPool1d \(name)",
        operations: [
          """
          maxPool1d(Tensor, kernelSize: Int, stride: Int?, padding: some \
          WindowPaddingConvertible, dilation: Int)
          """
        ],
        apply: {
          maxPool1d(
            $0[0], kernelSize: settings.kernelSize.width, stride: settings.stride?.width,
            padding: settings.isSame ? .same : WindowPadding(IntOrPair(settings.padding.width)),
            dilation: settings.dilation.width)
        },
        reference: flat { maximum($0, settings) },
        samples: shapes.map { [Input($0, .distinct)] }, large: [Input(largeSequences, .distinct)]
      ).with {
        exact(&$0)
        // The messages of one row are enough.
        guard name == lengthRows[0].name else { return }
        $0.errors = [
          OpError("maxPool1d: shape [2, 3] is not [n, channels, length]") {
            _ = maxPool1d(Tensor.ones([2, 3]), kernelSize: 2)
          },
          OpError("maxPool1d: the padding (1, 2) is a pair, but a sequence has one axis") {
            _ = maxPool1d(Tensor.ones([1, 1, 3]), kernelSize: 2, padding: [1, 2])
          },
          OpError("maxPool1d: the padding 2 is more than half of the kernel size 3") {
            _ = maxPool1d(Tensor.ones([1, 1, 3]), kernelSize: 3, padding: 2)
          },
          OpError(
            "maxPool1d: a window of 4 with padding 0 does not fit a sequence of shape [1, 1, 3]"
          ) { _ = maxPool1d(Tensor.ones([1, 1, 3]), kernelSize: 4) },
          OpError("maxPool1d: a window covers nothing but padding") {
            _ = maxPool1d(Tensor.ones([1, 1, 1]), kernelSize: 2, padding: .same, dilation: 4)
          },
        ]
      }
    }

  // MARK: Means

  private static func means(_ op: inout OpCase) {
    op.bound = .sums
    op.isLayoutExact = false
    op.exactness = Bound(relative: 1e-13, absolute: 1e-14)
  }

  /// The mean over all elements of a window, or over those inside.
  private static func mean(
    _ x: PlainArray, _ settings: Settings, countsPadding: Bool
  ) -> PlainArray {
    windows(x, settings) { elements in
      let inside = elements.compactMap { $0 }
      let count = countsPadding ? elements.count : inside.count
      return inside.reduce(0, +) / Double(count)
    }
  }

  private static let averages: [OpCase] = [true, false].flatMap { countsPadding in
    let ending = countsPadding ? "" : ", without the padding"
    return windowRows.map { name, settings, shapes in
      OpCase(
        name: "averagePool2d \(name)\(ending)",
        operations: [
          """
          averagePool2d(Tensor, kernelSize: some IntOrPairConvertible, stride: (some \
          IntOrPairConvertible)?, padding: some WindowPaddingConvertible, dilation: some \
          IntOrPairConvertible, countsPadding: Bool)
          """
        ],
        apply: {
          averagePool2d(
            $0[0], kernelSize: settings.kernelSize, stride: settings.stride,
            padding: settings.windowPadding, dilation: settings.dilation,
            countsPadding: countsPadding)
        },
        reference: { mean($0[0], settings, countsPadding: countsPadding) },
        samples: shapes.map { [Input($0)] }, large: [Input(largeImages)]
      ).with {
        means(&$0)
        // The messages of one row are enough.
        guard countsPadding && name == windowRows[0].name else { return }
        $0.errors = [
          OpError(
            """
            averagePool2d: kernel size (2, 2), stride (1, 0) and dilation (1, 1) must be at least \
            1, padding (0, 0) at least 0
            """
          ) {
            _ = averagePool2d(Tensor.ones([1, 1, 4, 4]), kernelSize: 2, stride: [1, 0])
          },
          OpError("averagePool2d: shape [] is not [n, channels, height, width]") {
            _ = averagePool2d(Tensor(1), kernelSize: 2)
          },
          OpError("averagePool2d: a window covers nothing but padding") {
            _ = averagePool2d(
              Tensor.ones([1, 1, 1, 1]), kernelSize: 1, padding: 1, countsPadding: false)
          },
        ]
      }
    }
      + lengthRows.map { name, settings, shapes in
        OpCase(
          name: "averagePool1d \(name)\(ending)",
          operations: [
            """
            averagePool1d(Tensor, kernelSize: Int, stride: Int?, padding: some \
            WindowPaddingConvertible, dilation: Int, countsPadding: Bool)
            """
          ],
          apply: {
            averagePool1d(
              $0[0], kernelSize: settings.kernelSize.width, stride: settings.stride?.width,
              padding: settings.isSame ? .same : WindowPadding(IntOrPair(settings.padding.width)),
              dilation: settings.dilation.width, countsPadding: countsPadding)
          },
          reference: flat { mean($0, settings, countsPadding: countsPadding) },
          samples: shapes.map { [Input($0)] }, large: [Input(largeSequences)]
        ).with {
          means(&$0)
          // The messages of one row are enough.
          guard countsPadding && name == lengthRows[0].name else { return }
          $0.errors = [
            OpError(
              """
              averagePool1d: kernel size 2, stride 0 and dilation 1 must be at least 1, padding 0 \
              at least 0
              """
            ) { _ = averagePool1d(Tensor.ones([1, 1, 4]), kernelSize: 2, stride: 0) },
            OpError("averagePool1d: not defined for bool") {
              _ = averagePool1d(Tensor([true, false], shape: [1, 1, 2]), kernelSize: 2)
            },
          ]
        }
      }
  }

  // MARK: A given number of windows

  /// The results of a function of windows of nearly equal size that cover images.
  private static func adaptive(
    _ x: PlainArray, _ height: Int, _ width: Int, _ function: @escaping ([Double]) -> Double
  ) -> PlainArray {
    func range(_ i: Int, of count: Int, over size: Int) -> Range<Int> {
      let start = Double(i * size) / Double(count)
      let end = Double((i + 1) * size) / Double(count)
      return Int(start.rounded(.down))..<Int(end.rounded(.up))
    }
    return PlainArray(shape: [x.shape[0], x.shape[1], height, width]) { index in
      let columns = range(index[3], of: width, over: x.shape[3])
      let elements = range(index[2], of: height, over: x.shape[2]).flatMap { h in
        columns.map { w in x[[index[0], index[1], h, w]] }
      }
      return function(elements)
    }
  }

  private static func adaptiveAverage(_ elements: [Double]) -> Double {
    elements.reduce(0, +) / Double(elements.count)
  }

  private static func adaptiveMaximum(_ elements: [Double]) -> Double { elements.max() ?? .nan }

  private static let adaptive: [OpCase] =
    [(1, 1), (2, 3), (4, 2)].flatMap { height, width in
      let shapes: [Shape] = [
        [1, 2, 4, 4], [2, 1, 5, 3], [1, 1, 2, 5], [1, 1, 1, 1], [0, 1, 3, 3],
      ]
      return [
        OpCase(
          name: "adaptiveAveragePool2d to \(height) x \(width)",
          operations: ["adaptiveAveragePool2d(Tensor, outputSize: some IntOrPairConvertible)"],
          apply: { adaptiveAveragePool2d($0[0], outputSize: IntOrPair(height, width)) },
          reference: { adaptive($0[0], height, width, adaptiveAverage) },
          samples: shapes.map { [Input($0)] }, large: [Input(largeImages)]
        ).with {
          means(&$0)
          // The messages of one row are enough.
          guard height == 1 else { return }
          $0.errors = [
            OpError("adaptiveAveragePool2d: shape [2, 3] is not [n, channels, height, width]") {
              _ = adaptiveAveragePool2d(Tensor.ones([2, 3]), outputSize: 1)
            },
            OpError("adaptiveAveragePool2d: an image of shape [1, 1, 2, 2] to (0, 1)") {
              _ = adaptiveAveragePool2d(Tensor.ones([1, 1, 2, 2]), outputSize: [0, 1])
            },
            OpError("adaptiveAveragePool2d: not defined for int32") {
              _ = adaptiveAveragePool2d(Tensor.ones([1, 1, 2, 2], dtype: .int32), outputSize: 1)
            },
          ]
        },
        OpCase(
          name: "adaptiveMaxPool2d to \(height) x \(width)",
          operations: ["adaptiveMaxPool2d(Tensor, outputSize: some IntOrPairConvertible)"],
          apply: { adaptiveMaxPool2d($0[0], outputSize: IntOrPair(height, width)) },
          reference: { adaptive($0[0], height, width, adaptiveMaximum) },
          samples: shapes.map { [Input($0, .distinct)] }, large: [Input(largeImages, .distinct)]
        ).with {
          exact(&$0)
          // The messages of one row are enough.
          guard height == 1 else { return }
          $0.errors = [
            OpError("adaptiveMaxPool2d: shape [2, 3] is not [n, channels, height, width]") {
              _ = adaptiveMaxPool2d(Tensor.ones([2, 3]), outputSize: 1)
            }
          ]
        },
      ]
    }
    + [1, 2, 5].flatMap { size in
      let shapes: [Shape] = [[1, 2, 4], [2, 1, 7], [1, 1, 1], [0, 1, 3]]
      return [
        OpCase(
          name: "adaptiveAveragePool1d to \(size)",
          operations: ["adaptiveAveragePool1d(Tensor, outputSize: Int)"],
          apply: { adaptiveAveragePool1d($0[0], outputSize: size) },
          reference: flat { adaptive($0, 1, size, adaptiveAverage) },
          samples: shapes.map { [Input($0)] }, large: [Input(largeSequences)]
        ).with {
          means(&$0)
          // The messages of one row are enough.
          guard size == 1 else { return }
          $0.errors = [
            OpError("adaptiveAveragePool1d: a sequence of shape [1, 1, 2] to 0") {
              _ = adaptiveAveragePool1d(Tensor.ones([1, 1, 2]), outputSize: 0)
            }
          ]
        },
        OpCase(
          name: "adaptiveMaxPool1d to \(size)",
          operations: ["adaptiveMaxPool1d(Tensor, outputSize: Int)"],
          apply: { adaptiveMaxPool1d($0[0], outputSize: size) },
          reference: flat { adaptive($0, 1, size, adaptiveMaximum) },
          samples: shapes.map { [Input($0, .distinct)] },
          large: [Input(largeSequences, .distinct)]
        ).with {
          exact(&$0)
          // The messages of one row are enough.
          guard size == 1 else { return }
          $0.errors = [
            OpError("adaptiveMaxPool1d: shape [2, 3] is not [n, channels, length]") {
              _ = adaptiveMaxPool1d(Tensor.ones([2, 3]), outputSize: 1)
            }
          ]
        },
      ]
    }

  // MARK: Other sizes

  /// How an image is resized.
  private struct Resizing: Sendable {
    var size: IntOrPair?
    var factor = 1.0
    var mode = InterpolationMode.nearest
    var alignCorners = false

    /// The size of the result along an axis, and the position of each element in the image.
    func positions(over size: Int, _ axis: KeyPath<IntOrPair, Int>) -> [Double] {
      let count = self.size?[keyPath: axis] ?? Int(Double(size) * factor)
      let step = self.size == nil ? 1 / factor : Double(size) / Double(count)
      return (0..<count).map { i in
        if mode == .nearest { return (Double(i) * step + 1e-6).rounded(.down) }
        if alignCorners { return count == 1 ? 0 : Double(i * (size - 1)) / Double(count - 1) }
        return Swift.min(Swift.max((Double(i) + 0.5) * step - 0.5, 0), Double(size - 1))
      }
    }
  }

  /// The weighted mean of the four pixels around each position.
  private static func resized(_ x: PlainArray, _ settings: Resizing) -> PlainArray {
    let rows = settings.positions(over: x.shape[2], \.height)
    let columns = settings.positions(over: x.shape[3], \.width)
    return PlainArray(shape: [x.shape[0], x.shape[1], rows.count, columns.count]) { index in
      var sum = 0.0
      for h in 0..<x.shape[2] {
        for w in 0..<x.shape[3] {
          let down = Swift.max(1 - Swift.abs(rows[index[2]] - Double(h)), 0)
          let across = Swift.max(1 - Swift.abs(columns[index[3]] - Double(w)), 0)
          if down * across > 0 { sum += down * across * x[[index[0], index[1], h, w]] }
        }
      }
      return sum
    }
  }

  private static let resizings: [(name: String, settings: Resizing)] = [
    ("by 1", Resizing(factor: 1)), ("by 2", Resizing(factor: 2)), ("by 3", Resizing(factor: 3)),
    ("by 1.5", Resizing(factor: 1.5)), ("to 3 x 5", Resizing(size: [3, 5])),
    ("to 1 x 2", Resizing(size: [1, 2])),
    ("bilinearly by 2", Resizing(factor: 2, mode: .bilinear)),
    ("bilinearly by 1.7", Resizing(factor: 1.7, mode: .bilinear)),
    ("bilinearly to 3 x 5", Resizing(size: [3, 5], mode: .bilinear)),
    ("bilinearly to 1 x 1", Resizing(size: 1, mode: .bilinear)),
    (
      "bilinearly to 4 x 1 with aligned corners",
      Resizing(size: [4, 1], mode: .bilinear, alignCorners: true)
    ),
    (
      "bilinearly by 2.5 with aligned corners",
      Resizing(factor: 2.5, mode: .bilinear, alignCorners: true)
    ),
  ]

  private static let resized: [OpCase] = resizings.map { name, settings in
    let label = settings.size == nil ? "factor: Double" : "size: some IntOrPairConvertible"
    return OpCase(
      name: "interpolate \(name)",
      operations: ["interpolate(Tensor, \(label), mode: InterpolationMode, alignCorners: Bool)"],
      apply: {
        guard let size = settings.size else {
          return interpolate(
            $0[0], factor: settings.factor, mode: settings.mode,
            alignCorners: settings.alignCorners)
        }
        return interpolate(
          $0[0], size: size, mode: settings.mode, alignCorners: settings.alignCorners)
      },
      reference: { resized($0[0], settings) },
      samples: ([[1, 1, 1, 1], [1, 2, 2, 3], [2, 1, 4, 2], [0, 1, 2, 2]] as [Shape])
        .map { [Input($0)] },
      large: [Input(largeImages)]
    ).with {
      if settings.mode == .nearest { exact(&$0) } else { means(&$0) }
      // The place of an element, a number up to the size, is rounded.
      if settings.alignCorners { $0.exactness = Bound(relative: 1e-14, absolute: 5e-14) }
      // The messages of one row are enough.
      guard name == resizings[0].name else { return }
      $0.errors = [
        OpError("interpolate: shape [2, 3] is not [n, channels, height, width]") {
          _ = interpolate(Tensor.ones([2, 3]), factor: 2)
        },
        OpError("interpolate: the factor must be positive, got 0.0") {
          _ = interpolate(Tensor.ones([1, 1, 2, 2]), factor: 0)
        },
        OpError("interpolate: images of shape [1, 1, 2, 2] to (1, 0)") {
          _ = interpolate(Tensor.ones([1, 1, 2, 2]), factor: 0.5, mode: .bilinear)
          _ = interpolate(Tensor.ones([1, 1, 2, 2]), size: [1, 0])
        },
        OpError("interpolate: alignCorners needs the mode bilinear") {
          _ = interpolate(Tensor.ones([1, 1, 2, 2]), size: 3, alignCorners: true)
        },
        OpError("interpolate: the mode bilinear is not defined for int32") {
          _ = interpolate(Tensor.ones([1, 1, 2, 2], dtype: .int32), size: 3, mode: .bilinear)
        },
      ]
    }
  }
}
