import TestSupport
import Testing

// MARK: - Modules with every supported kind of property

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

/// A module whose stored names contain positions.
private struct Numbered: Module {
  static let storedNames = [
    "cells": "", "cells.*": "", "cells.*.weight": "weight_l*", "cells.*.bias": "bias_l*_in",
  ]
  let cells: [Linear]
}

/// A module that stores each of two parameters under the property of the other.
private struct Crossed: Module {
  static let storedNames = ["first": "second", "second": "first"]
  let first: Parameter
  let second: Parameter
}

/// A module with two names for one weight.
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

  @Test func parametersAreNamedAfterTheirProperties() {
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

  @Test func parametersAreFoundInEverySupportedProperty() {
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

  @Test func storedNamesMayContainPositions() {
    let module = Numbered(cells: [Linear(1, 2), Linear(2, 3, bias: false)])
    #expect(names(module) == ["weight_l0", "bias_l0_in", "weight_l1"])
    #expect(
      module.description == """
        Numbered
          (cells.0): Linear  weight_l0 [2, 1], bias_l0_in [2]
          (cells.1): Linear  weight_l1 [3, 2]
        """)
  }

  @Test func parametersAreFoundByPropertiesToo() {
    let renamed = Renamed(
      innerProjection: Linear(1, 1, bias: false), body: [Linear(1, 1, bias: false)])
    #expect(renamed.parameters["innerProjection.weight"] === renamed.innerProjection.weight)
    #expect(renamed.parameters["body.0.weight"] === renamed.body[0].weight)
    let numbered = Numbered(cells: [Linear(1, 2), Linear(2, 3, bias: false)])
    #expect(numbered.parameters["cells.1.weight"] === numbered.cells[1].weight)
    #expect(numbered.parameters["cells.0.bias"] === numbered.cells[0].bias)
    let everything = Everything(
      single: Parameter(Tensor([1])), optional: Linear(1, 2), absent: nil,
      list: [Residual(inner: Linear(2, 2))], table: ["b": Linear(1, 1)],
      nested: [[nil, Parameter(Tensor([2]))]],
      anyLayer: Sequential { Sequential { Linear(1, 1, bias: false) } })
    for (path, name) in [
      ("anyLayer.layers.0.layers.0.weight", "anyLayer.0.0.weight"),
      ("optional.weight", "optional.weight"), ("table.b.bias", "table.b.bias"),
      ("nested.0.1", "nested.0.1"),
    ] {
      let parameter = everything.parameters[path]
      #expect(parameter != nil && parameter === everything.parameters[name], "\(path)")
    }
    let gpt = GPT(.init(vocabularySize: 5, contextLength: 4, layers: 2, heads: 2, width: 4))
    let parameters = gpt.parameters
    #expect(parameters["blocks.1.norm2.weight"] === parameters["transformer.h.1.ln_2.weight"])
    #expect(parameters["tokens.weight"] === parameters["lm_head.weight"])
    // The path of a property does not hide a name: in a model of one's own the two may cross.
    let crossed = Crossed(first: Parameter(Tensor([1])), second: Parameter(Tensor([2])))
    #expect(crossed.parameters["second"] === crossed.first)
    #expect(crossed.parameters["first"] === crossed.second)
    #expect(crossed.parameters.matching("first").names == ["first"])
  }

  @Test(arguments: [
    ("blocks.0.*", "transformer.h.0.*"), ("blocks.*.norm1.weight", "transformer.h.*.ln_1.weight"),
    ("*.attention.projection.*", "*.c_attn.*"), ("norm.*", "transformer.ln_f.*"),
    ("head", "lm_head.weight"),
  ])
  func patternsMatchPropertiesAndStoredNames(_ path: String, _ stored: String) throws {
    let parameters = GPT(
      .init(vocabularySize: 5, contextLength: 4, layers: 2, heads: 2, width: 4, bias: true)
    ).parameters
    let chosen = parameters.matching(stored)
    #expect(!chosen.isEmpty && parameters.matching(path).isSame(as: chosen))
    #expect(parameters.excluding(path).isSame(as: parameters.excluding(stored)))
    // They outlive every way to make a collection of others.
    let trained = parameters.filter { _ in true }.excluding("positions.*")
    #expect(trained.matching(path).isSame(as: chosen))
    let named = Parameters(["gpt": trained]) + Linear(2, 2).parameters
    #expect(named.matching("gpt." + path).isSame(as: chosen))
    // A group of an optimizer: without a rate nothing changes.
    let before = parameters.map(\.parameter.value)
    let group = ParameterGroup(names: path, learningRateScale: 0)
    SGD(parameters, learningRate: 1, groups: [group]).step(
      Gradients(before.map { Tensor.ones($0.shape) }, for: parameters))
    for ((_, parameter), old) in zip(parameters, before) {
      let isFrozen = differenceInBits(parameter.value, old) == nil
      #expect(isFrozen == (chosen.index(of: parameter) != nil))
    }
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

  // MARK: Errors

  @Test func aParameterThatCannotBeFoundStopsTheProgram() async {
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
}
