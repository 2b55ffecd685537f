import Autograd
import Tensor

extension OpCase {
  static let pooling: [OpCase] = maxima + averages + adaptive + upsampled

  /// What a function makes of the elements of each window; those in the padding are nil.
  private static func windows(
    _ x: PlainArray, _ window: Window, _ function: @escaping ([Double?]) -> Double
  ) -> PlainArray {
    let reach = (
      window.dilation.0 * (window.size.0 - 1) + 1, window.dilation.1 * (window.size.1 - 1) + 1
    )
    let height = (x.shape[2] + 2 * window.padding.0 - reach.0) / window.stride.0 + 1
    let width = (x.shape[3] + 2 * window.padding.1 - reach.1) / window.stride.1 + 1
    return PlainArray(shape: [x.shape[0], x.shape[1], height, width]) { index in
      var elements = [Double?]()
      for i in 0..<window.size.0 {
        for j in 0..<window.size.1 {
          let h = index[2] * window.stride.0 + i * window.dilation.0 - window.padding.0
          let w = index[3] * window.stride.1 + j * window.dilation.1 - window.padding.1
          let isInside = h >= 0 && h < x.shape[2] && w >= 0 && w < x.shape[3]
          elements.append(isInside ? x[[index[0], index[1], h, w]] : nil)
        }
      }
      return function(elements)
    }
  }

  private static let windowRows: [(name: String, window: Window, shapes: [Shape])] = [
    ("2 by 2", Window((2, 2)), [[1, 2, 3, 4], [2, 1, 2, 2], [0, 1, 3, 3]]),
    ("1 by 1", Window((1, 1)), [[1, 2, 2, 2]]),
    ("2 by 3 in steps", Window((2, 3), stride: (2, 3)), [[1, 2, 4, 6], [1, 1, 5, 4]]),
    (
      "padded", Window((3, 2), stride: (2, 1), padding: (1, 1)), [[1, 2, 3, 3], [1, 1, 1, 1]]
    ),
    ("dilated", Window((2, 2), dilation: (2, 1)), [[1, 1, 4, 3]]),
  ]

  private static let largeImages: Shape = [4, 8, 30, 31]

  private static let maxima: [OpCase] = windowRows.map { name, window, shapes in
    OpCase(
      name: "maxPool2d \(name)", operations: ["maxPool2d(Tensor, Window)"],
      apply: { maxPool2d($0[0], window) },
      reference: {
        windows($0[0], window) { $0.reduce(-.infinity) { Swift.max($0, $1 ?? -.infinity) } }
      },
      samples: shapes.map { [Input($0, .distinct)] }, large: [Input(largeImages, .distinct)]
    ).with {
      $0.bound = .none
      $0.exactness = .none
      $0.errors = [
        OpError("maxPool2d: the padding (2, 0) is more than half of the window (2, 2)") {
          _ = maxPool2d(Tensor.ones([1, 1, 4, 4]), Window((2, 2), padding: (2, 0)))
        },
        OpError("maxPool2d: shape [2, 3] is not [n, channels, height, width]") {
          _ = maxPool2d(Tensor.ones([2, 3]), Window((2, 2)))
        },
        OpError(
          "maxPool2d: a window of (3, 3) with padding (0, 0) does not fit an image of shape [1, 1, 2, 2]"
        ) { _ = maxPool2d(Tensor.ones([1, 1, 2, 2]), Window((3, 3))) },
      ]
    }
  }

  private static func means(_ op: inout OpCase) {
    op.bound = .sums
    op.isLayoutExact = false
    op.exactness = Bound(relative: 1e-13, absolute: 1e-14)
  }

  private static let averages: [OpCase] = windowRows.map { name, window, shapes in
    OpCase(
      name: "averagePool2d \(name)", operations: ["averagePool2d(Tensor, Window)"],
      apply: { averagePool2d($0[0], window) },
      reference: {
        // The padding counts as zeros, so that all windows have one size.
        windows($0[0], window) { $0.reduce(0) { $0 + ($1 ?? 0) } / Double($0.count) }
      },
      samples: shapes.map { [Input($0)] }, large: [Input(largeImages)]
    ).with {
      means(&$0)
      $0.errors = [
        OpError("averagePool2d: window (2, 2), stride (1, 0), dilation (1, 1), padding (0, 0)") {
          _ = averagePool2d(Tensor.ones([1, 1, 4, 4]), Window((2, 2), stride: (1, 0)))
        },
        OpError("averagePool2d: shape [] is not [n, channels, height, width]") {
          _ = averagePool2d(Tensor(1), Window((2, 2)))
        },
      ]
    }
  }

  private static let adaptive: [OpCase] = [(1, 1), (2, 3), (4, 2)].map { height, width in
    OpCase(
      name: "adaptiveAveragePool2d to \(height) x \(width)",
      operations: ["adaptiveAveragePool2d(Tensor, height: Int, width: Int)"],
      apply: { adaptiveAveragePool2d($0[0], height: height, width: width) },
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
          _ = adaptiveAveragePool2d(Tensor.ones([2, 3]), height: 1, width: 1)
        },
        OpError("adaptiveAveragePool2d: an image of shape [1, 1, 2, 2] to 0 x 1") {
          _ = adaptiveAveragePool2d(Tensor.ones([1, 1, 2, 2]), height: 0, width: 1)
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
