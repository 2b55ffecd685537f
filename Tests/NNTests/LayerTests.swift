import TestSupport
import Testing

struct LayerTests {
  /// y = x · Wᵀ + b, one number after another.
  private static func affine(_ x: [Double], _ layer: Linear) -> [Double] {
    let weight = layer.weight.value.scalars(as: Double.self)
    let bias = layer.bias?.value.scalars(as: Double.self)
    let outputs = layer.weight.shape[0]
    return (0..<outputs).map { output in
      var sum = bias?[output] ?? 0
      for (i, value) in x.enumerated() { sum += weight[output * x.count + i] * value }
      return sum
    }
  }

  @Test(arguments: [true, false])
  func linearIsTheAffineMap(_ hasBias: Bool) {
    let layer = withRandomSeed(1) { Linear(5, 3, bias: hasBias, dtype: .float64) }
    let x = Tensor.seeded([2, 4, 5])
    let rows = x.reshaped(to: [8, 5])
    let expected = (0..<8).flatMap { Self.affine(rows[$0].scalars(as: Double.self), layer) }
    expectClose(layer(x), Tensor(expected, shape: [2, 4, 3]), relative: 1e-14, absolute: 1e-15)
    expectClose(
      layer(rows[0]), Tensor(Array(expected[0..<3]), shape: [3]), relative: 1e-14, absolute: 1e-15)
  }

  @Test func linearTakesGivenWeights() {
    let layer = Linear(weight: Tensor([[1, 2], [3, 4], [5, 6]]), bias: Tensor([10, 20, 30]))
    expectIdentical(layer(Tensor([[1, -1]])), Tensor([[9, 19, 29]]))
    let plain = Linear(weight: Tensor([[1, 2]]), bias: nil)
    expectIdentical(plain(Tensor([3, 4])), Tensor([11]))
    let chosen = Linear(2, 3, bias: true, weightInitializer: .ones, biasInitializer: .constant(0.5))
    expectIdentical(chosen(Tensor([1, 2])), Tensor([3.5, 3.5, 3.5]))
  }

  @Test(arguments: Activation.allCases)
  func perceptronsAreLinearMapsWithAnActivationBetween(_ activation: Activation) {
    let model = withRandomSeed(2) { MLP([3, 5, 4, 2], activation: activation, dtype: .float64) }
    let x = Tensor.seeded([6, 3])
    var expected = [Double]()
    for row in 0..<6 {
      var values = x[row].scalars(as: Double.self)
      for (i, layer) in model.layers.enumerated() {
        values = Self.affine(values, layer)
        if i < 2 {
          let activated = activation(Tensor(values, shape: [values.count]))
          values = activated.scalars(as: Double.self)
        }
      }
      expected += values
    }
    expectClose(model(x), Tensor(expected, shape: [6, 2]), relative: 1e-13, absolute: 1e-14)
  }

  @Test func gradientsOfLayersAgreeWithDifferences() {
    let model = withRandomSeed(3) { MLP([3, 5, 2], activation: .gelu, dtype: .float64) }
    let x = Tensor.seeded([4, 3])
    let report = checkGradients(for: model.parameters) { model(x) }
    #expect(report.passed, "\(report)")
    #expect(report.count == model.parameters.scalarCount)
  }

  // MARK: Sequential

  @Test func sequentialAppliesItsLayersInOrder() {
    let (first, last) = withRandomSeed(1) { (Linear(2, 3), Linear(3, 1)) }
    let model = Sequential {
      first
      Tanh()
      last
    }
    let x = Tensor.seeded([4, 2], dtype: .float32)
    expectIdentical(model(x), last(tanh(first(x))))
    expectIdentical(Sequential {}(x), x)
    expectIdentical(Sequential([first, Tanh(), last])(x), model(x))
  }

  private static func kinds(_ model: Sequential) -> [String] {
    model.layers.map { "\(type(of: $0))" }
  }

  @Test(arguments: [true, false])
  func builderTakesABareIf(_ isOn: Bool) {
    let model = Sequential {
      Tanh()
      if isOn {
        ReLU()
        GELU()
      }
      Sigmoid()
    }
    #expect(
      Self.kinds(model) == (isOn ? ["Tanh", "ReLU", "GELU", "Sigmoid"] : ["Tanh", "Sigmoid"]))
  }

  @Test(arguments: [true, false])
  func builderTakesAnIfWithElse(_ isOn: Bool) {
    let model = Sequential {
      if isOn {
        ReLU()
      } else {
        GELU()
        Tanh()
      }
    }
    #expect(Self.kinds(model) == (isOn ? ["ReLU"] : ["GELU", "Tanh"]))
  }

  @Test(arguments: [0, 1, 2])
  func builderTakesASwitch(_ choice: Int) {
    let model = Sequential {
      switch choice {
      case 0: ReLU()
      case 1: GELU()
      default: Tanh()
      }
    }
    #expect(Self.kinds(model) == [["ReLU"], ["GELU"], ["Tanh"]][choice])
  }

  @Test(arguments: [0, 1, 3])
  func builderTakesALoop(_ count: Int) {
    let model = Sequential {
      for i in 0..<count {
        Linear(2, 2)
        if i < count - 1 { Tanh() }
      }
    }
    let expected = (0..<count).flatMap { $0 < count - 1 ? ["Linear", "Tanh"] : ["Linear"] }
    #expect(Self.kinds(model) == expected)
    #expect(model.parameters.map(\.name).first == (count > 0 ? "0.weight" : nil))
  }

  @Test func builderTakesAnAvailabilityCheck() {
    let model = Sequential {
      Tanh()
      if #available(macOS 9999, *) { ReLU() }
      if #available(macOS 9999, *) {
        GELU()
      } else {
        Sigmoid()
      }
    }
    // Systems other than macOS have it all.
    #if os(macOS)
      #expect(Self.kinds(model) == ["Tanh", "Sigmoid"])
    #else
      #expect(Self.kinds(model) == ["Tanh", "ReLU", "GELU"])
    #endif
  }

  @Test(arguments: [nil, GELU()]) func builderTakesAnOptionalLayer(_ layer: GELU?) {
    let model = Sequential {
      if let layer { layer }
      Tanh()
    }
    #expect(Self.kinds(model) == (layer == nil ? ["Tanh"] : ["GELU", "Tanh"]))
  }

  @Test func builderTakesAListFromElsewhere() {
    let rest: [any Layer] = [Tanh(), ReLU()]
    let model = Sequential {
      GELU()
      rest
    }
    #expect(Self.kinds(model) == ["GELU", "Tanh", "ReLU"])
    #expect(Self.kinds(Sequential {}) == [])
  }

  // MARK: Errors

  static let misuses: [(message: String, body: @Sendable () -> Void)] = [
    ("Linear: 0 inputs and 3 outputs", { _ = Linear(0, 3) }),
    (
      "Linear: the weight has shape [3], not [out, in]",
      { _ = Linear(weight: Tensor([1, 2, 3]), bias: nil) }
    ),
    (
      "Linear: the weight is [2, 3], so the bias is not [3]",
      { _ = Linear(weight: Tensor.ones([2, 3]), bias: Tensor.ones([3])) }
    ),
    ("MLP: [3] has no input and output size", { _ = MLP([3]) }),
    (
      "linear: an input of shape [4, 2] does not fit a weight of shape [5, 3]",
      { _ = Linear(3, 5)(Tensor.ones([4, 2])) }
    ),
  ]

  @Test(arguments: misuses.indices)
  func misuseStopsWithAMessage(_ index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [index = index as Int] in
      LayerTests.misuses[index].body()
    }
    expectMessage(Self.misuses[index].message, of: result)
  }
}
