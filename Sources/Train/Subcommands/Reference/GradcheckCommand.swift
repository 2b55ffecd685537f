import Autograd
import OpTable
import Tensor
import Training

/// `train gradcheck`: compares the gradients of every operation and layer with finite differences.
enum GradcheckCommand: Command {
  static let name = "gradcheck"
  static let usage = "[options]"
  static let summary =
    "compares the gradients of every operation and layer with differences, in float64"
  static let options = [OptionGroup("options", [filter, seedOption])]
  static let wordCount = 0

  private static let filter = Option(
    "filter", .text("NAME"), "only operations and layers whose name contains this", unset: "all")

  private static let seedOption = Option(
    "seed", .seed, "seed of the inputs and the cotangents", default: 0)

  /// One row of the table.
  private struct Check {
    let name: String
    let reports: [GradientReport]

    var passed: Bool { reports.allSatisfy(\.passed) }

    /// The comparison with the largest error, over all samples, for an order of derivatives.
    func worst(order: Int) -> GradientReport.Comparison? {
      reports.filter { $0.order == order }.compactMap(\.worst).max {
        $0.error.isNaN ? false : $1.error.isNaN || $0.error < $1.error
      }
    }
  }

  static func run(_ arguments: Arguments) throws -> Int32 {
    let text = arguments[filter]
    func isChosen(_ name: String) -> Bool { text.map(name.contains) ?? true }
    let seed = arguments[seedOption]
    let operations = OpCase.all.filter { $0.isDifferentiable && isChosen($0.name) }
    let layers = LayerCase.all.filter { isChosen($0.name) }
    guard !operations.isEmpty || !layers.isEmpty else {
      throw UsageError("--filter: no operation or layer has '\(text ?? "")' in its name")
    }
    let width = (operations.map(\.name.count) + layers.map(\.name.count)).max() ?? 0
    Console.standard.print("\(Help.padded("", to: width))  first order   second order  elements")
    var failures = [Check]()
    for check in operations.lazy.map({ self.check($0, seed: seed) }) {
      report(check, width)
      if !check.passed { failures.append(check) }
    }
    for check in layers.lazy.map({ self.check($0, seed: seed) }) {
      report(check, width)
      if !check.passed { failures.append(check) }
    }
    for check in failures {
      for report in check.reports where !report.passed {
        Console.standard.print("\(check.name): \(report)")
      }
    }
    Console.standard.print(
      "\(operations.count + layers.count - failures.count) passed, \(failures.count) failed")
    return failures.isEmpty ? 0 : ExitStatus.failure
  }

  private static func check(_ operation: OpCase, seed: UInt64) -> Check {
    var reports = [GradientReport]()
    for sample in operation.samples {
      let (function, inputs) = operation.differentiable(sample, .float64, seed: seed)
      for order in 1...2 {
        reports.append(checkGradients(of: function, at: inputs, order: order, seed: seed))
      }
    }
    return Check(name: operation.name, reports: reports)
  }

  private static func check(_ layer: LayerCase, seed: UInt64) -> Check {
    withRandomSeed(seed) {
      let (module, call) = layer.make()
      let input = Tensor.normal(layer.input, dtype: .float64)
      var reports = [checkGradients(for: module.parameters, seed: seed) { call(input) }]
      for order in 1...2 {
        reports.append(checkGradients(of: { call($0[0]) }, at: [input], order: order, seed: seed))
      }
      return Check(name: layer.name, reports: reports)
    }
  }

  private static func report(_ check: Check, _ width: Int) {
    let errors = (1...2).map { order in
      check.worst(order: order).map { Format.number($0.error, digits: 2) } ?? "-"
    }
    let count = check.reports.reduce(0) { $0 + $1.count }
    Console.standard.print(
      """
      \(Help.padded(check.name, to: width))  \(Help.padded(errors[0], to: 12))  \
      \(Help.padded(errors[1], to: 12))  
      """
        + "\(count)\(check.passed ? "" : "  FAILED")")
  }
}
