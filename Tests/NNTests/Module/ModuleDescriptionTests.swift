import TestSupport
import Testing

private struct Gate: Layer {
  enum Side: Sendable { case left, right(Int), both(x: Int, y: Double) }

  let value: Linear
  let scale = Parameter(Tensor.ones([2, 3], dtype: .float64))
  let side: Side
  let name = "gate"
  let limit: Double? = nil
  let sizes = [1, 2]
  let function: @Sendable (Tensor) -> Tensor = { $0 }
  let parts: [String: Gate]

  func callAsFunction(_ input: Tensor) -> Tensor { value(input) }
}

struct ModuleDescriptionTests {
  @Test func aSequentialIsDescribedAsATree() {
    let model = Sequential {
      Conv2d(1, 2, kernelSize: [3, 2], padding: [1, 0])
      BatchNorm(2)
      MaxPool2d(2)
      Flatten()
      Dropout(0.25)
      LeakyReLU()
      Residual(Linear(8, 8, bias: false, dtype: .float64))
      Lambda { $0 }
      Sequential { Tanh() }
    }
    #expect(
      "\(model)" == """
        Sequential
          0: Conv2d(stride: (1, 1), padding: (1, 0), dilation: (1, 1), groups: 1)  weight [2, 1, 3, 2], bias [2]
          1: BatchNorm(momentum: 0.1, epsilon: 1e-05, channels: 2)  weight [2], bias [2], running_mean [2] (buffer), running_var [2] (buffer), num_batches_tracked [] int32 (buffer)
          2: MaxPool2d(kernelSize: (2, 2), stride: (2, 2), padding: (0, 0))
          3: Flatten(start: 1)
          4: Dropout(rate: 0.25)
          5: LeakyReLU(slope: 0.01)
          6: Residual<Linear>
            inner: Linear  weight [8, 8] float64
          7: Lambda
          8: Sequential
            0: Tanh
        """)
  }

  @Test func storedNamesAreShown() {
    let model = GPT(.init(vocabularySize: 5, contextLength: 6, layers: 1, heads: 2, width: 4))
    #expect(
      model.description == """
        GPT(configuration: (vocabularySize: 5, contextLength: 6, layers: 1, heads: 2, width: 4, dropout: 0.0, bias: false))  lm_head.weight [5, 4] (tied to transformer.wte.weight)
          transformer.wte: Embedding  weight [5, 4]
          transformer.wpe: Embedding  weight [6, 4]
          transformer.h.0: TransformerBlock(normPosition: pre)
            ln_1: LayerNorm(epsilon: 1e-05)  weight [4]
            attn: MultiHeadAttention(heads: 2, keyValueHeads: 2, headWidth: 2)
              c_attn: Linear  weight [12, 4]
              c_proj: Linear  weight [4, 4]
              dropout: Dropout(rate: 0.0)
            ln_2: LayerNorm(epsilon: 1e-05)  weight [4]
            mlp: FeedForward(kind: activation(gelu))
              c_fc: Linear  weight [16, 4]
              c_proj: Linear  weight [4, 16]
              dropout: Dropout(rate: 0.0)
          transformer.ln_f: LayerNorm(epsilon: 1e-05)  weight [4]
          dropout: Dropout(rate: 0.0)
        """)
  }

  @Test func settingsOfUserDefinedModulesAreShown() {
    let inner = Gate(value: Linear(1, 1, bias: false), side: .both(x: 1, y: 0.5), parts: [:])
    let outer = Gate(value: Linear(2, 3), side: .right(2), parts: ["b": inner])
    #expect(
      "\(outer)" == """
        Gate(side: right(2), name: gate, sizes: [1, 2])  scale [2, 3] float64
          value: Linear  weight [3, 2], bias [3]
          parts.b: Gate(side: both(x: 1, y: 0.5), name: gate, sizes: [1, 2])  scale [2, 3] float64
            value: Linear  weight [1, 1]
        """)
  }

  @Test func aLevelWithoutANameIsShownAsItsProperty() {
    let text = "\(TransformerBlock(4, heads: 1, normPosition: .post))"
    #expect(text.contains("\n  (feedForward): FeedForward(kind: activation(gelu))\n"))
    #expect(text.contains("\n    linear1: Linear  weight [16, 4], bias [16]\n"))
    #expect(text.contains("\n    in_proj_: Linear  weight [12, 4], bias [12]\n"))
  }
}
