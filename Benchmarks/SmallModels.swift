import Adjoint

extension Benchmarks {
  /// Models so small that a step costs little more than its calls.
  static func smallModels(_ measurement: Measurement) {
    perceptrons(measurement)
    logisticRegression(measurement)
    chains(measurement)
    curvature(measurement)
  }

  private static func perceptrons(_ measurement: Measurement) {
    let tiny = "train/mlp-tiny-2-16-16-1-b32"
    if measurement.wants(tiny) {
      let (x, y) = (Tensor.normal([32, 2]), Tensor.normal([32, 1]))
      measurement.step(tiny, MLP([2, 16, 16, 1]), examples: 32) { meanSquaredError($0(x), y) }
    }
    let medium = "train/mlp-784-512-256-10-b64"
    if measurement.wants(medium) {
      let x = Tensor.normal([64, 784])
      let labels = Tensor((0..<64).map { Int32($0 % 10) }, shape: [64])
      measurement.step(medium, MLP([784, 512, 256, 10]), examples: 64) {
        crossEntropy($0(x), labels: labels)
      }
    }
    let single = "train/mlp-784-128-10-b1"
    if measurement.wants(single) {
      let (x, label) = (Tensor.normal([1, 784]), Tensor([Int32(3)], shape: [1]))
      measurement.step(single, MLP([784, 128, 10]), examples: 1) {
        crossEntropy($0(x), labels: label)
      }
    }
  }

  private static func logisticRegression(_ measurement: Measurement) {
    let name = "train/logistic-20-b256"
    guard measurement.wants(name) else { return }
    let x = Tensor.normal([256, 20])
    let y = Tensor((0..<256).map { Float($0 % 2) }, shape: [256, 1])
    measurement.step(name, Linear(20, 1), examples: 256) {
      binaryCrossEntropy(logits: $0(x), y)
    }
  }

  /// The dense models that SimpleChains.jl states its times for.
  private static func chains(_ measurement: Measurement) {
    let full = "train/mlp-4-32-16-4-tanh-b10000"
    if measurement.wants(full) {
      let (x, y) = (Tensor.normal([10_000, 4]), Tensor.normal([10_000, 4]))
      measurement.step(full, MLP([4, 32, 16, 4], activation: .tanh), examples: 10_000) {
        meanSquaredError($0(x), y)
      }
    }
    let gradient = "gradient/mlp-24-8-2-dropout-float64-b200"
    if measurement.wants(gradient) {
      let model = Sequential {
        Linear(24, 8, dtype: .float64)
        Tanh()
        Dropout(0.2)
        Linear(8, 2, dtype: .float64)
      }
      let x = Tensor.normal([200, 24], dtype: .float64)
      let y = Tensor.normal([200, 2], dtype: .float64)
      let parameters = model.parameters
      measurement.row(gradient, work: 200, unit: "samples/s") {
        _ = valueWithGradients(for: parameters) { meanSquaredError(model(x), y) }
      }
    }
  }

  /// The product of a vector and the Hessian of a loss of 40 parameters.
  private static func curvature(_ measurement: Measurement) {
    let name = "hessian-vector/mlp-1-13-1-b32"
    guard measurement.wants(name) else { return }
    let model = MLP([1, 13, 1], activation: .tanh)
    let (x, y) = (Tensor.normal([32, 1]), Tensor.normal([32, 1]))
    let parameters = model.parameters
    func loss() -> Tensor { meanSquaredError(model(x), y) }
    let vector = valueWithGradients(for: parameters, loss).gradients
    measurement.row(name, work: 1, unit: "products/s") {
      _ = hessianVectorProduct(for: parameters, vector, loss)
    }
  }
}
