import TestSupport
import Testing

struct ParametersTests {
  private let weight = Parameter(Tensor([[1, 2], [3, 4]]))
  private let bias = Parameter(Tensor([0.5, -0.5]))

  @Test func parametersAreFoundByNameAndIdentity() {
    let parameters = Parameters([("a", weight), ("b", bias), ("c", weight)])
    #expect(parameters.map(\.name) == ["a", "b"])
    #expect(parameters.scalarCount == 6)
    #expect(parameters["b"] === bias && parameters["c"] === weight && parameters["d"] == nil)
    #expect(parameters.index(of: bias) == 1)
    #expect(parameters.index(of: Parameter(Tensor([1]))) == nil)
    #expect(parameters.isSame(as: Parameters([("x", weight), ("y", bias)])))
    #expect(!parameters.isSame(as: Parameters([("b", bias), ("a", weight)])))
    #expect(parameters.filter { $0.parameter.shape.rank == 1 }.map(\.name) == ["b"])
    #expect(Parameters().isEmpty)
  }

  private static let tree: Parameters = {
    func parameter() -> Parameter { Parameter(Tensor([1])) }
    let table = parameter()
    return Parameters([
      ("transformer.wte.weight", table), ("transformer.h.0.ln.weight", parameter()),
      ("transformer.h.0.ln.bias", parameter()), ("transformer.h.10.ln.weight", parameter()),
      ("head.weight", table), ("head.bias", parameter()),
    ])
  }()

  @Test(arguments: [
    ("*", [0, 1, 2, 3, 4]), ("transformer.h.*.weight", [1, 3]), ("*.bias", [2, 4]),
    ("transformer.h.1*", [3]), ("head.bias", [4]), ("head.*", [0, 4]), ("**ln**", [1, 2, 3]),
    ("*h.*.ln.w*t", [1, 3]), ("transformer.wte.weight*", [0]), ("*.h.0.*s", [2]),
  ]) func patternsMatchNames(pattern: String, positions: [Int]) {
    let tree = Self.tree
    #expect(tree.matching(pattern).map(\.name) == positions.map { tree[$0].name })
    let rest = tree.indices.filter { !positions.contains($0) }
    #expect(tree.excluding(pattern).map(\.name) == rest.map { tree[$0].name })
  }

  @Test func severalPatternsAreJoined() {
    let tree = Self.tree
    #expect(
      tree.matching("*.bias", "*wte*", "head.bias").map(\.name) == [0, 2, 4].map { tree[$0].name })
    #expect(tree.excluding("*.bias", "*wte*").map(\.name) == [1, 3].map { tree[$0].name })
    // Aliases follow their parameter.
    #expect(tree.matching("*wte*").aliases.map(\.name) == ["head.weight"])
    #expect(tree.excluding("*wte*").aliases.isEmpty)
    #expect(tree.matching("*.bias").excluding("head.*").map(\.name) == ["transformer.h.0.ln.bias"])
  }

  // MARK: Elements

  @Test func elementsAreTuplesOfANameAndAParameter() {
    let parameters = Parameters([("a", weight), ("b", bias)])
    var seen = [String]()
    for (name, parameter) in parameters {
      #expect(parameters[name] === parameter)
      seen.append(name)
    }
    for element in parameters { #expect(parameters[element.name] === element.parameter) }
    #expect(seen == ["a", "b"] && parameters.names == seen)
    #expect(
      parameters.map { name, parameter in "\(name)\(parameter.shape)" } == ["a[2, 2]", "b[2]"])
    #expect("\(parameters)" == "a [2, 2]\nb [2]")
  }

  // MARK: Several models

  @Test func partsAreNamed() {
    let (actor, critic) = (Linear(2, 3), MLP([2, 4, 1]))
    let temperature = Parameter(Tensor(0))
    let all = Parameters(["actor": actor, "critic": critic, "temperature": temperature])
    #expect(
      all.names == [
        "actor.weight", "actor.bias", "critic.layers.0.weight", "critic.layers.0.bias",
        "critic.layers.1.weight", "critic.layers.1.bias", "temperature",
      ])
    #expect(all["actor.bias"] === actor.bias && all["temperature"] === temperature)
    #expect(all.scalarCount == actor.parameters.scalarCount + critic.parameters.scalarCount + 1)
    var sum = actor.parameters.prefixed("actor") + critic.parameters.prefixed("critic.")
    sum += Parameters(["temperature": temperature])
    #expect(sum.names == all.names && sum.isSame(as: all))
    // Different names need no prefix.
    #expect((actor.parameters + critic.parameters).names.first == "weight")
  }

  @Test func aSharedParameterOfTwoPartsIsListedOnce() {
    let shared = Parameters([("table", weight), ("a", bias)])
    let other = Parameters([("table", weight), ("b", Parameter(Tensor([1])))])
    let sum = shared + other
    #expect(sum.names == ["table", "a", "b"] && sum.aliases.isEmpty)
    let named = Parameters(["x": shared, "y": other])
    #expect(named.names == ["x.table", "x.a", "y.b"])
    #expect(named.aliases.map(\.name) == ["y.table"] && named["y.table"] === weight)
  }

  @Test func oneOptimizerForTwoModelsTakesTheGradientsOfBoth() {
    let (actor, critic) = withRandomSeed(1) { (MLP([2, 3, 1]), MLP([2, 3, 1])) }
    let both = Parameters(["actor": actor, "critic": critic])
    let x = Tensor.seeded([4, 2], dtype: .float32)
    let gradients = valueWithGradients(for: both) { square(actor(x) - critic(x)).mean() }.gradients
    let alone = valueWithGradients(for: actor.parameters) {
      square(actor(x) - critic(x)).mean()
    }.gradients
    for (a, b) in zip(gradients[actor.parameters], alone) {
      #expect(a.name == b.name)
      expectIdentical(a.gradient, b.gradient)
    }
    // An optimizer of both takes a part too.
    let before = critic.parameters[0].parameter.value
    SGD(both, learningRate: 0.1).step(gradients[actor.parameters])
    expectIdentical(critic.parameters[0].parameter.value, before)
  }

  // MARK: Errors

  static let misuses: [(message: String, body: @Sendable () -> Void)] = [
    (
      "excluding: no parameter matches 'embeding.*'; the nearest names are 'embedding.weight', 'head.weight'",
      {
        let (a, b) = (Parameter(Tensor([1])), Parameter(Tensor([1])))
        _ = Parameters([("head.weight", a), ("embedding.weight", b)]).excluding("embeding.*")
      }
    ),
    (
      "matching: no parameter matches 'weight'; the nearest names are 'weights'",
      { _ = Parameters([("weights", Parameter(Tensor([1])))]).matching("weights", "weight") }
    ),
    (
      "Parameters: the name 'a' occurs twice",
      { _ = Parameters([("a", Parameter(Tensor([1]))), ("a", Parameter(Tensor([1])))]) }
    ),
    (
      "matching: no parameter matches '*.wieght'; the nearest names are 'body.weight', 'head.bias'",
      {
        let (a, b) = (Parameter(Tensor([1])), Parameter(Tensor([1])))
        _ = Parameters([("head.bias", a), ("body.weight", b)]).matching("*.wieght")
      }
    ),
    (
      "matching: no parameter matches 'a'\n",
      { _ = Parameters().matching("a") }
    ),
    (
      "Parameters: both sides of + have a parameter '0.weight'; name them: a.prefixed(\"actor\") + b.prefixed(\"critic\") or Parameters([\"actor\": a, \"critic\": b])",
      {
        let (a, b) = (Sequential { Linear(1, 1) }, Sequential { Linear(1, 1) })
        _ = a.parameters + b.parameters
      }
    ),
    (
      "Parameters: the name 'a.weight' occurs twice",
      { _ = Parameters(["a": Linear(1, 1), "a": Linear(1, 1)]) }
    ),
  ]

  @Test(arguments: misuses.indices)
  func misuseStopsWithAMessage(_ index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [index = index as Int] in
      Self.misuses[index].body()
    }
    expectMessage(Self.misuses[index].message, of: result)
  }
}
