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
    Pair(name: "SELU", layer: SELU()) { selu($0) },
    Pair(name: "CELU 0.7", layer: CELU(alpha: 0.7)) { celu($0, alpha: 0.7) },
    Pair(name: "ReLU6", layer: ReLU6()) { minimum(relu($0), Tensor(6, dtype: $0.dtype)) },
    Pair(name: "HardTanh", layer: HardTanh()) { clamp($0, from: -1, to: 1) },
    Pair(name: "HardTanh 0...2", layer: HardTanh(0...2)) { clamp($0, from: 0, to: 2) },
    Pair(name: "GELU by tanh", layer: GELU(usesTanh: true)) { geluTanh($0) },
    Pair(name: "Mish", layer: Mish()) { mish($0) },
    Pair(name: "HardSwish", layer: HardSwish()) { hardSwish($0) },
    Pair(name: "HardSigmoid", layer: HardSigmoid()) { hardSigmoid($0) },
    Pair(name: "Softsign", layer: Softsign()) { softsign($0) },
    Pair(name: "GLU", layer: GLU()) { glu($0, along: -1) },
    Pair(name: "LogSoftmax 1", layer: LogSoftmax(along: 1)) { logSoftmax($0, along: 1) },
    Pair(name: "LogSigmoid", layer: LogSigmoid()) { logSigmoid($0) },
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
