import TestSupport
import Testing

/// The allocations of training.
///
/// The tests run in processes of their own, because the counts are those of the whole process.
struct TrainingMemoryTests {
  /// A model, its data and an optimizer around all kinds of state.
  private struct Training {
    let model: MLP
    let parameters: Parameters
    let optimizer: Lookahead
    let x = Tensor.seeded([32, 4], dtype: .float32)
    let labels = Tensor((0..<32).map { Int32($0 % 3) }, shape: [32])

    init() {
      model = withRandomSeed(1) { MLP([4, 16, 16, 3], activation: .gelu) }
      parameters = model.parameters
      optimizer = Lookahead(AdamW(parameters, learningRate: 1e-2))
    }

    func gradients() -> (loss: Tensor, gradients: Gradients) {
      let (loss, gradients) = valueWithGradients(for: parameters) {
        crossEntropy(model(x), labels: labels)
      }
      return (loss, gradients)
    }

    func step() -> Double {
      let (loss, gradients) = gradients()
      optimizer.step(gradients.clipped(toNorm: 1))
      return loss.scalar()
    }
  }

  @Test func aThousandStepsLeaveNothingBehind() async {
    await #expect(processExitsWith: .success) {
      let training = Training()
      var first = 0.0
      for _ in 0..<10 { first = training.step() }
      let early = TensorMemory.statistics
      var last = 0.0
      for _ in 10..<1000 { last = training.step() }
      let late = TensorMemory.statistics
      #expect(late.liveBytes == early.liveBytes)
      #expect(late.systemAllocations == early.systemAllocations)
      #expect(late.peakLiveBytes == early.peakLiveBytes)
      #expect(last < first)
    }
  }

  @Test func aStepOfAnOptimizerAllocatesNothing() async {
    await #expect(processExitsWith: .success) {
      let makers: [(String, (Parameters) -> any Optimizer)] = [
        ("sgd", { SGD($0, learningRate: 0.1) }),
        ("momentum", { SGD($0, learningRate: 0.1, momentum: 0.9, weightDecay: .coupled(0.1)) }),
        ("adamw", { AdamW($0) }), ("amsgrad", { Adam($0, amsgrad: true) }),
        ("adagrad", { Adagrad($0) }), ("adadelta", { Adadelta($0) }), ("adamax", { Adamax($0) }),
        ("rmsprop", { RMSProp($0, momentum: 0.9, centered: true) }), ("radam", { RAdam($0) }),
        ("lion", { Lion($0) }),
        ("ema", { WeightAverage(AdamW($0), .exponential(decay: 0.9)) }),
        ("lookahead", { Lookahead(AdamW($0), syncPeriod: 2) }),
      ]
      for (name, make) in makers {
        let training = Training()
        let optimizer = make(training.parameters)
        // The first steps copy the state and the slow weights, which are shared before.
        for _ in 0..<4 { optimizer.step(training.gradients().gradients) }
        let gradients = training.gradients().gradients
        let before = TensorMemory.statistics.allocations
        for _ in 0..<4 { optimizer.step(gradients) }
        #expect(TensorMemory.statistics.allocations == before, "\(name)")
      }
    }
  }

  @Test func aStepLeavesTensorsThatWereReadAlone() {
    let training = Training()
    let before = training.parameters.map(\.parameter.value)
    let copies = before.map { Tensor($0.scalars(as: Float.self), shape: $0.shape) }
    for _ in 0..<3 { _ = training.step() }
    for ((kept, copy), element) in zip(zip(before, copies), training.parameters) {
      expectIdentical(kept, copy, element.name)
      #expect(differenceInBits(element.parameter.value, copy) != nil, "\(element.name)")
    }
  }
}
