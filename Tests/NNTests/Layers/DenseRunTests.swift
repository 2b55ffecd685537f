import Adjoint
import Autograd
import NN
import Testing
import TestSupport

/// Small linear layers in sequence are one operation, which must agree with the operations one by
/// one.
@Suite struct DenseRunTests {
  struct Case: CustomStringConvertible, Sendable {
    var sizes: [Int]
    var rows: Shape
    var activation = Activation.relu
    var isActivatedAtEnd = false
    var hasBias = true
    var dtype = DType.float64

    var description: String {
      "\(sizes) \(rows) \(activation) \(isActivatedAtEnd) \(hasBias) \(dtype)"
    }

    var layers: [Linear] {
      zip(sizes, sizes.dropFirst()).enumerated().map { i, pair in
        Linear(
          weight: .seeded([pair.1, pair.0], seed: UInt64(i), in: -1..<1, dtype: dtype),
          bias: hasBias ? .seeded([pair.1], seed: UInt64(100 + i), dtype: dtype) : nil)
      }
    }

    /// The layers as `Sequential` runs them.
    func fused(_ layers: [Linear]) -> Sequential {
      Sequential(
        layers.enumerated().flatMap { i, layer -> [any Layer] in
          i < layers.count - 1 || isActivatedAtEnd ? [layer, activationLayer] : [layer]
        })
    }

    private var activationLayer: any Layer {
      switch activation {
      case .relu: ReLU()
      case .tanh: Tanh()
      case .sigmoid: Sigmoid()
      case .gelu: GELU()
      case .silu: SiLU()
      case .softplus: Softplus()
      case .leakyRelu: LeakyReLU()
      case .elu: ELU()
      }
    }

    func composed(_ layers: [Linear], _ x: Tensor) -> Tensor {
      var x = x
      for (i, layer) in layers.enumerated() {
        x = linear(x, layer.weight.value, bias: layer.bias?.value)
        if i < layers.count - 1 || isActivatedAtEnd { x = activation(x) }
      }
      return x
    }

    var input: Tensor {
      .seeded(Shape(Array(rows) + [sizes[0]]), seed: 7, dtype: dtype)
    }

    var tolerance: Double { dtype == .float64 ? 1e-12 : 2e-5 }
  }

  static let cases: [Case] =
    [
      [1, 1], [1, 1, 1], [2, 16, 16, 1], [3, 1, 5], [7, 33, 4], [20, 128, 9], [17, 5, 64, 3, 2],
    ]
    .flatMap { sizes in
      [[1], [2], [32], [5, 3], [2, 3, 4], [61]].map { Case(sizes: sizes, rows: $0) }
    }
    + Activation.allCases.flatMap { activation in
      [false, true].map {
        Case(sizes: [4, 9, 6], rows: [11], activation: activation, isActivatedAtEnd: $0)
      }
    }
    + [
      Case(sizes: [4, 9, 6], rows: []),
      Case(sizes: [4, 9, 6], rows: [0]),
      Case(sizes: [4, 9, 6], rows: [13], hasBias: false),
      Case(sizes: [4, 9, 1], rows: [13], activation: .gelu, isActivatedAtEnd: true),
      Case(sizes: [16, 32, 8], rows: [70], activation: .tanh, dtype: .float32),
      Case(sizes: [200, 64, 8], rows: [16], dtype: .float32),
      // Several blocks of rows, and several sums of gradients.
      Case(sizes: [4, 32, 16, 4], rows: [5000], activation: .tanh),
      Case(sizes: [8, 128, 100, 1], rows: [701], activation: .silu, isActivatedAtEnd: true),
      Case(sizes: [8, 128, 128, 10], rows: [40, 30], dtype: .float32),
    ]

  @Test(arguments: cases) func agreesWithTheOperationsOneByOne(of form: Case) {
    let layers = form.layers
    let model = form.fused(layers)
    let x = form.input
    expectClose(
      model(x), form.composed(layers, x), relative: form.tolerance, absolute: form.tolerance)
    let slope = Tensor.seeded(form.composed(layers, x).shape, seed: 9, dtype: form.dtype)
    func gradients(_ run: (Tensor) -> Tensor) -> [Tensor] {
      let found = valueWithGradients(for: model.parameters, at: x) { (run($0) * slope).sum() }
      return found.gradients.tensors + [found.inputGradient]
    }
    let (actual, expected) = (gradients { model($0) }, gradients { form.composed(layers, $0) })
    let scale = form.tolerance * Double(max(10, x.elementCount))
    for (a, e) in zip(actual, expected) {
      expectClose(a, e, relative: form.tolerance, absolute: scale)
    }
  }

  @Test func isOneOperation() {
    let model = Sequential {
      Linear(3, 4)
      ReLU()
      Linear(4, 2)
    }
    let input = Tensor.seeded([5, 3], dtype: .float32)
    let operations = profiled { _ = model(input) }
      .rows.map { "\($0.operation)" }
    #expect(operations == ["denseLayers"])
  }

  @Test(arguments: [2, 3]) func givesTheSameBitsOnAnyNumberOfThreads(_ threads: Int) {
    let form = Case(sizes: [8, 100, 64, 3], rows: [3000], activation: .tanh, dtype: .float32)
    let model = form.fused(form.layers)
    let x = form.input
    func run() -> [Tensor] {
      let found = valueWithGradients(for: model.parameters, at: x) { square(model($0)).mean() }
      return [found.value, found.inputGradient] + found.gradients.tensors
    }
    let expected = withThreads(1) { run() }
    for (a, e) in zip(withThreads(threads) { run() }, expected) { expectIdentical(a, e) }
  }

  @Test func hasDerivativesOfHigherOrder() {
    let form = Case(sizes: [3, 5, 2], rows: [4], activation: .tanh)
    let layers = form.layers
    let model = form.fused(layers)
    let x = form.input
    let parameters = model.parameters
    let vector = valueWithGradients(for: parameters) { model(x).sum() }.gradients
    func product(_ run: @escaping (Tensor) -> Tensor) -> [Tensor] {
      hessianVectorProduct(for: parameters, vector) { square(run(x)).sum() }.tensors
    }
    for (a, e) in zip(product { model($0) }, product { form.composed(layers, $0) }) {
      expectClose(a, e, relative: 1e-10, absolute: 1e-10)
    }
    // A gradient whose own gradient is asked for by a scope around the layers' own.
    let outer = gradient(at: x) { x in square(gradient(at: x) { model($0).sum() }).sum() }
    let expected = gradient(at: x) { x in
      square(gradient(at: x) { form.composed(layers, $0).sum() }).sum()
    }
    expectClose(outer, expected, relative: 1e-10, absolute: 1e-10)
  }

  @Test func leavesFrozenParametersOut() {
    let form = Case(sizes: [3, 5, 2], rows: [4])
    let layers = form.layers
    let model = form.fused(layers)
    let part = model.parameters.filter { $0.name != "0.weight" }
    let found = valueWithGradients(for: part) { model(form.input).sum() }.gradients
    let expected = valueWithGradients(for: part) { form.composed(layers, form.input).sum() }
    for (a, e) in zip(found.tensors, expected.gradients.tensors) {
      expectClose(a, e, relative: 1e-12, absolute: 1e-12)
    }
  }

  @Test func roundsProductsWhereOperationsDo() {
    let form = Case(sizes: [3, 5, 2], rows: [4], dtype: .float32)
    let layers = form.layers
    let model = form.fused(layers)
    _ = withMatmulPrecision(.bfloat16) {
      expectIdentical(model(form.input), form.composed(layers, form.input))
    }
  }

  @Test func findsTheLayerOfAnAnomaly() {
    let model = Sequential {
      Linear(weight: Tensor([[.infinity, 1]]), bias: nil)
      ReLU()
      Linear(1, 1)
    }
    let anomaly = detectAnomaly { _ = model(Tensor([[1.0, 2.0]])) }
    #expect(anomaly?.operation == "linear")
  }
}
