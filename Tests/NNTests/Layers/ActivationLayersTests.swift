import TestSupport
import Testing

struct ActivationLayerTests {
  private struct Pair: Sendable {
    let name: String
    let layer: any Layer
    let function: @Sendable (Tensor) -> Tensor
  }

  private static let layers: [Pair] = [
    Pair(name: "ReLU", layer: ReLU()) { relu($0) },
    Pair(name: "LeakyReLU", layer: LeakyReLU()) { leakyRelu($0, slope: 0.01) },
    Pair(name: "LeakyReLU 0.3", layer: LeakyReLU(slope: 0.3)) { leakyRelu($0, slope: 0.3) },
    Pair(name: "ELU", layer: ELU()) { elu($0, alpha: 1) },
    Pair(name: "ELU 0.7", layer: ELU(alpha: 0.7)) { elu($0, alpha: 0.7) },
    Pair(name: "GELU", layer: GELU()) { gelu($0) },
    Pair(name: "SiLU", layer: SiLU()) { silu($0) },
    Pair(name: "Tanh", layer: Tanh()) { tanh($0) },
    Pair(name: "Sigmoid", layer: Sigmoid()) { sigmoid($0) },
    Pair(name: "Softplus", layer: Softplus()) { softplus($0) },
    Pair(name: "Softmax", layer: Softmax()) { softmax($0, along: -1) },
    Pair(name: "Softmax 0", layer: Softmax(along: 0)) { softmax($0, along: 0) },
  ]

  @Test func layersMatchTheirFunctions() {
    let x = Tensor.seeded([5, 6])
    for pair in Self.layers {
      expectIdentical(pair.layer(x), pair.function(x), pair.name)
      #expect(pair.layer.parameters.isEmpty, "\(pair.name)")
    }
  }

  @Test func activationsMatchTheirFunctions() {
    let expected: [String: @Sendable (Tensor) -> Tensor] = [
      "relu": { relu($0) }, "leaky-relu": { leakyRelu($0) }, "elu": { elu($0) },
      "gelu": { gelu($0) }, "silu": { silu($0) }, "tanh": { tanh($0) },
      "sigmoid": { sigmoid($0) }, "softplus": { softplus($0) },
    ]
    #expect(Set(Activation.allCases.map(\.rawValue)) == Set(expected.keys))
    let x = Tensor.seeded([5, 6])
    for activation in Activation.allCases {
      if let function = expected[activation.rawValue] {
        expectIdentical(activation(x), function(x), activation.rawValue)
      }
    }
  }
}
