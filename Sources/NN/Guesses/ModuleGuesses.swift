// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import Autograd
import Tensor

// Modules, layers and losses as PyTorch, MLX and Keras name them.

extension Module {
  @available(
    *, unavailable,
    message: """
      leave it out: layers train inside of 'valueWithGradients', or in 'withMode(.training) { ... \
      }'
      """
  )
  public func train() -> Void { fatalError() }
  @available(
    *, unavailable,
    message: """
      leave it out: layers train inside of 'valueWithGradients', or in 'withMode(.training) { ... \
      }'
      """
  )
  public func train(_ isTraining: Bool) -> Void { fatalError() }
  @available(
    *, unavailable,
    message: """
      leave it out: layers infer outside of 'valueWithGradients', or in 'withMode(.inference) { \
      ... }'
      """
  )
  public func eval() -> Void { fatalError() }
  @available(*, unavailable, message: "use 'weights'")
  public func state_dict() -> NamedTensors { fatalError() }
  @available(*, unavailable, message: "use 'load(_:)'")
  public func load_state_dict(_ weights: NamedTensors) -> Void { fatalError() }
  @available(
    *, unavailable, message: "use the property 'parameters', a collection of names and parameters"
  )
  public func named_parameters() -> Parameters { fatalError() }
  @available(*, unavailable, message: "use the property 'parameters'")
  public func trainableParameters() -> Parameters { fatalError() }
  @available(
    *, unavailable, message: "leave it out: gradients are returned, there is nothing to zero"
  )
  public func zero_grad() -> Void { fatalError() }
  @available(*, unavailable, message: "leave it out: there is one device, the CPU")
  public func to(_ device: String) -> Self { fatalError() }
  @available(*, unavailable, message: "leave it out: there is one device, the CPU")
  public func cuda() -> Self { fatalError() }
  @available(
    *, unavailable,
    message: """
      choose the parameters that train: 'valueWithGradients(for: parameters.excluding(...)) { ... \
      }'
      """
  )
  public func requires_grad_(_ flag: Bool) -> Self { fatalError() }
  @available(
    *, unavailable,
    message: """
      choose the parameters that train: 'valueWithGradients(for: parameters.excluding(...)) { ... \
      }'
      """
  )
  public func freeze() -> Void { fatalError() }
  @available(*, unavailable, message: "call the model itself: 'model(x)'")
  public func forward(_ input: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "create the layers with 'dtype: .float64'")
  public func double() -> Self { fatalError() }
}

extension Module {
  @available(*, unavailable, message: "use 'parameters.scalarCount'")
  public var numParameters: Int { fatalError() }
  @available(*, unavailable, message: "use 'parameters.scalarCount'")
  public var parameterCount: Int { fatalError() }
}

extension TransformerEncoder {
  @available(*, unavailable, message: "use 'TransformerEncoder(depth: 2, width: 64, heads: 4)'")
  public init(
    _ width: Int, heads: Int, layers: Int = 1, depth: Int = 1, innerWidth: Int? = nil,
    dropout: Double = 0
  ) { fatalError() }
  @available(*, unavailable, message: "use 'TransformerEncoder(depth: 2, width: 64, heads: 4)'")
  public init(width: Int, heads: Int, layers: Int, dropout: Double = 0) { fatalError() }
  @available(*, unavailable, message: "use 'TransformerEncoder(depth: 2, width: 64, heads: 4)'")
  public init(d_model: Int, nhead: Int, num_layers: Int) { fatalError() }
}

extension LeakyReLU {
  @available(*, unavailable, message: "use 'LeakyReLU(slope: 0.2)'")
  public init(_ slope: Double) { fatalError() }
}

extension Distribution {
  @available(*, unavailable, message: "use 'logProbability(of: value)'")
  public func log_prob(_ value: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'logProbability(of: value)'")
  public func logProb(_ value: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'logProbability(of: value)'")
  public func logProbability(_ value: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'reparameterizedSample()'")
  public func rsample(_ shape: Shape = []) -> Tensor { fatalError() }
}

extension Linear {
  @available(*, unavailable, message: "use 'Linear(2, 3)'")
  public init(in_features: Int, out_features: Int, bias: Bool = true) { fatalError() }
}

extension Linear {
  @available(*, unavailable, message: "use 'Linear(2, 3)'")
  public init(inputs: Int, outputs: Int, bias: Bool = true) { fatalError() }
}

extension Linear {
  @available(*, unavailable, message: "use 'Linear(2, 3)'")
  public init(inputSize: Int, outputSize: Int) { fatalError() }
}

extension Conv1d {
  @available(*, unavailable, message: "use 'Conv1d(1, 16, kernelSize: 3)'")
  public init(
    in_channels: Int, out_channels: Int, kernel_size: Int, stride: Int = 1, padding: Int = 0
  ) { fatalError() }
}

extension Conv1d {
  @available(*, unavailable, message: "use 'Conv1d(1, 16, kernelSize: 3)'")
  public init(_ inputs: Int, _ outputs: Int, kernel_size: Int, stride: Int = 1, padding: Int = 0) {
    fatalError()
  }
}

extension Conv1d {
  @available(*, unavailable, message: "use 'Conv1d(1, 16, kernelSize: 3)'")
  public init(_ inputs: Int, _ outputs: Int, _ kernelSize: Int, stride: Int = 1, padding: Int = 0) {
    fatalError()
  }
}

extension Conv2d {
  @available(*, unavailable, message: "use 'Conv2d(1, 16, kernelSize: 3)'")
  public init(
    in_channels: Int, out_channels: Int, kernel_size: IntOrPair, stride: IntOrPair = 1,
    padding: IntOrPair = 0
  ) { fatalError() }
}

extension Conv2d {
  @available(*, unavailable, message: "use 'Conv2d(1, 16, kernelSize: 3)'")
  public init(
    _ inputs: Int, _ outputs: Int, kernel_size: IntOrPair, stride: IntOrPair = 1,
    padding: IntOrPair = 0
  ) { fatalError() }
}

extension Conv2d {
  @available(*, unavailable, message: "use 'Conv2d(1, 16, kernelSize: 3)'")
  public init(
    _ inputs: Int, _ outputs: Int, _ kernelSize: IntOrPair, stride: IntOrPair = 1,
    padding: IntOrPair = 0
  ) { fatalError() }
}

extension ConvTranspose2d {
  @available(*, unavailable, message: "use 'ConvTranspose2d(1, 16, kernelSize: 3)'")
  public init(
    in_channels: Int, out_channels: Int, kernel_size: IntOrPair, stride: IntOrPair = 1,
    padding: IntOrPair = 0
  ) { fatalError() }
}

extension ConvTranspose2d {
  @available(*, unavailable, message: "use 'ConvTranspose2d(1, 16, kernelSize: 3)'")
  public init(
    _ inputs: Int, _ outputs: Int, kernel_size: IntOrPair, stride: IntOrPair = 1,
    padding: IntOrPair = 0
  ) { fatalError() }
}

extension ConvTranspose2d {
  @available(*, unavailable, message: "use 'ConvTranspose2d(1, 16, kernelSize: 3)'")
  public init(
    _ inputs: Int, _ outputs: Int, _ kernelSize: IntOrPair, stride: IntOrPair = 1,
    padding: IntOrPair = 0
  ) { fatalError() }
}

extension MaxPool2d {
  @available(*, unavailable, message: "use 'MaxPool2d(2)'")
  public init(kernel_size: IntOrPair, stride: IntOrPair? = nil) { fatalError() }
}

extension MaxPool2d {
  @available(*, unavailable, message: "use 'MaxPool2d(2)'")
  public init(kernelSize: IntOrPair, stride: IntOrPair? = nil) { fatalError() }
}

extension AveragePool2d {
  @available(*, unavailable, message: "use 'AveragePool2d(2)'")
  public init(kernel_size: IntOrPair, stride: IntOrPair? = nil) { fatalError() }
}

extension AveragePool2d {
  @available(*, unavailable, message: "use 'AveragePool2d(2)'")
  public init(kernelSize: IntOrPair, stride: IntOrPair? = nil) { fatalError() }
}

extension Dropout {
  @available(*, unavailable, message: "use 'Dropout(0.5)'")
  public init(p: Double) { fatalError() }
}

extension Dropout {
  @available(*, unavailable, message: "use 'Dropout(0.5)'")
  public init(rate: Double) { fatalError() }
}

extension MultiHeadAttention {
  @available(*, unavailable, message: "say it in the call: 'attention(x, isCausal: true)'")
  public init(_ width: Int, heads: Int, causal: Bool) { fatalError() }
  @available(*, unavailable, message: "say it in the call: 'attention(x, isCausal: true)'")
  public init(_ width: Int, heads: Int, isCausal: Bool) { fatalError() }
}

extension Embedding {
  @available(*, unavailable, message: "use 'Embedding(count, size)'")
  public init(num_embeddings: Int, embedding_dim: Int) { fatalError() }
}

extension Sequential {
  @available(*, unavailable, message: "list the layers in braces: 'Sequential { ... }'")
  public init(_ first: any Layer, _ others: any Layer...) { fatalError() }
}

extension MLP {
  @available(*, unavailable, message: "use 'MLP([2, 16, 3])'")
  public init(_ inputs: Int, _ others: Int...) { fatalError() }
}

extension Recurrent {
  @available(*, unavailable, message: "use 'Recurrent(.lstm, 10, 20, projection: 5)'")
  public init(_ kind: Kind, _ inputs: Int, _ hidden: Int, projectionSize: Int) { fatalError() }
  @available(*, unavailable, message: "use 'Recurrent(.lstm, 10, 20, projection: 5)'")
  public init(_ kind: Kind, _ inputs: Int, _ hidden: Int, projSize: Int) { fatalError() }
  @available(*, unavailable, message: "use 'Recurrent(.lstm, 10, 20, projection: 5)'")
  public init(_ kind: Kind, _ inputs: Int, _ hidden: Int, proj_size: Int) { fatalError() }
}

@available(*, unavailable, renamed: "BatchNorm")
public typealias BatchNorm1d = BatchNorm
@available(*, unavailable, renamed: "BatchNorm")
public typealias BatchNorm2d = BatchNorm
@available(*, unavailable, message: "write RecurrentCell(.lstm, inputs, hidden)")
public typealias LSTMCell = RecurrentCell
@available(*, unavailable, message: "write RecurrentCell(.gru, inputs, hidden)")
public typealias GRUCell = RecurrentCell
@available(*, unavailable, message: "write RecurrentCell(.rnn, inputs, hidden)")
public typealias RNNCell = RecurrentCell
@available(*, unavailable, message: "write Recurrent(.lstm, inputs, hidden)")
public typealias LSTM = Recurrent
@available(*, unavailable, message: "write Recurrent(.gru, inputs, hidden)")
public typealias GRU = Recurrent
@available(*, unavailable, message: "write Recurrent(.rnn, inputs, hidden)")
public typealias RNN = Recurrent
@available(*, unavailable, renamed: "InstanceNorm")
public typealias InstanceNorm1d = InstanceNorm
@available(*, unavailable, renamed: "InstanceNorm")
public typealias InstanceNorm2d = InstanceNorm
@available(*, unavailable, renamed: "ChannelDropout")
public typealias Dropout1d = ChannelDropout
@available(*, unavailable, renamed: "ChannelDropout")
public typealias Dropout2d = ChannelDropout
@available(*, unavailable, renamed: "AveragePool1d")
public typealias AvgPool1d = AveragePool1d
@available(*, unavailable, renamed: "AveragePool2d")
public typealias AvgPool2d = AveragePool2d
@available(*, unavailable, renamed: "AdaptiveAveragePool1d")
public typealias AdaptiveAvgPool1d = AdaptiveAveragePool1d
@available(*, unavailable, renamed: "GlobalAveragePool")
public typealias GlobalAveragePool1d = GlobalAveragePool
@available(*, unavailable, renamed: "GlobalAveragePool")
public typealias GlobalAveragePool2d = GlobalAveragePool
@available(*, unavailable, renamed: "GlobalAveragePool")
public typealias GlobalAvgPool2d = GlobalAveragePool
@available(*, unavailable, renamed: "AdaptiveAveragePool2d")
public typealias AdaptiveAvgPool2d = AdaptiveAveragePool2d
@available(*, unavailable, renamed: "ReLU")
public typealias Relu = ReLU
@available(*, unavailable, renamed: "GELU")
public typealias Gelu = GELU
@available(*, unavailable, renamed: "LeakyReLU")
public typealias LeakyRelu = LeakyReLU
@available(*, unavailable, renamed: "MultiHeadAttention")
public typealias MultiheadAttention = MultiHeadAttention
@available(*, unavailable, renamed: "Linear")
public typealias Dense = Linear
@available(*, unavailable, renamed: "RMSNorm")
public typealias RMSNormalization = RMSNorm

@available(*, unavailable, message: "losses are functions: 'crossEntropy(logits, labels: y)'")
public func CrossEntropyLoss() -> (Tensor, Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "losses are functions: 'meanSquaredError(prediction, y)'")
public func MSELoss() -> (Tensor, Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "losses are functions: 'meanAbsoluteError(prediction, y)'")
public func L1Loss() -> (Tensor, Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "losses are functions: 'binaryCrossEntropy(logits: x, y)'")
public func BCEWithLogitsLoss() -> (Tensor, Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "losses are functions: 'binaryCrossEntropy'")
public func BCELoss() -> (Tensor, Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "losses are functions: 'negativeLogLikelihood'")
public func NLLLoss() -> (Tensor, Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "losses are functions: 'smoothL1Loss(prediction, y)'")
public func SmoothL1Loss() -> (Tensor, Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "losses are functions: 'huberLoss(prediction, y)'")
public func HuberLoss() -> (Tensor, Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "losses are functions: 'klDivergence'")
public func KLDivLoss() -> (Tensor, Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'huberLoss(prediction, y)'")
public func huber(_ prediction: Tensor, _ target: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'smoothL1Loss(prediction, y)'")
public func smooth_l1_loss(_ prediction: Tensor, _ target: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'meanSquaredError(prediction, y)'")
public func mse(_ prediction: Tensor, _ target: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'meanAbsoluteError(prediction, y)'")
public func mae(_ prediction: Tensor, _ target: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'crossEntropy(logits, labels: y)'")
public func cross_entropy(_ prediction: Tensor, _ target: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'meanSquaredError(prediction, y)'")
public func mse_loss(_ prediction: Tensor, _ target: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'meanSquaredError(prediction, y)'")
public func mseLoss(_ prediction: Tensor, _ target: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'meanAbsoluteError(prediction, y)'")
public func l1_loss(_ prediction: Tensor, _ target: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'binaryCrossEntropy'")
public func binary_cross_entropy_with_logits(_ prediction: Tensor, _ target: Tensor) -> Tensor {
  fatalError()
}
@available(*, unavailable, message: "use 'negativeLogLikelihood'")
public func nll_loss(_ prediction: Tensor, _ target: Tensor) -> Tensor { fatalError() }
@available(
  *, unavailable,
  message: "use 'crossEntropy(logits, labels: y)', or 'probabilities:' for distributions"
)
public func crossEntropy(_ logits: Tensor, _ target: Tensor) -> Tensor { fatalError() }
@available(
  *, unavailable,
  message: "use 'crossEntropy(logits, labels: y)', or 'probabilities:' for distributions"
)
public func crossEntropy(logits: Tensor, targets: Tensor) -> Tensor { fatalError() }
@available(
  *, unavailable,
  message: "use 'crossEntropy(logits, labels: y)', or 'probabilities:' for distributions"
)
public func crossEntropy(_ logits: Tensor, targets: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'ignoredLabel: -100'")
public func crossEntropy(_ logits: Tensor, labels: Tensor, ignoreIndex: Int) -> Tensor {
  fatalError()
}
@available(*, unavailable, message: "use 'ignoredLabel: -100'")
public func crossEntropy(_ logits: Tensor, labels: Tensor, ignore_index: Int) -> Tensor {
  fatalError()
}
@available(*, unavailable, message: "use 'crossEntropy(logits, labels: y)'")
public func crossEntropy(logits: Tensor, labels: Tensor) -> Tensor { fatalError() }
@available(*, unavailable, message: "use 'confusion' of 'ClassificationMetrics'")
public func confusionMatrix(_ scores: Tensor, _ labels: Tensor) -> Tensor { fatalError() }
