import TestSupport
import Testing

/// The losses of several inputs against PyTorch; see `several` in `make_losses.py`.
struct SeveralInputLossTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let json: JSON
    var testDescription: String {
      let name = [json["loss"], json["reduction"]].map { (try? $0.text) ?? "?" }
      return "\(name.joined(separator: ", ")) \(json["options"])"
    }

    static let all: [Case] = ((try? JSON.fixture("losses.json")["several"].list) ?? []).map {
      Case(json: $0)
    }
  }

  @Test func allCasesAreRead() { #expect(Case.all.count == 47) }

  /// The loss of a case as a function of its inputs.
  private func loss(_ json: JSON) throws -> ([Tensor]) -> Tensor {
    let options = json["options"]
    let reductions: [String: LossReduction] = ["mean": .mean, "sum": .sum, "none": .none]
    let reduction = try #require(reductions[try json["reduction"].text])
    func number(_ key: String, _ standard: Double) throws -> Double {
      options[key] == .null ? standard : try options[key].number
    }
    let isFull = options["full"] == .truth(true)
    switch try json["loss"].text {
    case "softMargin": return { softMarginLoss($0[0], $0[1], reduction: reduction) }
    case "marginRanking":
      let margin = try number("margin", 0)
      return { marginRankingLoss($0[0], $0[1], $0[2], margin: margin, reduction: reduction) }
    case "hingeEmbedding": return { hingeEmbeddingLoss($0[0], $0[1], reduction: reduction) }
    case "cosineEmbedding":
      let margin = try number("margin", 0)
      return { cosineEmbeddingLoss($0[0], $0[1], $0[2], margin: margin, reduction: reduction) }
    case "triplet":
      let margin = try number("margin", 1)
      let norm: Tensor.Norm = options["norm"] == .null ? .two : .one
      let swaps = options["swaps"] == .truth(true)
      return {
        tripletMarginLoss(
          $0[0], positive: $0[1], negative: $0[2], margin: margin, norm: norm,
          swapsAnchor: swaps, reduction: reduction)
      }
    case "gaussian":
      let epsilon = try number("epsilon", 1e-6)
      return {
        gaussianNegativeLogLikelihood(
          $0[0], $0[1], variance: $0[2], isFull: isFull, epsilon: epsilon, reduction: reduction)
      }
    case "poisson":
      let epsilon = try number("epsilon", 1e-8)
      let isLogarithm = options["rate"] != .truth(true)
      return {
        poissonNegativeLogLikelihood(
          $0[0], $0[1], isLogarithm: isLogarithm, isFull: isFull, epsilon: epsilon,
          reduction: reduction)
      }
    case "focal":
      let alpha = options["alpha"] == .null ? nil : try options["alpha"].number
      let gamma = try number("gamma", 2)
      return { sigmoidFocalLoss($0[0], $0[1], alpha: alpha, gamma: gamma, reduction: reduction) }
    case "ctc":
      func lengths(_ key: String) throws -> [Int]? {
        options[key] == .null ? nil : try options[key].list.map { try $0.integer }
      }
      let (inputs, targets) = (try lengths("inputs"), try lengths("targets"))
      let blank = Int(try number("blank", 0))
      let zero = options["zero"] == .truth(true)
      return {
        ctcLoss(
          logSoftmax($0[0]), targets: $0[1], inputLengths: inputs, targetLengths: targets,
          blank: blank, zeroInfinity: zero, reduction: reduction)
      }
    case "cosineSimilarity": return { cosineSimilarity($0[0], $0[1]) }
    case "pairwiseDistance": return { pairwiseDistance($0[0], $0[1]) }
    case let other: throw FixtureError(description: "no loss '\(other)'")
    }
  }

  @Test(arguments: Case.all)
  func matchesPyTorch(_ test: Case) throws {
    let loss = try loss(test.json)
    let all = try test.json["inputs"].list.map { try $0.tensor }
    let isNumber = all.map(\.dtype.isFloatingPoint)
    let numbers = all.filter(\.dtype.isFloatingPoint)
    func value(_ numbers: [Tensor]) -> Tensor {
      var rest = numbers.makeIterator()
      return loss(zip(all, isNumber).map { $1 ? rest.next() ?? $0 : $0 })
    }
    let expected = try test.json["output"].tensor
    expectClose(value(numbers), expected, relative: 1e-12, absolute: 1e-14)
    let cotangent = Tensor(try test.json["cotangent"].numbers, shape: expected.shape)
    let gradients = valueWithGradients(at: numbers) { (value($0) * cotangent).sum() }.gradients
    for (i, gradient) in gradients.enumerated() {
      expectClose(
        gradient.contiguous,
        Tensor(try test.json["gradients"].list[i].numbers, shape: numbers[i].shape),
        relative: 1e-11, absolute: 1e-13, "gradient \(i)")
    }
  }

  @Test(arguments: [0.001, 0.3, 0.5, 0.9, 0.999])
  func weightsOfTheFocalLossKeepTheirDigits(alpha: Double) {
    let (logits, targets) = (Tensor([0, 0]), Tensor([1, 0]))
    let plain = sigmoidFocalLoss(logits, targets, alpha: nil, reduction: .none)
    let weighted = sigmoidFocalLoss(logits, targets, alpha: alpha, reduction: .none)
    expectClose(weighted / plain, Tensor([Float(alpha), Float(1 - alpha)]), relative: 3e-7)
  }

  @Test func gradientsOfCTCMatchFiniteDifferences() {
    let targets = Tensor([[1, 1], [2, 0]], dtype: .int32)
    for order in 1...2 {
      let report = checkGradients(
        of: { ctcLoss(logSoftmax($0[0]), targets: targets, targetLengths: [2, 1]) },
        at: [.seeded([2, 4, 3])], order: order)
      #expect(report.passed, "\(report)")
    }
  }

  @Test func aTargetThatDoesNotFitHasAnInfiniteLoss() {
    let x = logSoftmax(Tensor.seeded([1, 2, 3], dtype: .float32))
    let targets = Tensor([[1, 1]], dtype: .int32)
    #expect(ctcLoss(x, targets: targets).scalar() == .infinity)
    let (value, slope) = valueWithGradient(at: x) {
      ctcLoss($0, targets: targets, zeroInfinity: true)
    }
    #expect(value.scalar() == 0 && abs(slope).max().scalar() == 0)
  }
}
