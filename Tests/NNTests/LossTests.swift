import TestSupport
import Testing

struct LossTests {
  /// A case of `losses.json`.
  struct Case: Sendable, CustomTestStringConvertible {
    let json: JSON
    var testDescription: String {
      [json["loss"], json["name"], json["reduction"]].map { (try? $0.text) ?? "?" }
        .joined(separator: ", ")
    }

    static let all: [Case] = ((try? JSON.fixture("losses.json")["cases"].list) ?? []).map {
      Case(json: $0)
    }
  }

  /// The cases of mean squared error and cross-entropy without options.
  static let plain = Case.all.filter { $0.json["options"] == .null }
  /// The cases of every loss with its options.
  static let optional = Case.all.filter { $0.json["options"] != .null }

  @Test func allCasesAreRead() {
    #expect(Self.plain.count == 36 && Self.optional.count == 99)
  }

  @Test(arguments: plain)
  func lossesMatchPyTorch(_ test: Case) throws {
    let json = test.json
    let reductions: [String: LossReduction] = ["mean": .mean, "sum": .sum, "none": .none]
    let reduction = try #require(reductions[try json["reduction"].text])
    let isSquared = try json["loss"].text == "mse"
    let target = try json["target"].tensor
    let inputs = [try json["prediction"].tensor] + (isSquared ? [target] : [])
    func loss(_ inputs: [Tensor]) -> Tensor {
      isSquared
        ? meanSquaredError(inputs[0], inputs[1], reduction: reduction)
        : crossEntropy(inputs[0], labels: target, reduction: reduction)
    }
    let expected = try json["output"].tensor
    expectClose(loss(inputs), expected, relative: 1e-14, absolute: 1e-15, nanEqual: true)
    let cotangent = Tensor(try json["cotangent"].numbers, shape: expected.shape)
    let gradients = valueWithGradients(at: inputs) { inputs in
      record("weighted", loss(inputs)) {
        $0.sum()
      } pullback: { _, _ in
        cotangent
      }
    }.gradients
    for (i, gradient) in gradients.enumerated() {
      expectClose(
        gradient,
        Tensor(try json["gradients"].list[i].numbers, shape: inputs[i].shape), relative: 1e-13,
        absolute: 1e-15, nanEqual: true, "gradient \(i)")
    }
  }

  /// The loss of a case as a function of its prediction.
  private func loss(_ json: JSON) throws -> (Tensor) -> Tensor {
    let options = json["options"]
    let reductions: [String: LossReduction] = ["mean": .mean, "sum": .sum, "none": .none]
    let reduction = try #require(reductions[try json["reduction"].text])
    let target = try json["target"].tensor
    func tensor(_ key: String) throws -> Tensor? {
      options[key] == .null ? nil : try options[key].tensor
    }
    func number(_ key: String, _ standard: Double) throws -> Double {
      options[key] == .null ? standard : try options[key].number
    }
    let weights = try tensor("weights")
    let classWeights = try tensor("classWeights")
    let positiveWeight = try tensor("positiveWeight")
    let smoothing = try number("labelSmoothing", 0)
    let (delta, beta) = (try number("delta", 1), try number("beta", 1))
    let ignored = options["ignoredLabel"] == .null ? nil : try options["ignoredLabel"].integer
    switch try json["loss"].text {
    case "mse":
      return { meanSquaredError($0, target, weights: weights, reduction: reduction) }
    case "l1":
      return { meanAbsoluteError($0, target, weights: weights, reduction: reduction) }
    case "huber":
      return { huberLoss($0, target, delta: delta, weights: weights, reduction: reduction) }
    case "smoothL1":
      return { smoothL1Loss($0, target, beta: beta, reduction: reduction) }
    case "crossEntropy":
      return {
        crossEntropy(
          $0, labels: target, labelSmoothing: smoothing, classWeights: classWeights,
          ignoredLabel: ignored, reduction: reduction)
      }
    case "probabilities":
      return {
        crossEntropy(
          $0, probabilities: target, labelSmoothing: smoothing, classWeights: classWeights,
          reduction: reduction)
      }
    case "nll":
      return {
        negativeLogLikelihood(
          $0, labels: target, classWeights: classWeights, ignoredLabel: ignored,
          reduction: reduction)
      }
    case "bce":
      return { binaryCrossEntropy($0, target, weights: weights, reduction: reduction) }
    case "bceLogits":
      return {
        binaryCrossEntropy(
          logits: $0, target, positiveWeight: positiveWeight, weights: weights,
          reduction: reduction)
      }
    case "kl": return { klDivergence($0, target, reduction: reduction) }
    case "hinge": return { hingeLoss($0, target, reduction: reduction) }
    case let other: throw FixtureError(description: "no loss '\(other)'")
    }
  }

  @Test(arguments: optional)
  func lossesWithOptionsMatchPyTorch(_ test: Case) throws {
    let loss = try loss(test.json)
    let prediction = try test.json["prediction"].tensor
    let expected = try test.json["output"].tensor
    expectClose(loss(prediction), expected, relative: 1e-13, absolute: 1e-14)
    // A case whose gradient is infinite in PyTorch has no gradient in the file.
    guard test.json["cotangent"] != .null else { return }
    let cotangent = Tensor(try test.json["cotangent"].numbers, shape: expected.shape)
    let slope = gradient(at: prediction) { (loss($0) * cotangent).sum() }
    expectClose(
      slope.contiguous,
      Tensor(try test.json["gradients"].list[0].numbers, shape: prediction.shape),
      relative: 1e-12, absolute: 1e-14)
  }

  @Test func anIgnoredExampleHasNoGradientEvenIfItsLossIsInfinite() {
    let logits = Tensor([0, 1, -1, -.infinity, 3, 0] as [Double], shape: [2, 3])
    let labels = Tensor([1, 7], dtype: .int32)
    let (value, slope) = valueWithGradient(at: logits) {
      crossEntropy($0, labels: labels, ignoredLabel: 7)
    }
    expectClose(
      value, crossEntropy(logits[0..<1], labels: labels[0..<1]), relative: 1e-15)
    #expect(abs(slope[1]).max().scalar() == 0)
  }

  @Test func float32LossesMatchFloat64() {
    let logits = Tensor.seeded([20, 7], in: -30..<30, dtype: .float32)
    let labels = Tensor((0..<20).map { Int32($0 % 7) }, shape: [20])
    expectClose(
      crossEntropy(logits, labels: labels).converted(to: .float64),
      crossEntropy(logits.converted(to: .float64), labels: labels), relative: 1e-6)
  }

  @Test func binaryCrossEntropyOfLogitsTakesOneTarget() {
    let logits = Tensor.seeded([3, 4], in: -5..<5, dtype: .float32)
    for target in [0, 0.25, 1] {
      expectIdentical(
        binaryCrossEntropy(logits: logits, target, reduction: .sum),
        binaryCrossEntropy(logits: logits, .full([3, 4], target), reduction: .sum))
    }
  }

  @Test func crossEntropyTakesClassesAlongTheLastAxis() {
    let logits = Tensor.seeded([2, 3, 4])
    let labels = Tensor([[0, 1, 2], [3, 2, 1]], dtype: .int32)
    let flat = crossEntropy(
      logits.reshaped(to: [6, 4]), labels: labels.reshaped(to: [6]), reduction: .none)
    expectIdentical(
      crossEntropy(logits, labels: labels, reduction: .none), flat.reshaped(to: [2, 3]))
    let one = crossEntropy(logits[0, 0], labels: Tensor(2, dtype: .int32))
    expectIdentical(one.reshaped(to: [1]), -logSoftmax(logits[0, 0])[2..<3])
  }

  @Test func gradientsMatchFiniteDifferences() {
    let labels = Tensor([2, 0, 1], dtype: .int32)
    for order in [1, 2] {
      for reduction in [LossReduction.mean, .sum, .none] {
        let squared = checkGradients(
          of: { meanSquaredError($0[0], $0[1], reduction: reduction) },
          at: [.seeded([3, 4]), .seeded([3, 4], seed: 2)], order: order)
        #expect(squared.passed, "\(squared)")
        let entropy = checkGradients(
          of: { crossEntropy($0[0], labels: labels, reduction: reduction) },
          at: [.seeded([3, 4])], order: order)
        #expect(entropy.passed, "\(entropy)")
      }
    }
  }

  /// With smoothing too, ignored examples are as if they were not there.
  @Test(arguments: [false, true], [0, 0.1, 0.5, 1])
  func smoothingLeavesOutIgnoredExamples(_ hasClassWeights: Bool, _ smoothing: Double) {
    let logits = Tensor.seeded([6, 4], seed: 5)
    let labels = Tensor([2, 9, 0, 9, 3, 1], dtype: .int32)
    let kept = Tensor([0, 2, 4, 5], dtype: .int32)
    let classWeights = hasClassWeights ? Tensor([0.5, 2, 1, 3], dtype: .float64) : nil
    for reduction in [LossReduction.mean, .sum] {
      let (loss, gradients) = valueWithGradients(at: [logits]) {
        crossEntropy(
          $0[0], labels: labels, labelSmoothing: smoothing, classWeights: classWeights,
          ignoredLabel: 9, reduction: reduction)
      }
      let (expected, slopes) = valueWithGradients(at: [logits]) {
        crossEntropy(
          $0[0].selected(at: kept, along: 0), labels: labels.selected(at: kept, along: 0),
          labelSmoothing: smoothing, classWeights: classWeights, reduction: reduction)
      }
      expectClose(loss, expected, relative: 1e-13)
      expectClose(gradients[0], slopes[0], relative: 1e-12, absolute: 1e-15)
    }
    let losses = crossEntropy(
      logits, labels: labels, labelSmoothing: smoothing, classWeights: classWeights,
      ignoredLabel: 9, reduction: .none)
    #expect(losses[1].scalar() == 0 && losses[3].scalar() == 0)
  }
}
