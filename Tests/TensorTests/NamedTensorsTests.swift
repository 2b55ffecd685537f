import TestSupport
import Testing

struct NamedTensorsTests {
  @Test func namesKeepTheirOrder() {
    var tensors: NamedTensors = ["b": Tensor([1]), "a": Tensor([2])]
    tensors["c"] = Tensor([3, 4])
    tensors["b"] = Tensor([5])
    #expect(tensors.names == ["b", "a", "c"])
    #expect(tensors.count == 3 && !tensors.isEmpty && tensors.byteCount == 16)
    #expect(tensors["b"]?.scalar() == 5)
    tensors["b"] = nil
    tensors["missing"] = nil
    #expect(tensors.names == ["a", "c"] && tensors["b"] == nil)
    tensors["b"] = Tensor([6])
    #expect(tensors.names == ["a", "c", "b"])
    #expect(NamedTensors().isEmpty && NamedTensors().byteCount == 0)
  }

  @Test func iterationYieldsNamesWithTensors() {
    let tensors: NamedTensors = ["b": Tensor([1]), "a": Tensor([2])]
    #expect(tensors.map(\.name) == ["b", "a"])
    #expect(tensors.map { $0.tensor.scalar() } == [1, 2])
  }

  @Test func filterKeepsTheOrder() {
    let tensors: NamedTensors = ["x.b": Tensor([1]), "y": Tensor([2]), "x.a": Tensor([3])]
    let chosen = tensors.filter { $0.name.hasPrefix("x.") && $0.tensor.scalar() > 0 }
    #expect(chosen.names == ["x.b", "x.a"] && chosen["x.a"]?.scalar() == 3)
  }

  @Test func prefixesAreAddedAndRemoved() {
    var tensors: NamedTensors = ["x": Tensor([1]), "inner.a": Tensor([2])]
    tensors.merge(["a": Tensor([3]), "b": Tensor([4])], prefix: "inner.")
    #expect(tensors.names == ["x", "inner.a", "inner.b"])
    let inner = tensors.removingPrefix("inner.")
    #expect(inner.names == ["a", "b"])
    #expect(inner["a"]?.scalar() == 3)
    tensors.merge(["y": Tensor([5])])
    #expect(tensors.names == ["x", "inner.a", "inner.b", "y"])
    #expect(tensors.removingPrefix("").names == tensors.names)
  }

  @Test func tensorsAreConstants() {
    _ = gradient(at: Tensor([1, 2])) { x in
      let y = x * 2
      var tensors: NamedTensors = ["y": y]
      tensors["z"] = y
      #expect(y.node != nil)
      #expect(tensors["y"]?.node == nil && tensors["z"]?.node == nil)
      return y.sum()
    }
  }

  @Test func aDuplicateNameInALiteralStopsTheProgram() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let _: NamedTensors = ["a": Tensor([1]), "a": Tensor([2])]
    }
    expectMessage("NamedTensors: two tensors have the name 'a'", of: result)
  }
}
