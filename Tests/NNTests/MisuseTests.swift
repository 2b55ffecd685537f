import TestSupport
import Testing

/// The messages with which misuse of layers, models, losses and metrics stops the program.
struct MisuseTests {
  typealias Misuse = (message: String, body: @Sendable () -> Void)

  static let all = layers + models + initializers + losses + metrics + dtypes

  @Test(arguments: all.indices)
  func stopsWithAMessage(_ index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [index = index as Int] in
      MisuseTests.all[index].body()
    }
    expectMessage(Self.all[index].message, of: result)
  }

  /// A wrong dtype is answered with the conversion.
  static let dtypes: [Misuse] = {
    let (x, i) = (Tensor([[1, 2], [3, 4]]), Tensor([[0, 1], [1, 0]], dtype: .int32))
    let positions = "not int32; convert them: 'x.converted(to: .int32)'"
    let operands =
      "dtypes float32 and int32 differ; convert one of the tensors: 'x.converted(to: .float32)'"
    let undefined = "not defined for int32; convert the tensor first: 'x.converted(to: .float32)'"
    return [
      ("embedding: the positions are float32, \(positions)", { _ = embedding(x, at: x) }),
      ("embedding: the positions are float32, \(positions)", { _ = Embedding(4, 2)(x) }),
      ("oneHot: the labels are float32, \(positions)", { _ = oneHot(x, classes: 5) }),
      ("gathered: the indices are float32, \(positions)", { _ = x.gathered(at: x, along: 0) }),
      ("+: \(operands)", { _ = x + i }),
      ("maximum: \(operands)", { _ = maximum(x, i) }),
      ("matmul: \(operands)", { _ = matmul(x, i) }),
      ("select: \(operands)", { _ = select(x .> 0, x, i) }),
      ("concatenated: \(operands)", { _ = concatenated([x, i]) }),
      (
        "assignment: dtypes int32 and float32 differ; convert",
        {
          var y = x; y[0] = i[0]
        }
      ),
      (
        "+=: \(operands)",
        {
          var y = x; y += i
        }
      ),
      ("exp: \(undefined)", { _ = exp(i) }),
      ("mean: \(undefined)", { _ = i.mean() }),
      ("softmax: \(undefined)", { _ = softmax(i) }),
      ("relu: not defined for bool; convert the tensor first", { _ = relu(x .> 0) }),
    ]
  }()

  static let layers: [Misuse] = [
    (
      "Linear: the numbers of inputs and outputs must be positive, got 0 and 3",
      { _ = Linear(0, 3) }
    ),
    (
      "Linear: the weight has shape [3], not [out, in]",
      { _ = Linear(weight: Tensor([1, 2, 3]), bias: nil) }
    ),
    (
      "Linear: a bias of shape [3] for a weight of shape [2, 3]",
      { _ = Linear(weight: Tensor.ones([2, 3]), bias: Tensor.ones([3])) }
    ),
    (
      "linear: an input of shape [4, 2] does not fit a weight of shape [5, 3]",
      { _ = Linear(3, 5)(Tensor.ones([4, 2])) }
    ),
    ("linear: an input of shape [2, 4]", { _ = Linear(3, 2)(Tensor.ones([2, 4])) }),
    (
      "layerNorm: weights of shape [3] and [3] for shape [2, 4]",
      { _ = LayerNorm(3)(Tensor.ones([2, 4])) }
    ),
    ("rmsNorm: ", { _ = RMSNorm(3)(Tensor.ones([2, 4])) }),
    (
      "BatchNorm: an input of shape [2, 4] for 3 channels",
      { _ = BatchNorm(3)(Tensor.ones([2, 4])) }
    ),
    (
      "BatchNorm: training needs more than one value per channel to have a variance",
      { _ = withMode(.training) { BatchNorm(3)(Tensor.ones([1, 3])) } }
    ),
    (
      "GroupNorm: an input of shape [2, 3] for 4 channels",
      { _ = GroupNorm(groups: 2, channels: 4)(Tensor.ones([2, 3])) }
    ),
    (
      "GroupNorm: 5 channels are not divisible into 2 groups",
      { _ = GroupNorm(groups: 2, channels: 5) }
    ),
    (
      "conv1d: sequences of shape [1, 3, 9] do not fit a weight of shape [2, 4, 3]",
      { _ = Conv1d(4, 2, kernelSize: 3)(Tensor.ones([1, 3, 9])) }
    ),
    (
      "conv2d: images of shape [1, 3, 9, 9] do not fit a weight of shape [2, 4, 3, 3]",
      { _ = Conv2d(4, 2, kernelSize: 3)(Tensor.ones([1, 3, 9, 9])) }
    ),
    (
      "convTranspose2d: images of shape [1, 3, 9, 9] do not fit",
      { _ = ConvTranspose2d(4, 2, kernelSize: 3)(Tensor.ones([1, 3, 9, 9])) }
    ),
    (
      "Conv2d: 3 input and 4 output channels are not divisible into 2 groups",
      { _ = Conv2d(3, 4, kernelSize: 1, groups: 2) }
    ),
    (
      "Conv1d: the numbers of channels and the kernel size must be positive, got 3, 4 and [0]",
      { _ = Conv1d(3, 4, kernelSize: 0) }
    ),
    (
      "convTranspose1d: sequences of shape [1, 3, 9] do not fit",
      { _ = ConvTranspose1d(4, 2, kernelSize: 3)(Tensor.ones([1, 3, 9])) }
    ),
    (
      "layerNorm: weights of shape [2, 3] for shape [3, 2]",
      { _ = LayerNorm([2, 3])(Tensor.ones([3, 2])) }
    ),
    ("RMSNorm: nothing to normalize in shape [2, 0]", { _ = RMSNorm([2, 0]) }),
    (
      "InstanceNorm: an input of shape [2, 3] for 3 channels",
      { _ = InstanceNorm(3)(Tensor.ones([2, 3])) }
    ),
    (
      "InstanceNorm: an input of shape [2, 3, 1] has no more than one position, so no variance",
      { _ = InstanceNorm(3)(Tensor.ones([2, 3, 1])) }
    ),
    (
      "Recurrent: the lengths must be int32 [n], got float32 [2]",
      { _ = Recurrent(.gru, 2, 3)(Tensor.ones([2, 3, 2]), lengths: Tensor([1, 2])) }
    ),
    (
      "RecurrentCell: an input of shape [2, 3] for 2 inputs",
      { _ = RecurrentCell(.gru, 2, 3)(Tensor.ones([2, 3])) }
    ),
    (
      """
      RecurrentCell: a projection to 3 of 3 in a cell of kind lstm; it belongs to an LSTM and is \
      smaller than its hidden state
      """,
      { _ = Recurrent(.lstm, 2, 3, projection: 3) }
    ),
    (
      """
      RecurrentCell: a projection to 2 of 3 in a cell of kind gru; it belongs to an LSTM and is \
      smaller than its hidden state
      """,
      { _ = Recurrent(.gru, 2, 3, projection: 2) }
    ),
    (
      "Recurrent: a state of shapes [1, 2, 3] and [1, 2, 3], not [1, 2, 1] and [1, 2, 3]",
      {
        let state = Recurrent.State(hidden: .ones([1, 2, 3]), cell: .ones([1, 2, 3]))
        _ = Recurrent(.lstm, 2, 3, projection: 1)(Tensor.ones([2, 4, 2]), state: state)
      }
    ),
    (
      "RecurrentCell: a state of shapes [1, 3] and [], not [2, 3]",
      {
        _ = RecurrentCell(.rnn, 2, 3)(
          Tensor.ones([2, 2]), state: .init(hidden: Tensor.ones([1, 3])))
      }
    ),
    (
      "PReLU: an input of shape [2, 3] for 4 channels", { _ = PReLU(4)(Tensor.ones([2, 3])) }
    ),
    (
      "Bilinear: inputs of shapes [2, 3] and [3, 4] do not fit a weight of shape [5, 3, 4]",
      { _ = Bilinear(3, 4, 5)(Tensor.ones([2, 3]), Tensor.ones([3, 4])) }
    ),
    (
      "SpectralNorm: the number of iterations must be positive, got 0",
      { _ = SpectralNorm(Linear(2, 3), iterations: 0) }
    ),
    (
      "WeightNorm: axis 2 is out of range",
      { _ = WeightNorm(Linear(2, 3), along: 2) }
    ),
    (
      "EmbeddingBag: the tokens must be int32 [n, t], got int32 [3]",
      { _ = EmbeddingBag(4, 2)(Tensor([1, 2, 3], dtype: .int32)) }
    ),
    (
      "Unflatten: axis 1 of shape [2, 6] cannot be cut into [4, -1]",
      { _ = Unflatten(1, into: [4, -1])(Tensor.ones([2, 6])) }
    ),
    (
      "PixelShuffle: channels of shape [1, 3, 2, 2] do not form blocks of 2 x 2",
      { _ = PixelShuffle(2)(Tensor.ones([1, 3, 2, 2])) }
    ),
    (
      "GlobalMaxPool: shape [2, 3] is not [n, channels, ..]",
      { _ = GlobalMaxPool()(Tensor.ones([2, 3])) }
    ),
    (
      "ChannelDropout: the rate must be in 0..<1, got 1.0", { _ = ChannelDropout(1) }
    ),
    (
      "maxPool2d: shape [4, 4] is not [n, channels, height, width]",
      { _ = MaxPool2d(2)(Tensor.ones([4, 4])) }
    ),
    (
      "Embedding: the padding index 4 is out of range for 4 tokens",
      { _ = Embedding(4, 2, paddingIndex: 4) }
    ),
    ("Dropout: the rate must be in 0..<1, got 1.0", { _ = Dropout(1) }),
    (
      "Recurrent: an input of shape [2, 5, 4] for 3 inputs",
      { _ = Recurrent(.lstm, 3, 4)(Tensor.ones([2, 5, 4])) }
    ),
    (
      "Recurrent: lengths [6, 1] for an input of shape [2, 5, 3]",
      { _ = Recurrent(.gru, 3, 4)(Tensor.ones([2, 5, 3]), lengths: [6, 1]) }
    ),
    (
      "Recurrent: a state of shapes [1, 2, 5] and [], not [1, 2, 4]",
      {
        _ = Recurrent(.gru, 3, 4)(Tensor.ones([2, 5, 3]), state: .init(hidden: .ones([1, 2, 5])))
      }
    ),
    (
      "MultiHeadAttention: a width of 6 with 4 query heads and 4 key and value heads",
      { _ = MultiHeadAttention(6, heads: 4) }
    ),
    (
      "MultiHeadAttention: an input of shape [5, 6] for width 6",
      { _ = MultiHeadAttention(6, heads: 2)(Tensor.ones([5, 6])) }
    ),
    (
      "MultiHeadAttention: a source of shape [2, 4, 6] for an input of shape [1, 5, 6]",
      { _ = MultiHeadAttention(6, heads: 2)(Tensor.ones([1, 5, 6]), source: .ones([2, 4, 6])) }
    ),
    (
      "MultiHeadAttention: the key mask must be bool [n, s], got float32 [1, 5]",
      { _ = MultiHeadAttention(6, heads: 2)(Tensor.ones([1, 5, 6]), keyMask: .ones([1, 5])) }
    ),
  ]

  static let models: [Misuse] = [
    ("MLP: the sizes must include those of the input and the output, got [3]", { _ = MLP([3]) }),
    (
      "GPT: tokens of shape [1, 5] at position 0 do not fit a context of length 4",
      {
        let model = GPT(.init(vocabularySize: 3, contextLength: 4, layers: 1, heads: 1, width: 2))
        _ = model(Tensor.zeros([1, 5], dtype: .int32))
      }
    ),
    (
      "GPT: 2 caches for 1 blocks",
      {
        let model = GPT(.init(vocabularySize: 3, contextLength: 4, layers: 1, heads: 1, width: 2))
        _ = model(
          Tensor.zeros([1, 2], dtype: .int32), caches: [KeyValueCache(), KeyValueCache()])
      }
    ),
    (
      "TransformerDecoder: 1 caches for 2 blocks",
      {
        let model = TransformerDecoder(depth: 2, width: 4, heads: 1)
        _ = model(Tensor.ones([1, 2, 4]), source: .ones([1, 2, 4]), caches: [KeyValueCache()])
      }
    ),
    (
      "generate: the prompt is empty",
      {
        var generator = RandomGenerator(seed: 1)
        _ = GPT(.init(vocabularySize: 3, contextLength: 4, layers: 1, heads: 1, width: 2))
          .generate(from: [], count: 1, using: &generator)
      }
    ),
  ]

  static let initializers: [Misuse] = [
    (
      "initializer: the fan-in of shape [3] is not defined",
      { _ = Initializer.xavierUniform()([3]) }
    )
  ]

  static let losses: [Misuse] = [
    (
      "meanSquaredError: a prediction of shape [3, 1] for a target of shape [3]",
      { _ = meanSquaredError(Tensor.ones([3, 1]), Tensor.ones([3])) }
    ),
    (
      "softmaxCrossEntropy: labels of shape [3, 1] for logits of shape [3, 4]",
      { _ = crossEntropy(Tensor.ones([3, 4]), labels: Tensor.zeros([3, 1], dtype: .int32)) }
    ),
    (
      "softmaxCrossEntropy: labels of shape [] for logits of shape []",
      { _ = crossEntropy(Tensor(1), labels: Tensor(0, dtype: .int32)) }
    ),
    (
      "softmaxCrossEntropy: label 4 is out of range for 4 classes",
      { _ = crossEntropy(Tensor.ones([2, 4]), labels: Tensor([0, 4], dtype: .int32)) }
    ),
    (
      "softmaxCrossEntropy: label -1 is out of range for 4 classes",
      { _ = crossEntropy(Tensor.ones([2, 4]), labels: Tensor([0, -1], dtype: .int32)) }
    ),
    (
      "meanSquaredError: weights of shape [3] for losses of shape [2, 3]",
      { _ = meanSquaredError(Tensor.ones([2, 3]), Tensor.ones([2, 3]), weights: .ones([3])) }
    ),
    (
      "negativeLogLikelihood: class weights of shape [3] for 4 classes",
      {
        _ = negativeLogLikelihood(
          Tensor.ones([2, 4]), labels: Tensor([0, 1], dtype: .int32), classWeights: .ones([3]))
      }
    ),
    (
      "crossEntropy: labelSmoothing must be in 0...1, got 1.5",
      {
        _ = crossEntropy(
          Tensor.ones([1, 4]), labels: Tensor([0], dtype: .int32), labelSmoothing: 1.5)
      }
    ),
    (
      "smoothL1Loss: beta must be positive, got 0.0",
      { _ = smoothL1Loss(Tensor([1]), Tensor([1]), beta: 0) }
    ),
    (
      "crossEntropy: the labels must be int32, got float32; make them with dtype: .int32",
      { _ = crossEntropy(Tensor.ones([2, 4]), labels: Tensor([0, 1])) }
    ),
  ]

  static let metrics: [Misuse] = [
    (
      "accuracy: float32 labels of shape [2] for scores of shape [2, 3]; they must be int32",
      { _ = accuracy(Tensor.zeros([2, 3]), labels: Tensor([0, 1])) }
    ),
    (
      "ClassificationMetrics: labels of shape [3] for scores of shape [2, 4] and 4 classes",
      {
        var metrics = ClassificationMetrics(classes: 4)
        metrics.add(Tensor.ones([2, 4]), labels: Tensor([0, 1, 2], dtype: .int32))
      }
    ),
    (
      "ClassificationMetrics: label 4 is out of range for 4 classes",
      {
        var metrics = ClassificationMetrics(classes: 4)
        metrics.add(Tensor.ones([1, 4]), labels: Tensor([4], dtype: .int32))
      }
    ),
    (
      "RegressionMetrics: predictions of shape [2, 1] for targets of shape [2]",
      {
        var metrics = RegressionMetrics()
        metrics.add(Tensor.ones([2, 1]), Tensor([1, 2]))
      }
    ),
    (
      "ROCArea: scores of shape [2] for targets of shape [3]",
      {
        var area = ROCArea()
        area.add(Tensor([1, 2]), Tensor([1, 0, 1]))
      }
    ),
  ]
}
