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

  @Test func theCasesWereRead() { #expect(Case.all.count >= 36) }

  @Test(arguments: Case.all)
  func agreesWithPyTorch(_ test: Case) throws {
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

  @Test func float32LossesAreCloseToThoseInFloat64() {
    let logits = Tensor.seeded([20, 7], in: -30..<30, dtype: .float32)
    let labels = Tensor((0..<20).map { Int32($0 % 7) }, shape: [20])
    expectClose(
      crossEntropy(logits, labels: labels).converted(to: .float64),
      crossEntropy(logits.converted(to: .float64), labels: labels), relative: 1e-6)
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

  @Test func gradientsOfLossesAgreeWithDifferences() {
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

  // MARK: Errors

  static let misuses: [(message: String, body: @Sendable () -> Void)] = [
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
      "crossEntropy: the labels are float32, not int32; make them with dtype: .int32",
      { _ = crossEntropy(Tensor.ones([2, 4]), labels: Tensor([0, 1])) }
    ),
  ]

  @Test(arguments: misuses.indices)
  func misuseStopsWithAMessage(_ index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [index = index as Int] in
      LossTests.misuses[index].body()
    }
    expectMessage(Self.misuses[index].message, of: result)
  }
}
