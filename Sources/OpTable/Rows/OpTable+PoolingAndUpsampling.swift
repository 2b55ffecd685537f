import Autograd
import Tensor

extension OpCase {
  static let pooling: [OpCase] = maxima + averages + adaptive + upsampled

  /// The settings of a pooling operation; a stride of `nil` is the default.
  private struct Settings: Sendable {
    var kernelSize: IntOrPair
    var stride: IntOrPair? = 1
    var padding: IntOrPair = 0
    var dilation: IntOrPair = 1
  }

  /// The results of a function of the elements of each window, which are `nil` in the padding.
  private static func windows(
    _ x: PlainArray, _ settings: Settings, _ function: @escaping ([Double?]) -> Double
  ) -> PlainArray {
    let (size, padding, dilation) = (settings.kernelSize, settings.padding, settings.dilation)
    let stride = settings.stride ?? size
    let reachOfRows = dilation.height * (size.height - 1) + 1
    let reachOfColumns = dilation.width * (size.width - 1) + 1
    let height = (x.shape[2] + 2 * padding.height - reachOfRows) / stride.height + 1
    let width = (x.shape[3] + 2 * padding.width - reachOfColumns) / stride.width + 1
    return PlainArray(shape: [x.shape[0], x.shape[1], height, width]) { index in
      var elements = [Double?]()
      for i in 0..<size.height {
        for j in 0..<size.width {
          let h = index[2] * stride.height + i * dilation.height - padding.height
          let w = index[3] * stride.width + j * dilation.width - padding.width
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
  ]

  private static let largeImages: Shape = [4, 8, 30, 31]

  private static let maxima: [OpCase] = windowRows.map { name, settings, shapes in
    OpCase(
      name: "maxPool2d \(name)",
      operations: [
        "maxPool2d(Tensor, kernelSize: IntOrPair, stride: IntOrPair?, padding: IntOrPair, dilation: IntOrPair)"
      ],
      apply: {
        maxPool2d(
          $0[0], kernelSize: settings.kernelSize, stride: settings.stride,
          padding: settings.padding, dilation: settings.dilation)
      },
      reference: {
        windows($0[0], settings) { $0.reduce(-.infinity) { Swift.max($0, $1 ?? -.infinity) } }
      },
      samples: shapes.map { [Input($0, .distinct)] }, large: [Input(largeImages, .distinct)]
    ).with {
      $0.bound = .none
      $0.exactness = .none
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
          "maxPool2d: a window of (3, 3) with padding (0, 0) does not fit an image of shape [1, 1, 2, 2]"
        ) { _ = maxPool2d(Tensor.ones([1, 1, 2, 2]), kernelSize: 3) },
      ]
    }
  }

  private static func means(_ op: inout OpCase) {
    op.bound = .sums
    op.isLayoutExact = false
    op.exactness = Bound(relative: 1e-13, absolute: 1e-14)
  }

  private static let averages: [OpCase] = windowRows.map { name, settings, shapes in
    OpCase(
      name: "averagePool2d \(name)",
      operations: [
        "averagePool2d(Tensor, kernelSize: IntOrPair, stride: IntOrPair?, padding: IntOrPair, dilation: IntOrPair)"
      ],
      apply: {
        averagePool2d(
          $0[0], kernelSize: settings.kernelSize, stride: settings.stride,
          padding: settings.padding, dilation: settings.dilation)
      },
      reference: {
        // The padding counts as zeros, so all windows have the same number of elements.
        windows($0[0], settings) { $0.reduce(0) { $0 + ($1 ?? 0) } / Double($0.count) }
      },
      samples: shapes.map { [Input($0)] }, large: [Input(largeImages)]
    ).with {
      means(&$0)
      $0.errors = [
        OpError(
          "averagePool2d: kernel size (2, 2), stride (1, 0) and dilation (1, 1) must be at least 1, padding (0, 0) at least 0"
        ) {
          _ = averagePool2d(Tensor.ones([1, 1, 4, 4]), kernelSize: 2, stride: [1, 0])
        },
        OpError("averagePool2d: shape [] is not [n, channels, height, width]") {
          _ = averagePool2d(Tensor(1), kernelSize: 2)
        },
      ]
    }
  }

  private static let adaptive: [OpCase] = [(1, 1), (2, 3), (4, 2)].map { height, width in
    OpCase(
      name: "adaptiveAveragePool2d to \(height) x \(width)",
      operations: ["adaptiveAveragePool2d(Tensor, outputSize: IntOrPair)"],
      apply: { adaptiveAveragePool2d($0[0], outputSize: IntOrPair(height, width)) },
      reference: { inputs in
        let x = inputs[0]
        func range(_ i: Int, of count: Int, over size: Int) -> Range<Int> {
          let start = Double(i * size) / Double(count)
          let end = Double((i + 1) * size) / Double(count)
          return Int(start.rounded(.down))..<Int(end.rounded(.up))
        }
        return PlainArray(shape: [x.shape[0], x.shape[1], height, width]) { index in
          let rows = range(index[2], of: height, over: x.shape[2])
          let columns = range(index[3], of: width, over: x.shape[3])
          var sum = 0.0
          for h in rows { for w in columns { sum += x[[index[0], index[1], h, w]] } }
          return sum / Double(rows.count * columns.count)
        }
      },
      samples: ([[1, 2, 4, 4], [2, 1, 5, 3], [1, 1, 2, 5], [1, 1, 1, 1], [0, 1, 3, 3]] as [Shape])
        .map { [Input($0)] },
      large: [Input(largeImages)]
    ).with {
      means(&$0)
      $0.errors = [
        OpError("adaptiveAveragePool2d: shape [2, 3] is not [n, channels, height, width]") {
          _ = adaptiveAveragePool2d(Tensor.ones([2, 3]), outputSize: 1)
        },
        OpError("adaptiveAveragePool2d: an image of shape [1, 1, 2, 2] to (0, 1)") {
          _ = adaptiveAveragePool2d(Tensor.ones([1, 1, 2, 2]), outputSize: [0, 1])
        },
      ]
    }
  }

  private static let upsampled: [OpCase] = [1, 2, 3].map { factor in
    OpCase(
      name: "upsampleNearest2d by \(factor)",
      operations: ["upsampleNearest2d(Tensor, factor: Int)"],
      apply: { upsampleNearest2d($0[0], factor: factor) },
      reference: { inputs in
        let shape = inputs[0].shape
        return PlainArray(shape: [shape[0], shape[1], shape[2] * factor, shape[3] * factor]) {
          inputs[0][[$0[0], $0[1], $0[2] / factor, $0[3] / factor]]
        }
      },
      samples: ([[1, 1, 1, 1], [1, 2, 2, 3], [2, 1, 0, 2]] as [Shape]).map { [Input($0)] },
      large: [Input(largeImages)]
    ).with {
      $0.bound = .none
      $0.exactness = .none
      $0.errors = [
        OpError("upsampleNearest2d: shape [2, 3] by a factor of 2") {
          _ = upsampleNearest2d(Tensor.ones([2, 3]), factor: 2)
        },
        OpError("upsampleNearest2d: shape [1, 1, 2, 2] by a factor of 0") {
          _ = upsampleNearest2d(Tensor.ones([1, 1, 2, 2]), factor: 0)
        },
      ]
    }
  }
}
