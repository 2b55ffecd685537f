import TestSupport
import Testing

private struct Mixed: Layer {
  let first = Linear(4, 6)
  let shared = ReLU()
  let last = Linear(3, 2)

  /// Runs the shared layer twice, on different shapes.
  func callAsFunction(_ input: Tensor) -> Tensor {
    let x = shared(first(input))
    return last(shared(x.reshaped(to: [-1, 3])))
  }
}

private struct Halved: Layer {
  func callAsFunction(_ input: Tensor) -> Tensor { input[.all, 0..<2] }
}

struct ModuleSummaryTests {
  @Test func summaryShowsOutputShapesAndTotals() {
    let model = Sequential {
      Conv2d(1, 2, kernelSize: 3)
      BatchNorm(2)
      ReLU()
      MaxPool2d(2)
      Flatten()
      Halved()
      Linear(2, 3)
      ReLU()
    }
    #expect(
      summary(of: model, input: Tensor.zeros([5, 1, 6, 6])) == """
        module          output        parameters  buffers  bytes
        Sequential      [5, 3]                 0        0      0
          0: Conv2d     [5, 2, 4, 4]          20        0     80
          1: BatchNorm  [5, 2, 4, 4]           4        5     36
          2: ReLU       [5, 2, 4, 4]           0        0      0
          3: MaxPool2d  [5, 2, 2, 2]           0        0      0
          4: Flatten    [5, 8]                 0        0      0
          5: Halved     [5, 2]                 0        0      0
          6: Linear     [5, 3]                 9        0     36
          7: ReLU       [5, 3]                 0        0      0
        total: 33 parameters of 132 bytes, 5 buffer elements of 20 bytes
        training adds 132 bytes of gradients and the state of the optimizer: 0 bytes for SGD, 132 with momentum, 264 for Adam and AdamW
        """)
    #expect(model.buffers.last?.buffer.value.scalars(as: Int32.self) == [0], "inference mode")
  }

  @Test func aLayerThatRunsTwiceShowsBothShapes() {
    let lines = summary(of: Mixed(), input: Tensor.zeros([1, 4])).split(separator: "\n")
    #expect(lines[1].hasPrefix("Mixed            [2, 2]  "))
    #expect(lines[2].hasPrefix("  first: Linear  [1, 6]  "))
    #expect(lines[3].hasPrefix("  shared: ReLU   [1, 6], [2, 3]  "))
    #expect(lines[4].hasPrefix("  last: Linear   [2, 2]  "))
  }

  @Test func aTiedWeightIsCountedOnce() {
    let model = GPT(.init(vocabularySize: 5, contextLength: 6, layers: 2, heads: 2, width: 4))
    let text = summary(of: model, input: Tensor([[1, 2, 3]], dtype: .int32))
    let lines = text.split(separator: "\n").map { $0.split(separator: "  ").map { $0 } }
    #expect(lines[1].map { $0.trimmed } == ["GPT", "[1, 3, 5]", "0", "0", "0"])
    #expect(lines[2].map { $0.trimmed }.suffix(3) == ["20", "0", "80"])
    #expect(text.contains("total: \(model.parameters.scalarCount) parameters"))
    // Every module ran, so each row has a shape.
    #expect(lines.dropFirst().dropLast(2).allSatisfy { $0.contains { $0.contains("3, ") } })
    #expect(text.contains("  transformer.wpe: Embedding         [3, 4] "))
    #expect(text.contains("  transformer.h.1: TransformerBlock  [1, 3, 4] "))
    #expect(text.contains("      c_fc: Linear                   [1, 3, 16] "))
  }

  @Test func summaryTakesAClosureForOtherModels() {
    let model = Recurrent(.lstm, 2, 3)
    let text = summary(of: model) { model(Tensor.zeros([4, 5, 2]), lengths: [1, 2, 3, 5]) }
    #expect(text.contains("\nRecurrent                   [4, 5, 3]           0        0      0\n"))
    // Without an input there is no column for outputs.
    #expect(
      summary(of: Linear(2, 3)).hasPrefix(
        """
        module  parameters  buffers  bytes
        Linear           9        0     36
        """))
  }

  @Test func onlyOutputsInsideASummaryAreRecorded() async {
    let layer = Linear(2, 3)
    let x = Tensor.zeros([4, 2])
    // Concurrent calls by other tasks are not recorded.
    let other = Task { for _ in 0..<200 { _ = layer(Tensor.zeros([9, 2])) } }
    for _ in 0..<20 { #expect(summary(of: layer, input: x).contains("Linear  [4, 3] ")) }
    await other.value
  }
}

extension Substring {
  /// The text without leading and trailing spaces.
  fileprivate var trimmed: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
