import Autograd
import NN
import Tensor

/// A float64 layer whose gradients are checked: how it is created and called.
package struct LayerCase: Sendable {
  /// The unique name of the case.
  package let name: String
  /// Creates the layer, with weights drawn from the generator of the scope.
  package let make: @Sendable () -> (module: any Module, call: @Sendable (Tensor) -> Tensor)
  /// The shape of the input.
  package let input: Shape

  private init(_ name: String, _ input: Shape, _ layer: @escaping @Sendable () -> any Layer) {
    self.name = name
    self.input = input
    make = {
      let layer = layer()
      return (layer, { layer($0) })
    }
  }

  private init(
    _ name: String, _ input: Shape,
    module: @escaping @Sendable () -> (module: any Module, call: @Sendable (Tensor) -> Tensor)
  ) {
    self.name = name
    self.input = input
    make = module
  }

  /// Every layer with parameters.
  package static let all: [LayerCase] = [
    LayerCase("Linear", [3, 4]) { Linear(4, 2, dtype: .float64) },
    LayerCase("MLP", [3, 4]) { MLP([4, 5, 2], activation: .tanh, dtype: .float64) },
    LayerCase("LayerNorm", [3, 5]) { LayerNorm(5, dtype: .float64) },
    LayerCase("RMSNorm", [3, 5]) { RMSNorm(5, dtype: .float64) },
    LayerCase("BatchNorm", [4, 3]) { BatchNorm(3, dtype: .float64) },
    LayerCase("GroupNorm", [2, 4, 3]) { GroupNorm(groups: 2, channels: 4, dtype: .float64) },
    LayerCase("Conv1d", [2, 2, 6]) { Conv1d(2, 3, kernelSize: 3, padding: 1, dtype: .float64) },
    LayerCase("Conv2d", [1, 2, 4, 5]) { Conv2d(2, 3, kernelSize: [3, 2], dtype: .float64) },
    LayerCase("ConvTranspose2d", [1, 2, 3, 2]) {
      ConvTranspose2d(2, 3, kernelSize: [2, 3], stride: [2, 1], dtype: .float64)
    },
    LayerCase("Conv1d of the same length", [2, 2, 5]) {
      Conv1d(2, 2, kernelSize: 4, padding: .same, paddingMode: .circular, dtype: .float64)
    },
    LayerCase("Conv2d with reflections", [1, 1, 4, 3]) {
      Conv2d(
        1, 2, kernelSize: [3, 2], stride: 2, padding: .same, paddingMode: .reflect,
        dtype: .float64)
    },
    LayerCase("ConvTranspose1d", [1, 2, 3]) {
      ConvTranspose1d(2, 3, kernelSize: 3, stride: 2, padding: 1, dtype: .float64)
    },
    LayerCase("InstanceNorm", [2, 3, 4]) { InstanceNorm(3, isAffine: true, dtype: .float64) },
    LayerCase("LayerNorm of two axes", [2, 2, 3]) { LayerNorm([2, 3], dtype: .float64) },
    LayerCase("PReLU", [2, 3, 2]) { PReLU(3, dtype: .float64) },
    LayerCase("Bilinear", [3, 5]) {
      let module = Bilinear(2, 3, 2, dtype: .float64)
      return (module, { module($0[.all, 0..<2], $0[.all, 2..<5]) })
    },
    LayerCase("WeightNorm", [3, 4]) { WeightNorm(Linear(4, 2, dtype: .float64)) },
    LayerCase("SpectralNorm", [1, 2, 3, 4]) {
      // The vectors of the power iteration move in training.
      let module = SpectralNorm(Conv2d(2, 3, kernelSize: 2, dtype: .float64))
      return (module, { x in withMode(.inference) { module(x) } })
    },
    LayerCase("RecurrentCell", [2, 3]) {
      let module = RecurrentCell(.lstm, 3, 2, dtype: .float64)
      return (module, { module($0, state: module($0)).hidden })
    },
    recurrent("RNN", .rnn), recurrent("ReLU RNN", .reluRNN), recurrent("GRU", .gru),
    recurrent("LSTM", .lstm), recurrent("LSTM with a projection", .lstm, projection: 2),
    LayerCase("MultiHeadAttention", [2, 4, 6]) {
      let module = MultiHeadAttention(
        6, heads: 3, keyValueHeads: 1, rotary: RotaryEmbedding(), dtype: .float64)
      return (module, { module($0, isCausal: true) })
    },
    LayerCase("TransformerBlock", [2, 3, 4]) {
      let module = TransformerBlock(4, heads: 2, kind: .swiGLU, dtype: .float64)
      return (module, { module($0) })
    },
    LayerCase("TransformerEncoder", [2, 3, 4]) {
      TransformerEncoder(depth: 2, width: 4, heads: 1, isCausal: true, dtype: .float64)
    },
    LayerCase("Transformer", [2, 3, 4]) {
      let module = Transformer(
        depth: 1, width: 4, heads: 2, kind: .activation(.tanh), dtype: .float64)
      return (module, { module(source: $0[.all, 0..<2], target: $0) })
    },
  ]

  private static func recurrent(
    _ name: String, _ kind: Recurrent.Kind, projection: Int? = nil
  ) -> LayerCase {
    LayerCase(name, [2, 3, 2]) {
      let module = Recurrent(
        kind, 2, 3, layers: 2, isBidirectional: true, projection: projection, dtype: .float64)
      return (module, { module($0, lengths: [3, 2]).output })
    }
  }
}
