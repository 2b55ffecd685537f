import TestSupport
import Testing

struct OptimizerExpressionTests {
  @Test(arguments: [
    ("adamw", "adamw"),
    (" adamw ( ) ", "adamw"),
    ("adamw(beta2=0.95,beta1=0.8)", "adamw(beta1=0.8, beta2=0.95)"),
    ("lookahead(adamw)", "lookahead(adamw)"),
    (
      "lookahead(adamw, slow-step-size=0.5, sync-period=5)",
      "lookahead(adamw, sync-period=5, slow-step-size=0.5)"
    ),
    ("lookahead(sync-period=3,sgd(momentum=0.9))", "lookahead(sgd(momentum=0.9), sync-period=3)"),
    ("switch(adamw,lookahead(sgd),at=7)", "switch(adamw, lookahead(sgd), at=7)"),
    ("ema(lookahead(lookahead(adamw)))", "ema(lookahead(lookahead(adamw)))"),
    (
      "lookahead( outer = momentum( nesterov=true ,learning-rate=0.7 ) , adamw)",
      "lookahead(adamw, outer=momentum(learning-rate=0.7, nesterov=true))"
    ),
    ("lookahead(adamw, outer= auto )", "lookahead(adamw, outer=auto)"),
    (
      "lookahead(sgd,outer=lookahead(adam(),outer=ema(sgd)),sync-period=2)",
      "lookahead(sgd, sync-period=2, outer=lookahead(adam, outer=ema(sgd)))"
    ),
    ("diloco(adamw, outer-momentum=0.5)", "diloco(adamw, outer-momentum=0.5)"),
  ])
  func textsAreReadAndWritten(_ text: String, _ canonical: String) throws {
    let expression = try OptimizerExpression(text)
    #expect(expression.description == canonical)
    let again = try OptimizerExpression(expression.description)
    #expect(again == expression)
  }

  @Test func listsAreCutAtTheOuterCommas() throws {
    let list = try OptimizerExpression.list("sgd, lookahead(adamw, sync-period=2),adamw")
    #expect(
      list.map(\.description) == ["sgd", "lookahead(adamw, sync-period=2)", "adamw"])
  }

  @Test(arguments: [
    ("", 1, "the end where the name of an optimizer is expected"),
    ("admw", 1, "'admw' is not an optimizer"),
    ("  admw", 3, "'admw' is not an optimizer"),
    ("adamw)", 6, "')' after the end of the optimizer"),
    ("adamw sgd", 7, "'s' after the end of the optimizer"),
    ("adamw(beta1)", 12, "')' where '=' and a value of beta1 is expected"),
    ("adamw(beta1=)", 13, "')' where a value of beta1 is expected"),
    ("adamw(beta1=1)", 13, "beta1: '1' is not a number of at least 0 and below 1"),
    ("adamw(beta1=nan)", 13, "beta1: 'nan' is not a number of at least 0 and below 1"),
    ("adamw(beta1=0.9 beta2=0.9)", 17, "'b' where ',' or ')' is expected"),
    ("adamw(beta1=0.9, beta1=0.8)", 18, "beta1 is given twice"),
    ("adamw(momentum=0.9)", 7, "'momentum' is not a setting of adamw"),
    ("adamw(learning-rate=0)", 21, "learning-rate: '0' is not a number above 0"),
    ("adamw(sgd)", 7, "'sgd' is not a setting of adamw, which wraps no other optimizer"),
    ("lookahead", 1, "lookahead wraps an optimizer, as in lookahead(sgd)"),
    ("lookahead(sync-period=2)", 1, "lookahead wraps an optimizer"),
    (
      "lookahead(adamw, sgd)", 18,
      "'sgd' is not a setting of lookahead, which wraps only an optimizer"
    ),
    ("lookahead(adamw, sync-period=0)", 30, "'0' is not a whole number of at least 1"),
    ("lookahead(adamw, sync-period=2.5)", 30, "'2.5' is not a whole number of at least 1"),
    ("lookahead(adamw, inner-state=drop)", 30, "'drop' is not one of keep, reset, pull-back"),
    ("lookahead(adamw", 16, "the end where ',' or ')' is expected"),
    ("switch(adamw)", 1, "switch wraps 2 optimizers, as in switch(sgd, momentum)"),
    ("sgd(nesterov=true)", 1, "sgd: nesterov needs a momentum above 0 and no dampening"),
    (
      "lookahead(sgd, step-size=adaptive)", 1, "needs an optimizer with a mean of squared gradients"
    ),
    ("lookahead(sgd, outer=)", 22, "')' where the name of an optimizer is expected"),
    ("lookahead(sgd, outer=momentm)", 22, "'momentm' is not an optimizer"),
    ("lookahead(sgd, outer=sgd(momentm=0))", 26, "'momentm' is not a setting of sgd"),
    ("lookahead(sgd, outer=auto(1))", 26, "'(' where ',' or ')' is expected"),
    (
      "lookahead(sgd, outer=adam, slow-step-size=0.9)", 1,
      "lookahead: slow-step-size is for outer=auto; outer has a learning-rate"
    ),
    (
      "lookahead(adamw, outer=sgd, step-size=adaptive)", 1,
      "lookahead: step-size=adaptive finds a slow-step-size, which outer replaces"
    ),
    (
      "lookahead(adamw, outer=sgd, inner-state=pull-back)", 1,
      "lookahead: inner-state=pull-back needs a slow-step-size, which outer replaces"
    ),
    (
      "lookahead(adamw, outer=ema(sgd(maximize=true)))", 1,
      "lookahead: outer=sgd(maximize=true) would step away from the weights of the inner"
    ),
    ("diloco(adamw, inner-state=pull-back)", 27, "'pull-back' is not one of keep, reset"),
    ("diloco(adamw, outer-momentum=1)", 30, "is not a number of at least 0 and below 1"),
    ("fedadam(sgd, tau=0)", 18, "'0' is not a number above 0"),
    ("adam(initial-accumulator=1)", 1, "initial-accumulator needs bias-correction=false"),
  ])
  func errorsPointAtTheColumn(_ text: String, _ column: Int, _ message: String) {
    let error = #expect(throws: ExpressionError.self) {
      _ = try OptimizerExpression(text)
    }
    #expect(error?.column == column)
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    #expect(error?.description.hasPrefix("column \(column): ") == true)
  }

  /// Every optimizer can be made with its standard settings and takes a step; names are unique.
  @Test func everyOptimizerTakesAStep() throws {
    let entries = OptimizerCatalog.entries
    #expect(Set(entries.map(\.name)).count == entries.count)
    for entry in entries {
      let expression = try OptimizerExpression(entry.example)
      #expect(expression.entry.name == entry.name && expression.settings.isEmpty)
      let parameters = Parameters([
        ("w", Parameter(.seeded([3, 2], seed: 1))), ("b", Parameter(.seeded([2], seed: 2))),
      ])
      let before = parameters.map(\.parameter.value)
      let optimizer = expression.optimizer(of: parameters, learningRate: 0.01)
      #expect(optimizer.learningRate == 0.01, "\(entry.name)")
      for _ in 0..<3 {
        optimizer.step(Gradients(before.map { $0 + 1 }, for: parameters))
      }
      for (element, start) in zip(parameters, before) {
        let moved = abs(element.parameter.value - start).max().scalar()
        #expect(moved > 0 && moved.isFinite, "\(entry.name)")
      }
      for setting in entry.settings {
        #expect(expression.value(of: setting.name) == setting.standard)
      }
    }
  }

  /// A task with a learning rate of 0.01 for Adam, a weight decay of 0.2 and a β₂ of 0.99.
  @Test(arguments: [
    ("sgd", "sgd(weight-decay=0.0001)", 0.1),
    ("momentum(weight-decay=0)", "momentum(weight-decay=0)", 0.1),
    ("adagrad", "adagrad", 0.05),
    ("rmsprop", "rmsprop", 0.01),
    ("adadelta", "adadelta", 1),
    ("adam", "adam(beta2=0.99)", 0.01),
    ("adamw", "adamw(beta2=0.99, weight-decay=0.2)", 0.01),
    ("adamw(learning-rate=0.5, beta2=0.9)", "adamw(beta2=0.9, weight-decay=0.2)", 0.5),
    ("lion", "lion(weight-decay=\(0.2 * 3))", 0.01 / 5),
    ("muon", "muon(beta2=0.99, weight-decay=0.2)", 0.05),
    ("schedule-free", "schedule-free(beta2=0.99, weight-decay=0.2)", 0.025),
    (
      "lookahead(switch(adamw, sgd), sync-period=3)",
      "lookahead(switch(adamw(beta2=0.99, weight-decay=0.2), "
        + "sgd(learning-rate=0.1, weight-decay=0.0001)), sync-period=3)", 0.01
    ),
  ])
  func settingsThatSuitATaskComplete(_ text: String, _ completed: String, _ rate: Double) throws {
    let result = try OptimizerExpression(text).completed(
      adamRate: 0.01, weightDecay: 0.2, beta2: 0.99)
    #expect(result.expression.description == completed)
    #expect(result.learningRate == rate)
    let plain = try OptimizerExpression("adam").completed(
      adamRate: 0.01, weightDecay: 0.2, beta2: 0.999)
    #expect(plain.expression.description == "adam")
  }

  @Test(arguments: [
    ("sgd", "0"), ("momentum", "n"), ("rmsprop(centered=true, momentum=0.9)", "3n"),
    ("adamw(amsgrad=true)", "3n"), ("lookahead(adamw)", "n + 2n"), ("switch(sgd, lion)", "n"),
    ("lookahead(adamw, outer=momentum)", "n + n + 2n"),
    ("lookahead(momentum, outer=lookahead(sgd, outer=adam))", "n + n + 2n + n"),
    ("diloco(adamw)", "n + n + 2n"), ("snoo(sgd, outer-momentum=0)", "n"), ("fedavg(sgd)", "n"),
    ("fedadam(sgd)", "n + 2n"),
  ])
  func theSizeOfTheStateIsThatOfAllParts(_ text: String, _ size: String) throws {
    #expect(try OptimizerExpression(text).stateSize == size)
  }

  /// Every setting reaches the optimizer: another value than the standard one changes the result.
  @Test func everySettingHasAnEffect() throws {
    for entry in OptimizerCatalog.entries {
      for setting in entry.settings {
        guard let text = Self.special["\(entry.name).\(setting.name)"] ?? Self.other[setting.name]
        else {
          Issue.record("no second value of \(setting.name)")
          continue
        }
        let inner = Array(["adamw", "sgd(learning-rate=0.1)"].prefix(entry.innerCount))
        // Some settings need others to matter.
        var needed =
          setting.name == "decay"
          ? ["weight-decay=0.3"] : Self.companions["\(entry.name).\(setting.name)"] ?? []
        // The slow weights move within the steps that are taken.
        if entry.setting(named: "outer-learning-rate") != nil, setting.name != "sync-period" {
          needed.append("sync-period=2")
        }
        func end(_ settings: [String]) throws -> [Double] {
          let arguments = (inner + needed + settings).joined(separator: ", ")
          let expression = try OptimizerExpression("\(entry.name)(\(arguments))")
          return trained(expression)
        }
        let (a, b) = (try end([]), try end(["\(setting.name)=\(text)"]))
        #expect(a != b, "\(entry.name), \(setting.name)=\(text)")
      }
    }
  }

  private static let other = [
    "learning-rate": "0.02", "momentum": "0.5", "dampening": "0.5", "nesterov": "true",
    "weight-decay": "0.3", "decay": "decoupled", "maximize": "true", "beta1": "0.5", "beta2": "0.5",
    "epsilon": "0.1", "sync-period": "3", "slow-step-size": "0.3", "step-size": "adaptive",
    "inner-state": "reset", "at": "4", "patience": "0", "average-decay": "0.5", "start": "3",
    "period": "3", "buffer": "average", "learning-rate-decay": "0.5", "initial-accumulator": "0.5",
    "smoothing": "0.5", "centered": "true", "rho": "0.5", "amsgrad": "true",
    "momentum-decay": "0.5", "clip-threshold": "2", "iterations": "2", "adjustment": "match-adamw",
    "adamw-learning-rate": "0.01", "warmup": "5", "r": "1", "weight-power": "1",
    "bias-correction": "false", "outer": "momentum(learning-rate=0.7)",
    "outer-learning-rate": "0.3", "outer-momentum": "0.5", "outer-beta1": "0.5",
    "outer-beta2": "0.5", "tau": "0.1",
  ]

  /// Values of settings that have another meaning in some entries.
  private static let special = [
    "adafactor.variant": "relative-step", "muon.nesterov": "false", "amsgrad.beta2": "0.5",
    "fedavg.inner-state": "keep", "fedadam.inner-state": "keep",
  ]

  private static let companions = [
    "sgd.dampening": ["momentum=0.9"], "sgd.nesterov": ["momentum=0.9"],
    "sgd.buffer": ["momentum=0.9"], "swa.period": ["start=1"],
    // A weight decay that the relative step scales otherwise, and a rate above its bound.
    "adafactor.variant": ["weight-decay=0.3", "learning-rate=0.5"],
    "schedule-free.weight-power": ["warmup=8"],
    "adam.initial-accumulator": ["bias-correction=false"],
    "amsgrad.initial-accumulator": ["bias-correction=false"],
  ]

  private func trained(_ expression: OptimizerExpression) -> [Double] {
    let parameters = Parameters([
      ("w", Parameter(.seeded([3, 2], seed: 1, dtype: .float64))),
      ("b", Parameter(.seeded([2], seed: 2, dtype: .float64))),
    ])
    let optimizer = expression.optimizer(of: parameters)
    for step in 0..<12 {
      optimizer.step(
        Gradients(
          parameters.map { sin($0.parameter.value * 2 + Double(step)) }, for: parameters))
      optimizer.observe(validationLoss: 1)
    }
    return (optimizer.evaluationWeights + parameters.map(\.parameter.value)).flatMap {
      $0.scalars(as: Double.self)
    }
  }
}
