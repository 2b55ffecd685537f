import TestSupport
import Testing

struct ModuleWeightsTests {
  @Test func weightsLoadIntoAnotherModel() throws {
    let (model, other) = withRandomSeed(1) { (MLP([2, 5, 1]), MLP([2, 5, 1])) }
    let x = Tensor.seeded([4, 2], dtype: .float32)
    #expect(differenceInBits(model(x), other(x)) != nil)
    try other.load(model.weights)
    expectIdentical(other(x), model(x))
    // The loaded weights are a copy: changing one model does not change the other.
    let before = model(x)
    other.layers[0].weight.value = Tensor.zeros([5, 2])
    expectIdentical(model(x), before)
    let file = try Safetensors(decoding: Safetensors(model.weights).encoded())
    try other.load(file.tensors)
    expectIdentical(other(x), model(x))
  }

  @Test func anErrorListsEveryMismatchAndNothingIsLoaded() {
    let model = withRandomSeed(1) { MLP([2, 5, 1]) }
    var weights = model.weights
    weights["layers.0.weight"] = nil
    weights["layers.1.bias"] = nil
    weights["layers.0.bias"] = Tensor.zeros([4])
    weights["layers.1.weight"] = Tensor.zeros([1, 5], dtype: .int32)
    weights["extra"] = Tensor([1])
    weights["more"] = Tensor([1])
    let before = model.weights
    let error = #expect(throws: WeightsError.self) { try model.load(weights) }
    #expect(error?.missing == ["layers.0.weight", "layers.1.bias"])
    #expect(error?.unexpected == ["extra", "more"])
    #expect(
      error?.mismatched == [
        "layers.0.bias (float32 [4] for float32 [5])",
        "layers.1.weight (int32 [1, 5] for float32 [1, 5])",
      ])
    #expect(
      error?.description == "weights do not fit the model: "
        + "missing: layers.0.weight, layers.1.bias; unexpected: extra, more; "
        + "of another shape or dtype: layers.0.bias (float32 [4] for float32 [5]), "
        + "layers.1.weight (int32 [1, 5] for float32 [1, 5])")
    for name in before.names {
      if let value = model.weights[name], let old = before[name] {
        expectIdentical(value, old, name)
      }
    }
  }

  @Test func nonStrictLoadingSkipsMissingAndUnexpectedNames() throws {
    let (model, other) = withRandomSeed(1) { (MLP([2, 5, 1]), MLP([2, 5, 1])) }
    var weights = other.weights
    weights["layers.1.bias"] = nil
    weights["extra"] = Tensor([1])
    let bias = model.layers[1].bias?.value
    let rest = try model.load(weights, strict: false)
    #expect(rest.missing == ["layers.1.bias"] && rest.unexpected == ["extra"])
    expectIdentical(model.layers[0].weight.value, other.layers[0].weight.value)
    expectIdentical(model.layers[1].weight.value, other.layers[1].weight.value)
    expectIdentical(try #require(model.layers[1].bias?.value), try #require(bias))
    // A tensor of another shape is still an error.
    weights["layers.0.weight"] = Tensor.zeros([5, 3])
    let error = #expect(throws: WeightsError.self) { try model.load(weights, strict: false) }
    #expect(error?.mismatched == ["layers.0.weight (float32 [5, 3] for float32 [5, 2])"])
    #expect(error?.missing == [] && error?.unexpected == [])
  }

  @Test func aTiedWeightNeedsOnlyOneOfItsNames() throws {
    let configuration = GPT.Configuration(
      vocabularySize: 5, contextLength: 4, layers: 1, heads: 1, width: 4)
    let (model, other) = withRandomSeed(1) { (GPT(configuration), GPT(configuration)) }
    for name in ["transformer.wte.weight", "lm_head.weight"] {
      var weights = other.weights
      weights[name] = nil
      for parameter in model.parameters {
        parameter.parameter.value = Tensor.zeros(like: parameter.parameter.value)
      }
      #expect(try model.load(weights).missing.isEmpty)
      expectIdentical(model.tokens.weight.value, other.tokens.weight.value)
      weights["lm_head.weight"] = nil
      weights["transformer.wte.weight"] = nil
      let error = #expect(throws: WeightsError.self) { try model.load(weights) }
      #expect(error?.missing == ["transformer.wte.weight", "lm_head.weight"])
    }
  }

  @Test func loadingConvertsTheDType() throws {
    func make(_ dtype: DType) -> Sequential {
      Sequential {
        Linear(3, 4, dtype: dtype)
        BatchNorm(4, dtype: dtype)
        Tanh()
        Linear(4, 2, dtype: dtype)
      }
    }
    let single = withRandomSeed(1) { make(.float32) }
    let x = Tensor.seeded([6, 3], dtype: .float32)
    _ = withMode(.training) { single(x) }
    let double = make(.float64)
    try double.load(single.weights)
    #expect(double.parameters.allSatisfy { $0.parameter.dtype == .float64 })
    #expect(double.buffers.map(\.buffer.value.dtype) == [.float64, .float64, .int32])
    for element in double.parameters {
      let value = try #require(single.parameters[element.name]).value
      expectIdentical(element.parameter.value, value.converted(to: .float64), element.name)
    }
    expectClose(
      double(x.converted(to: .float64)), single(x).converted(to: .float64), relative: 1e-5,
      absolute: 1e-6)
    // Converting to float64 and back is exact.
    let back = make(.float32)
    try back.load(double.weights)
    expectIdentical(back(x), single(x))
  }

  @Test func buildingAndLoadingMakesAnIndependentCopy() throws {
    let model = withRandomSeed(1) { MLP([2, 3, 1]) }
    let copy = MLP([2, 3, 1])
    try copy.load(model.weights)
    let x = Tensor.seeded([4, 2], dtype: .float32)
    expectIdentical(copy(x), model(x))
    let before = model(x)
    let parameters = copy.parameters
    let optimizer = SGD(parameters, learningRate: 0.1)
    optimizer.step(valueWithGradients(for: parameters) { copy(x).sum() }.gradients)
    expectIdentical(model(x), before)
    #expect(differenceInBits(copy(x), before) != nil)
  }

  @Test func excludedParametersAreNotTrained() {
    let model = withRandomSeed(1) {
      GPT(.init(vocabularySize: 5, contextLength: 4, layers: 2, heads: 1, width: 4, bias: true))
    }
    let trained = model.parameters.excluding("transformer.w*", "transformer.h.0.*")
    #expect(trained.map(\.name).first == "transformer.h.1.ln_1.weight")
    let tokens = Tensor([[1, 2, 3, 4]], dtype: .int32)
    let before = model.weights
    let optimizer = AdamW(trained, learningRate: 0.1)
    for _ in 0..<3 {
      let (_, gradients) = valueWithGradients(for: trained) { model.loss(tokens, targets: tokens) }
      #expect(gradients.parameters.count == trained.count)
      optimizer.step(gradients)
    }
    let after = model.weights
    for name in before.names {
      guard let old = before[name], let new = after[name] else { continue }
      #expect((differenceInBits(new, old) == nil) == (trained[name] == nil), "\(name)")
    }
  }
}
