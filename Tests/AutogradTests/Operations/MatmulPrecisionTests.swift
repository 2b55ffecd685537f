import OpTable
import TestSupport
import Testing

struct MatmulPrecisionTests {
  /// An operation that is linear in each of its inputs.
  struct Product: Sendable, CustomTestStringConvertible {
    let name: String
    let shapes: [Shape]
    let apply: @Sendable ([Tensor]) -> Tensor
    /// The error that is allowed.
    let absolute: Double
    var testDescription: String { name }

    init(
      _ name: String, _ shapes: Shape..., absolute: Double = 1e-4,
      apply: @escaping @Sendable ([Tensor]) -> Tensor
    ) {
      (self.name, self.shapes, self.absolute, self.apply) = (name, shapes, absolute, apply)
    }

    /// Inputs in float32.
    var inputs: [Tensor] {
      shapes.enumerated().map { .seeded($1, seed: UInt64($0 + 1), dtype: .float32) }
    }

    /// The value, and the gradients of its product with numbers that bfloat16 holds.
    func results(_ inputs: [Tensor]) -> [Tensor] {
      let value = apply(inputs)
      let dy = Tensor.seeded(value.shape, seed: 9, dtype: .float32).roundedToBFloat16
        .converted(to: value.dtype)
      return [value]
        + inputs.indices.map { i in
          gradient(at: inputs[i]) { x in
            var inputs = inputs
            inputs[i] = x
            return (apply(inputs) * dy).sum()
          }
        }
    }
  }

  static let products = [
    Product("matrices", [37, 53], [53, 41]) { matmul($0[0], $0[1]) },
    Product("large matrices", [150, 160], [160, 170]) { matmul($0[0], $0[1]) },
    Product("transposed", [53, 37], [41, 53]) { matmul($0[0].transposed(), $0[1].transposed()) },
    Product("matrix and vector", [70, 90], [90]) { matmul($0[0], $0[1]) },
    Product("vector and matrix", [90], [90, 70]) { matmul($0[0], $0[1]) },
    Product("vectors", [300], [300]) { dot($0[0], $0[1]) },
    Product("outer", [30], [200]) { outer($0[0], $0[1]) },
    Product("few columns", [40, 300], [300, 5]) { matmul($0[0], $0[1]) },
    Product("batch", [3, 40, 50], [3, 50, 60]) { matmul($0[0], $0[1]) },
    Product("small batch", [20, 4, 5], [20, 5, 3]) { matmul($0[0], $0[1]) },
    Product("broadcast batch", [6, 1, 4, 5], [5, 5, 3]) { matmul($0[0], $0[1]) },
    Product("rows", [4, 9, 30], [30, 20]) { matmul($0[0], $0[1]) },
    Product("linear", [12, 30], [20, 30]) { linear($0[0], $0[1]) },
    Product("linear with a bias", [12, 30], [20, 30]) {
      linear($0[0], $0[1], Tensor.zeros([20], dtype: $0[0].dtype))
    },
    Product("einsum", [5, 6, 7], [7, 5, 8]) { einsum("bij,jbk->ikb", $0[0], $0[1]) },
    Product("convolution", [2, 3, 9, 8], [20, 3, 3, 3]) {
      conv2d($0[0], $0[1], stride: 2, padding: 1)
    },
    Product("convolution in place", [2, 20, 6, 7], [18, 20, 1, 1]) { conv2d($0[0], $0[1]) },
    Product("convolution of few channels", [2, 3, 9, 8], [2, 3, 3, 3]) {
      conv2d($0[0], $0[1], padding: 1)
    },
    Product("convolution of each channel", [2, 6, 9, 8], [6, 1, 3, 3]) {
      conv2d($0[0], $0[1], padding: 1, groups: 6)
    },
    Product("convolution by Winograd", [2, 16, 16, 16], [24, 16, 3, 3], absolute: 1e-3) {
      conv2d($0[0], $0[1], padding: 1)
    },
    Product("convolution by Winograd in place", [1, 16, 18, 18], [16, 16, 3, 3], absolute: 1e-3) {
      conv2d($0[0], $0[1])
    },
    Product("transposed convolution", [2, 20, 5, 6], [20, 17, 3, 3]) {
      convTranspose2d($0[0], $0[1], stride: 2, padding: 1)
    },
    Product("convolution of sequences", [2, 8, 30], [20, 8, 5]) { conv1d($0[0], $0[1]) },
  ]

  /// Values and gradients are those of the rounded operands, computed in float64.
  @Test(arguments: products)
  func productsAndTheirGradientsRoundOperands(_ product: Product) {
    let inputs = product.inputs
    let expected = product.results(inputs.map { $0.roundedToBFloat16.converted(to: .float64) })
    for set in InstructionSet.available {
      let actual = withInstructionSet(set) {
        withMatmulPrecision(.bfloat16) { product.results(inputs) }
      }
      for (i, (y, reference)) in zip(actual, expected).enumerated() {
        expectClose(
          y.converted(to: .float64), reference, relative: 1e-5, absolute: product.absolute,
          "\(set), \(i == 0 ? "value" : "gradient \(i - 1)")")
      }
    }
    // The bound is strict enough to see that operands are rounded.
    let plain = product.results(inputs)
    for (y, reference) in zip(plain, expected) {
      #expect(
        difference(y.converted(to: .float64), reference, relative: 1e-5, absolute: product.absolute)
          != nil)
    }
  }

  @Test(arguments: products)
  func float64IsNotRounded(_ product: Product) {
    let inputs = product.inputs.map { $0.converted(to: .float64) }
    let expected = product.results(inputs)
    for (y, reference) in zip(withMatmulPrecision(.bfloat16) { product.results(inputs) }, expected)
    {
      expectIdentical(y, reference)
    }
  }

  /// The operations of the table whose values change: products, and what is made of them.
  @Test func nothingElseRounds() {
    var found = Set<String>()
    for op in OpCase.all {
      for sample in op.samples {
        let inputs = op.tensors(sample, .float32)
        let plain = op.apply(inputs)
        let rounded = withMatmulPrecision(.bfloat16) { op.apply(inputs) }
        if differenceInBits(rounded, plain) != nil {
          found.insert(String(op.name.prefix { $0 != "," && $0 != " " }))
        }
      }
    }
    #expect(
      found == [
        "conv1d", "conv2d", "convTranspose1d", "convTranspose2d", "dot", "einsum", "kron",
        "leastSquares", "linear", "linearCrossEntropy", "matmul", "matrixExponential",
        "matrixPower", "outer", "scaledDotProductAttention",
      ])
  }

  /// Both products of attention and those of its gradients round, as the products of the composed
  /// operations do: what remains between the two is far less than rounding makes.
  @Test(arguments: [false, true])
  func attentionRoundsOperands(isCausal: Bool) {
    let shapes: [Shape] = [[2, 3, 80, 24], [2, 3, 80, 24], [2, 3, 80, 40]]
    let inputs = shapes.enumerated().map {
      Tensor.seeded($1, seed: UInt64($0 + 1), dtype: .float32)
    }
    let dy = Tensor.seeded([2, 3, 80, 40], seed: 9, dtype: .float32)
    func results(_ attention: ([Tensor]) -> Tensor) -> [Tensor] {
      [attention(inputs)]
        + valueWithGradients(at: inputs) { (attention($0) * dy).sum() }.gradients
    }
    func fused() -> [Tensor] {
      results { scaledDotProductAttention($0[0], $0[1], $0[2], isCausal: isCausal) }
    }
    let seen = Tensor.lowerTriangleMask(rows: 80, columns: 80)
    let composed = withMatmulPrecision(.bfloat16) {
      results { x in
        let scores = matmul(x[0], x[1].transposed()) * (1 / 24.0.squareRoot())
        return matmul(softmax(isCausal ? select(seen, scores, -.infinity) : scores), x[2])
      }
    }
    let (plain, rounded) = (fused(), withMatmulPrecision(.bfloat16) { fused() })
    for (i, y) in rounded.enumerated() {
      let distance = abs(y - composed[i]).sum().scalar()
      #expect(distance < 0.02 * abs(y - plain[i]).sum().scalar(), "result \(i)")
    }
  }

  /// A backward pass rounds if it runs inside of the scope, wherever its products were recorded.
  @Test func theScopeOfAProductCounts() {
    let (x, w) = (
      Tensor.seeded([20, 30], dtype: .float32), Tensor.seeded([30, 10], seed: 2, dtype: .float32)
    )
    let dy = Tensor.seeded([20, 10], seed: 3, dtype: .float32)
    let forward = valueWithGradient(at: w) { w in
      (withMatmulPrecision(.bfloat16) { matmul(x, w) } * dy).sum()
    }
    expectIdentical(
      forward.value, (withMatmulPrecision(.bfloat16) { matmul(x, w) } * dy).sum())
    expectIdentical(forward.gradient, matmul(x.transposed(), dy))
    let both = withMatmulPrecision(.bfloat16) { gradient(at: w) { (matmul(x, $0) * dy).sum() } }
    expectIdentical(both, withMatmulPrecision(.bfloat16) { matmul(x.transposed(), dy) })
    #expect(differenceInBits(both, forward.gradient) != nil)
  }

  @Test func resultsDoNotDependOnThreads() async {
    await #expect(processExitsWith: .success) {
      for product in MatmulPrecisionTests.products {
        let inputs = product.inputs
        func run(_ threads: Int) -> [Tensor] {
          withThreads(threads) { withMatmulPrecision(.bfloat16) { product.results(inputs) } }
        }
        let expected = run(1)
        for (y, reference) in zip(run(2), expected) { expectIdentical(y, reference, product.name) }
      }
    }
  }
}
