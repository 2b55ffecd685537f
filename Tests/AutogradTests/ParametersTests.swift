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
      "parameters: the name 'a' occurs twice",
      { _ = Parameters([("a", Parameter(Tensor([1]))), ("a", Parameter(Tensor([1])))]) }
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
