import Autograd
import CLibrary
import Tensor

extension OpCase {
  static let softmaxes = table {
    softmaxRow(
      "along the last axis", -1, [[3], [1], [2, 5], [4, 3, 7], [2, 0], [0, 3]])
    softmaxRow("along axis 0", 0, [[3], [2, 5], [4, 3, 2]])
    softmaxRow("along axis 1", 1, [[2, 5], [4, 3, 2]])
    logSoftmaxRow("along the last axis", -1, [[3], [1], [2, 5], [4, 3, 7], [2, 0], [0, 3]])
    logSoftmaxRow("along axis 0", 0, [[3], [2, 5], [4, 3, 2]])
    crossEntropyRow
    linearCrossEntropyRow
  }

  private static func softmaxRow(
    _ where: String, _ axis: Int, _ shapes: [Shape]
  ) -> OpCase {
    OpCase(
      name: "softmax \(`where`)", operations: ["softmax(Tensor, along: Int)"],
      apply: { softmax($0[0], along: axis) },
      reference: {
        $0[0].mapRuns(along: axis) { run in
          let exponentials = run.map { CLibrary.exp($0) }
          let sum = exponentials.reduce(0, +)
          return exponentials.map { $0 / sum }
        }
      },
      samples: shapes.map { [Input($0)] }, large: [Input(largeShape)]
    ).with {
      $0.bound = Bound(relative: 6e-7, absolute: 0)
      $0.isLayoutExact = false
      $0.errors = [
        OpError("softmax: axis 2 is out of range for shape [2, 3] of rank 2") {
          _ = softmax(Tensor.ones([2, 3]), along: 2)
        },
        OpError("softmax: not defined for int32") {
          _ = softmax(Tensor.ones([2, 3], dtype: .int32))
        },
      ]
    }
  }

  private static func logSoftmaxRow(_ where: String, _ axis: Int, _ shapes: [Shape]) -> OpCase {
    OpCase(
      name: "logSoftmax \(`where`)", operations: ["logSoftmax(Tensor, along: Int)"],
      apply: { logSoftmax($0[0], along: axis) },
      reference: {
        $0[0].mapRuns(along: axis) { run in
          let sum = run.map { CLibrary.exp($0) }.reduce(0, +)
          return run.map { $0 - CLibrary.log(sum) }
        }
      },
      samples: shapes.map { [Input($0)] }, large: [Input(largeShape)]
    ).with {
      $0.bound = Bound(relative: 4e-7, absolute: 4e-7)
      $0.exactness = Bound(relative: 1e-14, absolute: 1e-14)
      $0.isLayoutExact = false
      $0.errors = [
        OpError("logSoftmax: axis -1 is out of range for shape [] of rank 0") {
          _ = logSoftmax(Tensor(1))
        }
      ]
    }
  }

  private static let crossEntropyRow = OpCase(
    name: "softmaxCrossEntropy",
    operations: ["softmaxCrossEntropy(Tensor, labels: Tensor, labelSmoothing: Double)"],
    apply: { softmaxCrossEntropy($0[0], labels: $0[1], labelSmoothing: 0.2) },
    reference: { inputs in
      let (x, labels) = (inputs[0], inputs[1])
      return PlainArray(shape: labels.shape) { index in
        let classes = x.shape[x.rank - 1]
        let sum = (0..<classes).reduce(0) { $0 + CLibrary.exp(x[index + [$1]]) }
        let mean = (0..<classes).reduce(0) { $0 + x[index + [$1]] } / Double(classes)
        return CLibrary.log(sum) - 0.8 * x[index + [Int(labels[index])]] - 0.2 * mean
      }
    },
    samples: ([[5], [1], [3, 4], [2, 3, 4], [0, 4], [2, 1], [2, 17]] as [Shape]).map {
      [Input($0), Input(Shape($0.dropLast()), .whole(0..<$0[$0.rank - 1]))]
    },
    large: [Input(largeShape), Input([300], .whole(0..<257))]
  ).with {
    $0.bound = Bound(relative: 4e-7, absolute: 8e-7)
    $0.isLayoutExact = false
    $0.exactness = Bound(relative: 1e-13, absolute: 1e-14)
    $0.errors = [
      OpError("softmaxCrossEntropy: labels of shape [2] for logits of shape [3, 4]") {
        _ = softmaxCrossEntropy(Tensor.ones([3, 4]), labels: Tensor.zeros([2], dtype: .int32))
      },
      OpError("softmaxCrossEntropy: the labels are float32, not int32") {
        _ = softmaxCrossEntropy(Tensor.ones([3, 4]), labels: Tensor.zeros([3]))
      },
      OpError("softmaxCrossEntropy: label 4 is out of range for 4 classes") {
        _ = softmaxCrossEntropy(Tensor.ones([1, 4]), labels: Tensor([4], dtype: .int32))
      },
      OpError("softmaxCrossEntropy: label -1 is out of range for 4 classes") {
        _ = softmaxCrossEntropy(Tensor.ones([1, 4]), labels: Tensor([-1], dtype: .int32))
      },
      OpError("softmaxCrossEntropy: not defined for int32") {
        _ = softmaxCrossEntropy(
          Tensor.ones([1, 4], dtype: .int32), labels: Tensor([0], dtype: .int32))
      },
    ]
  }

  private static let linearCrossEntropyRow = OpCase(
    name: "linearCrossEntropy",
    operations: [
      "linearCrossEntropy(Tensor, weight: Tensor, bias: Tensor?, labels: Tensor, "
        + "labelSmoothing: Double)"
    ],
    apply: {
      linearCrossEntropy(
        $0[0], weight: $0[1], bias: $0[2], labels: $0[3], labelSmoothing: 0.2)
    },
    reference: { inputs in
      let (x, weight, bias, labels) = (inputs[0], inputs[1], inputs[2], inputs[3])
      let (classes, width) = (weight.shape[0], weight.shape[1])
      let losses = PlainArray(shape: labels.shape) { index in
        let logits = (0..<classes).map { label in
          (0..<width).reduce(bias[[label]]) { $0 + x[index + [$1]] * weight[[label, $1]] }
        }
        let sum = logits.reduce(0) { $0 + CLibrary.exp($1) }
        let mean = logits.reduce(0, +) / Double(classes)
        return CLibrary.log(sum) - 0.8 * logits[Int(labels[index])] - 0.2 * mean
      }
      let mean = losses.values.reduce(0, +) / Double(losses.values.count)
      return PlainArray(shape: [], values: [mean])
    },
    samples: ([([3, 4], 5), ([2, 3, 4], 3), ([4], 2), ([2, 1], 1)] as [(Shape, Int)]).map {
      [
        Input($0), Input([$1, $0[$0.rank - 1]]), Input([$1]),
        Input(Shape($0.dropLast()), .whole(0..<$1)),
      ]
    },
    large: [Input([300, 60]), Input([200, 60]), Input([200]), Input([300], .whole(0..<200))]
  ).with {
    $0.bound = Bound(relative: 4e-6, absolute: 4e-6)
    $0.gradientBound = Bound(relative: 4e-5, absolute: 4e-6)
    $0.isLayoutExact = false
    $0.exactness = Bound(relative: 1e-12, absolute: 1e-13)
    $0.errors = [
      OpError("linearCrossEntropy: weight of shape [5, 3] for x of shape [2, 4]") {
        _ = linearCrossEntropy(
          Tensor.ones([2, 4]), weight: Tensor.ones([5, 3]),
          labels: Tensor.zeros([2], dtype: .int32))
      },
      OpError("linearCrossEntropy: labels of shape [3] for x of shape [2, 4]") {
        _ = linearCrossEntropy(
          Tensor.ones([2, 4]), weight: Tensor.ones([5, 4]),
          labels: Tensor.zeros([3], dtype: .int32))
      },
      OpError("linearCrossEntropy: bias of shape [4] for weight of shape [5, 4]") {
        _ = linearCrossEntropy(
          Tensor.ones([2, 4]), weight: Tensor.ones([5, 4]), bias: Tensor.ones([4]),
          labels: Tensor.zeros([2], dtype: .int32))
      },
    ]
  }
}
