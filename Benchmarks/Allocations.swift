import Adjoint

/// The number of blocks of memory that a training step of a model allocates, after the first steps.
///
/// The numbers are those of one thread and of the instructions that every processor of an
/// architecture has, so they depend on the program alone.
enum Allocations {
  /// The name of each model, and what makes a step of it.
  private static let steps: [(name: String, make: () -> () -> Void)] = [
    (
      "mlp-2-16-16-1-b32",
      {
        let (x, y) = (Tensor.normal([32, 2]), Tensor.normal([32, 1]))
        return step(MLP([2, 16, 16, 1])) { meanSquaredError($0(x), y) }
      }
    ),
    (
      "mlp-784-128-10-b64",
      {
        let (x, labels) = (Tensor.normal([64, 784]), labels(64))
        return step(MLP([784, 128, 10])) { crossEntropy($0(x), labels: labels) }
      }
    ),
    (
      "conv-28x28-b8",
      {
        let (x, labels) = (Tensor.normal([8, 1, 28, 28]), labels(8))
        let model = ConvNet(height: 28, width: 28, classes: 10)
        return step(model) { crossEntropy($0(x), labels: labels) }
      }
    ),
    (
      "lstm-32-t20-b16",
      {
        let (x, y) = (Tensor.normal([16, 20, 32]), Tensor.normal([16, 20, 32]))
        return step(Recurrent(.lstm, 32, 32)) { meanSquaredError($0(x).output, y) }
      }
    ),
    (
      "gpt-2-layers-width-64-t32-b4",
      {
        let model = GPT(
          .init(vocabularySize: 65, contextLength: 32, layers: 2, heads: 4, width: 64, bias: true))
        let tokens = Tensor((0..<128).map { Int32($0 % 65) }, shape: [4, 32])
        return step(model) { $0.loss(tokens, targets: tokens) }
      }
    ),
  ]

  private static func labels(_ count: Int) -> Tensor {
    Tensor((0..<count).map { Int32($0 % 10) }, shape: [count])
  }

  /// Returns a step of a model: loss, gradients, their norm and AdamW.
  private static func step<Model: Module>(
    _ model: Model, _ loss: @escaping (Model) -> Tensor
  ) -> () -> Void {
    let parameters = model.parameters
    let optimizer = AdamW(parameters)
    return {
      let (_, gradients) = valueWithGradients(for: parameters) { loss(model) }
      optimizer.step(gradients.clipped(toNorm: 1))
    }
  }

  /// A line for each model: its name and its number.
  static func report() -> String {
    withThreads(1) {
      withInstructionSet(.baseline) {
        steps.map { name, make in
          let step = make()
          for _ in 0..<3 { step() }
          let before = TensorMemory.statistics.allocations
          step()
          return "\(name) \(TensorMemory.statistics.allocations - before)\n"
        }.joined()
      }
    }
  }
}
