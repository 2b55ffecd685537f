import TestSupport
import Testing

// MARK: - Modules of every allowed form

private struct Residual: Layer {
  let norm = Tanh()
  let inner: Linear
  func callAsFunction(_ input: Tensor) -> Tensor { input + gelu(inner(norm(input))) }
}

private struct Everything: Module {
  let single: Parameter
  let optional: Linear?
  let absent: Parameter?
  let list: [Residual]
  let table: [String: Linear]
  let nested: [[Parameter?]]
  let anyLayer: any Layer
  let count = 3
  let label = "text"
  let plainPair = (1, 2.0)
}

private struct Renamed: Module {
  static let storedNames = ["innerProjection": "fc1", "body": ""]
  let innerProjection: Linear
  let body: [Linear]
}

/// Two names for one weight.
private struct Tied: Layer {
  let embedding: Linear
  let head: Linear
  func callAsFunction(_ input: Tensor) -> Tensor {
    matmul(tanh(embedding(input)), embedding.weight.value) + head(input)
  }
}

private struct TupleHolder: Module {
  let pair = (Linear(1, 1), 3)
}

private struct NumberedHolder: Module {
  let table = [1: Linear(1, 1)]
}

private struct Opaque: Sendable {
  let hidden = Parameter(Tensor([1]))
}

private struct StructHolder: Module {
  let opaque = Opaque()
}

private struct ClosureHolder: Module {
  let function: @Sendable (Tensor) -> Tensor = { $0 }
}

private class Base: Module, @unchecked Sendable {
  let first = Parameter(Tensor([1]))
}

private final class Derived: Base, @unchecked Sendable {
  let second = Parameter(Tensor([1, 2]))
}

private func names(_ module: some Module) -> [String] { module.parameters.map(\.name) }

private func describe(_ module: some Module) -> [String] {
  module.parameters.map { "\($0.name) \($0.parameter.shape) \($0.parameter.dtype)" }
}

struct ModuleTests {
  // MARK: Names

  @Test func layersNameTheirParameters() {
    #expect(describe(Linear(3, 2)) == ["weight [2, 3] float32", "bias [2] float32"])
    #expect(describe(Linear(3, 2, bias: false)) == ["weight [2, 3] float32"])
    #expect(
      describe(Linear(3, 2, dtype: .float64)) == ["weight [2, 3] float64", "bias [2] float64"])
    #expect(
      describe(MLP([2, 5, 4, 1])) == [
        "layers.0.weight [5, 2] float32", "layers.0.bias [5] float32",
        "layers.1.weight [4, 5] float32", "layers.1.bias [4] float32",
        "layers.2.weight [1, 4] float32", "layers.2.bias [1] float32",
      ])
    let model = Sequential {
      Linear(2, 3)
      Tanh()
      Linear(3, 1, bias: false)
    }
    #expect(
      describe(model) == [
        "0.weight [3, 2] float32", "0.bias [3] float32", "2.weight [1, 3] float32",
      ])
  }

  @Test func parametersAreFoundInAllAllowedForms() {
    let module = Everything(
      single: Parameter(Tensor([1])), optional: Linear(1, 2), absent: nil,
      list: [Residual(inner: Linear(2, 2)), Residual(inner: Linear(2, 2, bias: false))],
      table: ["b": Linear(1, 1), "a": Linear(1, 1, bias: false)],
      nested: [[Parameter(Tensor([1])), nil], [Parameter(Tensor([2]))]],
      anyLayer: Sequential { Linear(1, 1, bias: false) })
    #expect(
      names(module) == [
        "single", "optional.weight", "optional.bias", "list.0.inner.weight", "list.0.inner.bias",
        "list.1.inner.weight", "table.a.weight", "table.b.weight", "table.b.bias", "nested.0.0",
        "nested.1.0", "anyLayer.0.weight",
      ])
    #expect(names(ClosureHolder()) == [])
    #expect(names(Derived()) == ["second", "first"])
  }

  @Test func storedNamesReplaceTheProperties() {
    let module = Renamed(
      innerProjection: Linear(1, 1, bias: false), body: [Linear(1, 1, bias: false)])
    #expect(names(module) == ["fc1.weight", "0.weight"])
  }

  @Test func aTiedWeightIsListedOnceAndSavedUnderBothNames() throws {
    let head = Linear(3, 3, bias: false)
    let module = Tied(embedding: head, head: head)
    #expect(names(module) == ["embedding.weight"])
    #expect(module.parameters.aliases.map(\.name) == ["head.weight"])
    #expect(module.parameters["head.weight"] === head.weight)
    #expect(module.weights.names == ["embedding.weight", "head.weight"])
    let other = Linear(3, 3, bias: false)
    let copy = Tied(embedding: other, head: other)
    try copy.load(module.weights)
    expectIdentical(other.weight.value, head.weight.value)
    let x = Tensor.seeded([2, 3], dtype: .float32)
    expectIdentical(copy(x), module(x))
  }

  @Test func aCopySharesItsParameters() {
    let model = MLP([2, 3, 1])
    let copy = model
    copy.layers[0].weight.value = Tensor.zeros([3, 2])
    expectIdentical(model.layers[0].weight.value, Tensor.zeros([3, 2]).contiguous)
  }

  // MARK: Traps of reflection

  @Test func aParameterThatWouldNotBeFoundStops() async {
    let tuple = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = TupleHolder().parameters
    }
    expectMessage(
      "parameters: 'pair' of TupleHolder is a (Linear, Int) that holds parameters", of: tuple)
    let numbered = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = NumberedHolder().parameters
    }
    expectMessage("parameters: 'table' of NumberedHolder", of: numbered)
    let opaque = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = StructHolder().parameters
    }
    expectMessage(
      "parameters: 'opaque' of StructHolder is a Opaque that holds parameters", of: opaque)
  }

  // MARK: Weights in and out

  @Test func weightsLoadIntoAnotherModel() throws {
    let (model, other) = withRandomSeed(1) { (MLP([2, 5, 1]), MLP([2, 5, 1])) }
    let x = Tensor.seeded([4, 2], dtype: .float32)
    #expect(differenceInBits(model(x), other(x)) != nil)
    try other.load(model.weights)
    expectIdentical(other(x), model(x))
    // What was loaded is a copy: changing one model leaves the other alone.
    let before = model(x)
    other.layers[0].weight.value = Tensor.zeros([5, 2])
    expectIdentical(model(x), before)
    let file = try Safetensors(decoding: Safetensors(model.weights).encoded())
    try other.load(file.tensors)
    expectIdentical(other(x), model(x))
  }

  @Test func allThatDoesNotFitIsListedAndNothingIsLoaded() {
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
}

// MARK: - Loading in part, other dtypes, copies, frozen parts

struct LoadingTests {
  @Test func whatIsThereIsLoadedWhereNotStrict() throws {
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
    // A tensor of another shape is an error all the same.
    weights["layers.0.weight"] = Tensor.zeros([5, 3])
    let error = #expect(throws: WeightsError.self) { try model.load(weights, strict: false) }
    #expect(error?.mismatched == ["layers.0.weight (float32 [5, 3] for float32 [5, 2])"])
    #expect(error?.missing == [] && error?.unexpected == [])
  }

  @Test func aTiedWeightMayBeThereUnderOneNameOnly() throws {
    let configuration = GPT.Configuration(
      vocabulary: 5, context: 4, layers: 1, heads: 1, width: 4)
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

  @Test func aModelChangesItsDTypeByLoading() throws {
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
    // There and back nothing is lost.
    let back = make(.float32)
    try back.load(double.weights)
    expectIdentical(back(x), single(x))
  }

  @Test func aCopyIsABuildAndALoad() throws {
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

  @Test func aFrozenPartStaysAsItIs() {
    let model = withRandomSeed(1) {
      GPT(.init(vocabulary: 5, context: 4, layers: 2, heads: 1, width: 4, bias: true))
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
