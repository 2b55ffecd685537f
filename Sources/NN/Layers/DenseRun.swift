import Autograd
import Tensor

/// Linear layers and the activation functions after them, which are computed as one operation if
/// they are small.
struct DenseRun {
  /// The input and the parameters of the layers.
  private var operands: [Tensor]
  private var forms: [DenseKernels.Layer] = []

  /// Starts a run of at most so many layers at an input.
  init(of input: Tensor, layers: Int) {
    operands = []
    operands.reserveCapacity(1 + 2 * layers)
    operands.append(input)
    forms.reserveCapacity(layers)
  }

  /// Appends a layer.
  mutating func append(_ layer: Linear, activation: FusedActivation?) {
    operands.append(layer.weight.value)
    if let bias = layer.bias { operands.append(bias.value) }
    forms.append(DenseKernels.Layer(hasBias: layer.bias != nil, activation: activation))
  }

  /// Appends the linear layers that follow one another from a position on, each with the activation
  /// function after it, and returns the position of the first layer that is left.
  mutating func append(_ layers: [any Layer], from start: Int) -> Int {
    var next = start
    while next < layers.count, let linear = layers[next] as? Linear {
      next += 1
      let activation = next < layers.count ? FusedActivation(layers[next]) : nil
      if activation != nil { next += 1 }
      append(linear, activation: activation)
    }
    return next
  }

  /// The output of the last layer.
  var output: Tensor { denseLayers(operands, forms) }
}

extension FusedActivation {
  /// The function that a layer applies, or `nil` if it is none of these.
  fileprivate init?(_ layer: any Layer) {
    // Types are compared first, because a cast that fails takes longer than a small layer.
    let type = type(of: layer)
    if type == ReLU.self {
      self = .relu
    } else if type == Tanh.self {
      self = .tanh
    } else if type == Sigmoid.self {
      self = .sigmoid
    } else if type == SiLU.self {
      self = .silu
    } else if type == GELU.self, let layer = layer as? GELU {
      self = layer.usesTanh ? .geluTanh : .gelu
    } else if type == HardSigmoid.self {
      self = .hardSigmoid
    } else if type == HardSwish.self {
      self = .hardSwish
    } else {
      return nil
    }
  }
}
