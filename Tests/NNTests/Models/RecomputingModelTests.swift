import TestSupport
import Testing

/// Models whose blocks are recomputed for the gradient.
struct RecomputingModelTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let make: @Sendable () -> any RecomputingModel
    let loss: @Sendable (any RecomputingModel) -> Tensor

    init<Model: RecomputingModel>(
      _ name: String, _ make: @escaping @Sendable () -> Model,
      loss: @escaping @Sendable (Model) -> Tensor
    ) {
      testDescription = name
      self.make = make
      self.loss = { model in
        guard let model = model as? Model else { fatalError("a model of another case") }
        return loss(model)
      }
    }

    static let all: [Case] =
      [
        Case("GPT") {
          GPT(
            .init(
              vocabularySize: 11, contextLength: 16, layers: 4, heads: 2, width: 16, dropout: 0.2))
        } loss: { gpt in
          let tokens = Tensor((0..<128).map { Int32($0 * 7 % 11) }, shape: [8, 16])
          return gpt.loss(tokens, targets: tokens)
        },
        Case("TransformerEncoder") {
          TransformerEncoder(depth: 3, width: 16, heads: 2, dropout: 0.2)
        } loss: { encoder in
          let mask = Tensor((0..<96).map { $0 % 12 < 9 }, shape: [8, 12])
          return square(encoder(.seeded([8, 12, 16], dtype: .float32), keyMask: mask)).sum()
        },
      ]
      + [Recurrent.Kind.lstm, .gru].map { kind in
        Case("\(kind)") {
          Recurrent(kind, 8, 16, layers: 3, isBidirectional: true, dropout: 0.2)
        } loss: { net in
          let x = Tensor.seeded([8, 12, 8], dtype: .float32)
          let (output, state) = net(x, lengths: [12, 3, 0, 7, 12, 12, 1, 5])
          return square(output).sum() + state.hidden.sum() + (state.cell?.sum() ?? Tensor(0))
        }
      }

    /// The loss and the gradients with some blocks recomputed, and the peak of the memory.
    func run(recomputing blocks: Int) -> (values: [Tensor], bytes: Int) {
      withRandomSeed(3) {
        var model = make()
        model.recomputedBlocks = blocks
        TensorMemory.resetPeak()
        let live = TensorMemory.statistics.liveBytes
        let (loss, gradients) = valueWithGradients(for: model.parameters) { self.loss(model) }
        // What is drawn afterwards does not change either.
        let next = DefaultRandomGenerator.withCurrent { $0.uniform([4], dtype: .float32) }
        let bytes = TensorMemory.statistics.peakLiveBytes - live
        return ([loss, next] + gradients.unscaled, bytes)
      }
    }
  }

  @Test(arguments: Case.all)
  func theBitsStayTheSame(_ test: Case) {
    let expected = test.run(recomputing: 0).values
    let count = test.make().recomputableBlocks
    #expect(count > 1)
    for blocks in [1, count, count + 5] {
      for (a, b) in zip(test.run(recomputing: blocks).values, expected) { expectIdentical(a, b) }
    }
  }

  /// Runs in its own process, where nothing else allocates.
  @Test func eachBlockSavesMemory() async {
    await #expect(processExitsWith: .success) {
      for test in Case.all {
        let peaks = withThreads(1) {
          (0...test.make().recomputableBlocks).map { test.run(recomputing: $0).bytes }
        }
        // The last block is recomputed at once, while what the others saved is still there.
        for (more, less) in zip(peaks, peaks.dropFirst().dropLast()) {
          #expect(less < more, "\(test.testDescription): \(peaks)")
        }
        #expect(peaks[peaks.count - 1] < peaks[0], "\(test.testDescription): \(peaks)")
      }
    }
  }

  /// A layer whose step keeps nothing but its output, and one that is composed, save nothing.
  @Test func layersWithNothingToSave() {
    #expect(Recurrent(.rnn, 2, 3, layers: 2).recomputableBlocks == 0)
    #expect(Recurrent(.lstm, 2, 3, layers: 2, projection: 2).recomputableBlocks == 0)
  }
}
