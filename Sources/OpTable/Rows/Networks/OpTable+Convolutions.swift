import Autograd
import Tensor

extension OpCase {
  static let convolutions: [OpCase] =
    convolutionRows + transposedRows + sequenceRows
    + transposedSequenceRows

  /// The settings of a convolution.
  private struct Settings: Sendable {
    var stride: IntOrPair = 1
    var padding: IntOrPair = 0
    var isSame = false
    var mode = Tensor.PaddingMode.zeros
    var outputPadding: IntOrPair = 0
    var dilation: IntOrPair = 1
    var groups = 1

    var text: String {
      var parts = [String]()
      if stride != 1 { parts.append("stride \(stride)") }
      if padding != 0 { parts.append("padding \(padding)") }
      if isSame { parts.append("padding same") }
      if mode != .zeros { parts.append("\(mode)") }
      if outputPadding != 0 { parts.append("output padding \(outputPadding)") }
      if dilation != 1 { parts.append("dilation \(dilation)") }
      if groups != 1 { parts.append("\(groups) groups") }
      return parts.isEmpty ? "" : ", " + parts.joined(separator: ", ")
    }

    /// The padding for an operation on images, or on sequences.
    func windowPadding(isFlat: Bool = false) -> WindowPadding {
      isSame ? .same : isFlat ? WindowPadding(IntOrPair(padding.width)) : WindowPadding(padding)
    }

    /// The windows along an axis.
    func placement(
      of kernelSize: Int, over size: Int, _ axis: KeyPath<IntOrPair, Int>
    ) -> WindowPlacement {
      WindowPlacement(
        of: kernelSize, over: size, stride: stride[keyPath: axis],
        dilation: dilation[keyPath: axis], padding: isSame ? nil : padding[keyPath: axis])
    }

    /// The position whose element stands at a position that may be outside; `nil` for a zero.
    func source(_ i: Int, _ size: Int) -> Int? {
      switch mode {
      case .constant: (0..<size).contains(i) ? i : nil
      case .edge: Swift.min(Swift.max(i, 0), size - 1)
      case .circular: (i + size) % size
      case .reflect: i < 0 ? -i : i < size ? i : 2 * size - 2 - i
      }
    }
  }

  private static func sums(_ op: inout OpCase) {
    op.bound = .sums
    op.largeBound = Bound(relative: 1e-5, absolute: 1e-4)
    op.isLayoutExact = false
    op.exactness = Bound(relative: 1e-13, absolute: 1e-12)
    op.gradientBound = Bound(relative: 4e-6, absolute: 1e-5)
    op.growth = .leadingAxisOf(input: 0)
    op.multiplyAdds = { multiplyAdds($1, of: $0[1]) }
  }

  /// The multiply-adds of a convolution, given the elements that a filter of the weight is applied
  /// to: those of the result, or the images of a transposed convolution.
  private static func multiplyAdds(_ elements: Shape, of weight: Shape) -> Int {
    elements.elementCount * weight.elementCount / weight[0]
  }

  /// The sums of a transposed convolution.
  private static func transposedSums(_ op: inout OpCase) {
    sums(&op)
    op.multiplyAdds = { inputs, _ in multiplyAdds(inputs[0], of: inputs[1]) }
  }

  /// Inputs of the given shapes, followed by a bias if there is one.
  private static func inputs(_ shapes: [Shape], bias channels: Int?) -> [Input] {
    shapes.map { Input($0) } + (channels.map { [Input([$0])] } ?? [])
  }

  // MARK: Images

  /// The sum of the products of each window with the weights, element by element.
  private static func convolution(
    _ x: PlainArray, _ weight: PlainArray, _ bias: PlainArray?, _ settings: Settings
  ) -> PlainArray {
    let (n, channels, height, width) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let (out, perGroup) = (weight.shape[0], weight.shape[1])
    let (kh, kw) = (weight.shape[2], weight.shape[3])
    let rows = settings.placement(of: kh, over: height, \.height)
    let columns = settings.placement(of: kw, over: width, \.width)
    var values = [Double]()
    for image in 0..<n {
      for o in 0..<out {
        let group = o / (out / settings.groups)
        for row in 0..<rows.count {
          for column in 0..<columns.count {
            var sum = bias?.values[o] ?? 0
            for c in 0..<perGroup {
              for i in 0..<kh {
                for j in 0..<kw {
                  let down =
                    row * settings.stride.height + i * settings.dilation.height - rows.before
                  let across =
                    column * settings.stride.width + j * settings.dilation.width - columns.before
                  guard let h = settings.source(down, height),
                    let w = settings.source(across, width)
                  else { continue }
                  let channel = image * channels + group * perGroup + c
                  sum +=
                    x.values[(channel * height + h) * width + w]
                    * weight.values[((o * perGroup + c) * kh + i) * kw + j]
                }
              }
            }
            values.append(sum)
          }
        }
      }
    }
    return PlainArray(shape: [n, out, rows.count, columns.count], values: values)
  }

  private static func conv2dRow(
    _ settings: Settings, bias hasBias: Bool = true, _ samples: [(Shape, Shape)],
    large: (Shape, Shape)? = nil
  ) -> OpCase {
    OpCase(
      name: "conv2d\(settings.text)\(hasBias ? "" : ", no bias")",
      operations: [
        """
        conv2d(Tensor, Tensor, bias: Tensor?, stride: some IntOrPairConvertible, padding: some \
        WindowPaddingConvertible, paddingMode: Tensor.PaddingMode, dilation: some \
        IntOrPairConvertible, groups: Int)
        """
      ],
      apply: {
        settings.text.isEmpty && !hasBias
          ? conv2d($0[0], $0[1])
          : conv2d(
            $0[0], $0[1], bias: hasBias ? $0[2] : nil, stride: settings.stride,
            padding: settings.windowPadding(), paddingMode: settings.mode,
            dilation: settings.dilation, groups: settings.groups)
      },
      reference: { convolution($0[0], $0[1], hasBias ? $0[2] : nil, settings) },
      samples: samples.map { inputs([$0.0, $0.1], bias: hasBias ? $0.1[0] : nil) },
      large: large.map { inputs([$0.0, $0.1], bias: hasBias ? $0.1[0] : nil) }
    ).with(sums)
  }

  private static let convolutionRows: [OpCase] = [
    conv2dRow(
      Settings(), bias: false,
      [
        ([1, 1, 1, 1], [1, 1, 1, 1]), ([2, 2, 4, 3], [3, 2, 2, 3]), ([1, 2, 3, 3], [2, 2, 3, 3]),
        ([0, 2, 3, 3], [1, 2, 2, 2]),
      ], large: ([4, 8, 20, 20], [12, 8, 3, 3])
    ).with {
      $0.errors = [
        OpError(
          """
          conv2d: images of shape [1, 3, 4, 4] do not fit a weight of shape [2, 2, 3, 3] in 1 \
          group
          """
        ) { _ = conv2d(Tensor.ones([1, 3, 4, 4]), Tensor.ones([2, 2, 3, 3])) },
        OpError(
          """
          conv2d: images of shape [1, 4, 4, 4] do not fit a weight of shape [3, 2, 3, 3] in 2 \
          groups
          """
        ) { _ = conv2d(Tensor.ones([1, 4, 4, 4]), Tensor.ones([3, 2, 3, 3]), groups: 2) },
        OpError(
          """
          conv2d: a window of (3, 3) with padding (0, 0) does not fit an image of shape [1, 1, 2, \
          4]
          """
        ) { _ = conv2d(Tensor.ones([1, 1, 2, 4]), Tensor.ones([1, 1, 3, 3])) },
        OpError(
          """
          conv2d: kernel size (1, 1), stride (0, 1) and dilation (1, 1) must be at least 1, \
          padding (0, 0) at least 0
          """
        ) {
          _ = conv2d(Tensor.ones([1, 1, 2, 2]), Tensor.ones([1, 1, 1, 1]), stride: [0, 1])
        },
        OpError("conv2d: a bias of shape [3] for 2 output channels") {
          _ = conv2d(
            Tensor.ones([1, 1, 3, 3]), Tensor.ones([2, 1, 3, 3]), bias: Tensor.ones([3]))
        },
        OpError("conv2d: not defined for int32") {
          _ = conv2d(
            Tensor.ones([1, 1, 3, 3], dtype: .int32), Tensor.ones([2, 1, 3, 3], dtype: .int32))
        },
      ]
    },
    conv2dRow(
      Settings(), [([2, 1, 3, 3], [2, 1, 2, 2])], large: ([3, 8, 20, 20], [8, 8, 3, 3])),
    conv2dRow(Settings(stride: [2, 1]), [([1, 2, 5, 4], [2, 2, 2, 2])]),
    conv2dRow(Settings(stride: [3, 2]), bias: false, [([1, 1, 7, 6], [1, 1, 2, 1])]),
    conv2dRow(
      Settings(padding: [1, 2]), [([1, 2, 3, 2], [2, 2, 3, 3]), ([1, 1, 1, 1], [1, 1, 3, 5])]),
    conv2dRow(Settings(dilation: [2, 1]), [([1, 1, 5, 3], [2, 1, 2, 2])]),
    conv2dRow(
      Settings(stride: 2, padding: [2, 1], dilation: [1, 2]),
      [([1, 2, 4, 4], [2, 2, 3, 2])], large: ([4, 8, 24, 20], [8, 8, 3, 3])),
    conv2dRow(
      Settings(groups: 2), [([2, 2, 3, 3], [4, 1, 2, 2]), ([1, 4, 2, 3], [2, 2, 1, 2])],
      large: ([4, 8, 20, 20], [12, 4, 3, 3])),
    conv2dRow(
      Settings(stride: [1, 2], padding: 1, groups: 3), bias: false,
      [([1, 3, 3, 4], [3, 1, 3, 3])]),
    conv2dRow(
      Settings(isSame: true),
      [
        ([1, 2, 3, 4], [2, 2, 3, 2]), ([1, 1, 1, 2], [1, 1, 4, 5]), ([0, 1, 2, 2], [1, 1, 2, 2]),
      ],
      large: ([4, 8, 20, 20], [12, 8, 3, 4])),
    conv2dRow(
      Settings(stride: [2, 3], isSame: true, dilation: [2, 1]), bias: false,
      [([1, 1, 5, 4], [2, 1, 2, 4]), ([2, 1, 4, 6], [1, 1, 3, 2])]),
    conv2dRow(
      Settings(padding: [1, 2], mode: .reflect), [([1, 2, 3, 3], [2, 2, 2, 3])]),
    conv2dRow(
      Settings(stride: 2, isSame: true, mode: .circular), [([1, 1, 4, 5], [1, 1, 4, 3])],
      large: ([4, 8, 20, 21], [4, 8, 3, 4])),
    conv2dRow(
      Settings(padding: 2, mode: .edge, groups: 2), bias: false, [([1, 2, 2, 1], [2, 1, 3, 3])]),
  ]

  // MARK: Transposed convolutions

  /// The sum of each element of the images times its window of weights.
  private static func transposedConvolution(
    _ x: PlainArray, _ weight: PlainArray, _ bias: PlainArray?, _ settings: Settings
  ) -> PlainArray {
    let (n, channels) = (x.shape[0], x.shape[1])
    let (perGroup, kh, kw) = (weight.shape[1], weight.shape[2], weight.shape[3])
    let out = perGroup * settings.groups
    let height =
      (x.shape[2] - 1) * settings.stride.height - 2 * settings.padding.height + settings.dilation
      .height * (kh - 1)
      + settings.outputPadding.height + 1
    let width =
      (x.shape[3] - 1) * settings.stride.width - 2 * settings.padding.width + settings.dilation
      .width * (kw - 1)
      + settings.outputPadding.width + 1
    var result = PlainArray(shape: [n, out, height, width]) { bias?.values[$0[1]] ?? 0 }
    PlainArray.forEachIndex(of: x.shape) { index in
      let (image, c) = (index[0], index[1])
      let group = c / (channels / settings.groups)
      for o in 0..<perGroup {
        for i in 0..<kh {
          for j in 0..<kw {
            let h =
              index[2] * settings.stride.height + i * settings.dilation.height
              - settings.padding.height
            let w =
              index[3] * settings.stride.width + j * settings.dilation.width
              - settings.padding.width
            if h < 0 || h >= height || w < 0 || w >= width { continue }
            result[[image, group * perGroup + o, h, w]] += x[index] * weight[[c, o, i, j]]
          }
        }
      }
    }
    return result
  }

  private static func convTranspose2dRow(
    _ settings: Settings, bias hasBias: Bool = true, _ samples: [(Shape, Shape)],
    large: (Shape, Shape)? = nil
  ) -> OpCase {
    OpCase(
      name: "convTranspose2d\(settings.text)\(hasBias ? "" : ", no bias")",
      operations: [
        """
        convTranspose2d(Tensor, Tensor, bias: Tensor?, stride: some IntOrPairConvertible, \
        padding: some IntOrPairConvertible, outputPadding: some IntOrPairConvertible, dilation: \
        some IntOrPairConvertible, groups: Int)
        """
      ],
      apply: {
        settings.text.isEmpty && !hasBias
          ? convTranspose2d($0[0], $0[1])
          : convTranspose2d(
            $0[0], $0[1], bias: hasBias ? $0[2] : nil, stride: settings.stride,
            padding: settings.padding, outputPadding: settings.outputPadding,
            dilation: settings.dilation, groups: settings.groups)
      },
      reference: { transposedConvolution($0[0], $0[1], hasBias ? $0[2] : nil, settings) },
      samples: samples.map {
        inputs([$0.0, $0.1], bias: hasBias ? $0.1[1] * settings.groups : nil)
      },
      large: large.map { inputs([$0.0, $0.1], bias: hasBias ? $0.1[1] * settings.groups : nil) }
    ).with(transposedSums)
  }

  private static let transposedRows: [OpCase] = [
    convTranspose2dRow(
      Settings(), bias: false,
      [
        ([1, 1, 1, 1], [1, 1, 1, 1]), ([2, 2, 2, 3], [2, 3, 2, 2]), ([0, 2, 2, 2], [2, 1, 2, 2]),
      ], large: ([4, 8, 12, 12], [8, 6, 3, 3])
    ).with {
      $0.errors = [
        OpError(
          """
          convTranspose2d: images of shape [1, 3, 4, 4] do not fit a weight of shape [2, 2, 3, 3] \
          in 1 group
          """
        ) { _ = convTranspose2d(Tensor.ones([1, 3, 4, 4]), Tensor.ones([2, 2, 3, 3])) },
        OpError(
          "convTranspose2d: the output padding (1, 0) is not less than the stride (1, 1)"
        ) {
          _ = convTranspose2d(
            Tensor.ones([1, 1, 2, 2]), Tensor.ones([1, 1, 2, 2]), outputPadding: [1, 0])
        },
        OpError("convTranspose2d: images of shape [1, 1, 1, 1] become 0 x 2") {
          _ = convTranspose2d(
            Tensor.ones([1, 1, 1, 1]), Tensor.ones([1, 1, 2, 2]), stride: 1, padding: [1, 0])
        },
        OpError("convTranspose2d: a bias of shape [3] for 2 output channels") {
          _ = convTranspose2d(
            Tensor.ones([1, 1, 3, 3]), Tensor.ones([1, 2, 3, 3]), bias: Tensor.ones([3]))
        },
      ]
    },
    convTranspose2dRow(Settings(stride: [2, 3]), [([1, 2, 2, 2], [2, 2, 3, 2])]),
    convTranspose2dRow(Settings(padding: 1), [([2, 1, 3, 2], [1, 2, 2, 3])]),
    convTranspose2dRow(Settings(dilation: [1, 2]), [([1, 1, 2, 2], [1, 2, 2, 2])]),
    convTranspose2dRow(
      Settings(stride: 2, padding: [1, 0], outputPadding: 1),
      [([1, 2, 3, 2], [2, 1, 3, 3])],
      large: ([4, 8, 12, 12], [8, 6, 3, 3])
    ),
    convTranspose2dRow(
      Settings(stride: [1, 2], groups: 2), [([1, 4, 2, 2], [4, 2, 2, 2])]),
  ]

  // MARK: Sequences

  /// A sequence as an image of height 1.
  private static func line(_ x: PlainArray) -> PlainArray {
    x.reshaped([x.shape[0], x.shape[1], 1, x.shape[2]])
  }

  /// An image of height 1 as a sequence.
  private static func sequence(_ y: PlainArray) -> PlainArray {
    y.reshaped([y.shape[0], y.shape[1], y.shape[3]])
  }

  private static func conv1dRow(
    _ settings: Settings, bias hasBias: Bool = true, _ samples: [(Shape, Shape)],
    large: (Shape, Shape)? = nil
  ) -> OpCase {
    OpCase(
      name: "conv1d\(settings.text)\(hasBias ? "" : ", no bias")",
      operations: [
        """
        conv1d(Tensor, Tensor, bias: Tensor?, stride: Int, padding: some \
        WindowPaddingConvertible, paddingMode: Tensor.PaddingMode, dilation: Int, groups: Int)
        """
      ],
      apply: {
        settings.text.isEmpty && !hasBias
          ? conv1d($0[0], $0[1])
          : conv1d(
            $0[0], $0[1], bias: hasBias ? $0[2] : nil, stride: settings.stride.width,
            padding: settings.windowPadding(isFlat: true), paddingMode: settings.mode,
            dilation: settings.dilation.width, groups: settings.groups)
      },
      reference: {
        sequence(convolution(line($0[0]), line($0[1]), hasBias ? $0[2] : nil, settings))
      },
      samples: samples.map { inputs([$0.0, $0.1], bias: hasBias ? $0.1[0] : nil) },
      large: large.map { inputs([$0.0, $0.1], bias: hasBias ? $0.1[0] : nil) }
    ).with(sums)
  }

  private static let sequenceRows: [OpCase] = [
    conv1dRow(
      Settings(), bias: false,
      [([1, 1, 1], [1, 1, 1]), ([2, 2, 5], [3, 2, 3]), ([0, 1, 4], [2, 1, 2])],
      large: ([4, 16, 300], [12, 16, 5])
    ).with {
      $0.errors = [
        OpError(
          "conv1d: sequences of shape [2, 3] do not fit a weight of shape [1, 3, 1] in 1 group"
        ) {
          _ = conv1d(Tensor.ones([2, 3]), Tensor.ones([1, 3, 1]))
        },
        OpError(
          "conv1d: sequences of shape [1, 2, 4] do not fit a weight of shape [1, 3, 2] in 1 group"
        ) { _ = conv1d(Tensor.ones([1, 2, 4]), Tensor.ones([1, 3, 2])) },
      ]
    },
    conv1dRow(Settings(), [([2, 2, 4], [2, 2, 2])]),
    conv1dRow(
      Settings(stride: [1, 2], padding: [0, 2], dilation: [1, 2]), [([1, 2, 5], [2, 2, 3])]),
    conv1dRow(Settings(groups: 2), [([2, 4, 3], [2, 2, 2])]),
    conv1dRow(
      Settings(isSame: true, dilation: [1, 2]),
      [([1, 2, 5], [2, 2, 4]), ([2, 1, 1], [1, 1, 2])], large: ([4, 16, 300], [12, 16, 5])),
    conv1dRow(
      Settings(padding: [0, 2], mode: .circular), bias: false, [([1, 2, 4], [1, 2, 3])]),
    conv1dRow(
      Settings(stride: [1, 2], isSame: true, mode: .reflect), [([2, 2, 5], [1, 2, 3])]
    ).with {
      $0.errors = [
        OpError("conv1d: the padding (1, 2) is a pair, but a sequence has one axis") {
          _ = conv1d(Tensor.ones([1, 1, 4]), Tensor.ones([1, 1, 2]), padding: [1, 2])
        },
        OpError("conv1d: kernel size 2, stride 1 and dilation 0 must be at least 1, padding 0") {
          _ = conv1d(Tensor.ones([1, 1, 4]), Tensor.ones([1, 1, 2]), dilation: 0)
        },
        OpError("conv1d: a window of 3 with padding 0 does not fit a sequence of shape [1, 1, 2]") {
          _ = conv1d(Tensor.ones([1, 1, 2]), Tensor.ones([1, 1, 3]), padding: .valid)
        },
      ]
    },
  ]

  private static func convTranspose1dRow(
    _ settings: Settings, bias hasBias: Bool = true, _ samples: [(Shape, Shape)],
    large: (Shape, Shape)? = nil
  ) -> OpCase {
    OpCase(
      name: "convTranspose1d\(settings.text)\(hasBias ? "" : ", no bias")",
      operations: [
        """
        convTranspose1d(Tensor, Tensor, bias: Tensor?, stride: Int, padding: Int, outputPadding: \
        Int, dilation: Int, groups: Int)
        """
      ],
      apply: {
        convTranspose1d(
          $0[0], $0[1], bias: hasBias ? $0[2] : nil, stride: settings.stride.width,
          padding: settings.padding.width, outputPadding: settings.outputPadding.width,
          dilation: settings.dilation.width, groups: settings.groups)
      },
      reference: {
        sequence(transposedConvolution(line($0[0]), line($0[1]), hasBias ? $0[2] : nil, settings))
      },
      samples: samples.map {
        inputs([$0.0, $0.1], bias: hasBias ? $0.1[1] * settings.groups : nil)
      },
      large: large.map { inputs([$0.0, $0.1], bias: hasBias ? $0.1[1] * settings.groups : nil) }
    ).with(transposedSums)
  }

  private static let transposedSequenceRows: [OpCase] = [
    convTranspose1dRow(
      Settings(), bias: false,
      [([1, 1, 1], [1, 1, 1]), ([2, 2, 3], [2, 3, 2]), ([0, 2, 2], [2, 1, 2])],
      large: ([4, 16, 200], [16, 6, 5])
    ).with {
      $0.errors = [
        OpError(
          """
          convTranspose1d: sequences of shape [1, 3, 4] do not fit a weight of shape [2, 2, 3] in \
          1 group
          """
        ) { _ = convTranspose1d(Tensor.ones([1, 3, 4]), Tensor.ones([2, 2, 3])) },
        OpError("convTranspose1d: the output padding 1 is not less than the stride 1") {
          _ = convTranspose1d(Tensor.ones([1, 1, 2]), Tensor.ones([1, 1, 2]), outputPadding: 1)
        },
        OpError("convTranspose1d: sequences of shape [1, 1, 1] become 0 long") {
          _ = convTranspose1d(Tensor.ones([1, 1, 1]), Tensor.ones([1, 1, 2]), padding: 1)
        },
        OpError(
          """
          convTranspose1d: stride 0 and dilation 1 must be at least 1, padding 0 and output \
          padding 0 at least 0
          """
        ) { _ = convTranspose1d(Tensor.ones([1, 1, 2]), Tensor.ones([1, 1, 2]), stride: 0) },
      ]
    },
    convTranspose1dRow(
      Settings(
        stride: [1, 3], padding: [0, 1], outputPadding: [0, 2], dilation: [1, 2], groups: 2),
      [([1, 4, 3], [4, 1, 3]), ([2, 2, 1], [2, 2, 3])]),
  ]
}
