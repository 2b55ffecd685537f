import TestSupport
import Testing

struct ModuleStateTests {
  private static func makeModel() -> Sequential {
    Sequential {
      Linear(3, 4)
      BatchNorm(4)
      Linear(4, 2)
    }
  }

  @Test func aSnapshotRestoresParametersAndBuffers() throws {
    let model = withRandomSeed(1) { Self.makeModel() }
    let state = ModuleState(of: model)
    let x = Tensor.seeded([6, 3], dtype: .float32)
    let before = state.weights
    #expect(before.names == model.weights.names)
    let output = model(x)
    let optimizer = SGD(state.parameters, learningRate: 0.1)
    for _ in 0..<3 {
      optimizer.step(valueWithGradients(for: state.parameters) { square(model(x)).sum() }.gradients)
    }
    #expect(state.buffers["1.num_batches_tracked"]?.value.scalars(as: Int32.self) == [3])
    #expect(differenceInBits(model(x), output) != nil)
    for name in ["1.weight", "1.bias", "2.weight", "2.bias", "1.running_mean"] {
      let (current, old) = (try #require(state.weights[name]), try #require(before[name]))
      #expect(differenceInBits(current, old) != nil, "\(name)")
    }
    try state.load(before)
    expectIdentical(model(x), output)
    #expect(state.buffers["1.num_batches_tracked"]?.value.scalars(as: Int32.self) == [0])
  }

  @Test func buffersAreReadAndSetTogether() {
    let model = Self.makeModel()
    let buffers = model.buffers
    #expect(
      buffers.map(\.name) == ["1.running_mean", "1.running_var", "1.num_batches_tracked"])
    let trained = buffers.values
    _ = withMode(.training) { model(Tensor.seeded([6, 3], dtype: .float32)) }
    #expect(differenceInBits(buffers.values[0], trained[0]) != nil)
    buffers.values = trained
    for (value, old) in zip(buffers.values, trained) { expectIdentical(value, old) }
    #expect(buffers["1.running_mean"] === buffers[0].buffer && buffers["running_mean"] == nil)
  }

  @Test func localValuesOfBuffersAreOfOneTask() throws {
    let model = Self.makeModel()
    let buffers = model.buffers
    let trained = buffers.values
    let x = Tensor.seeded([6, 3], dtype: .float32)
    let output = model(x)
    try buffers.withLocalValues {
      _ = withMode(.training) { model(x) }
      #expect(differenceInBits(buffers.values[0], trained[0]) != nil)
      let mean = buffers.values[0]
      buffers.withLocalValues { buffers.values = trained }
      expectIdentical(buffers.values[0], mean)
      #expect(differenceInBits(model(x), output) != nil)
      let seen = try #require(inAnotherThread { model.buffers.values + [model(x)] })
      for (value, old) in zip(seen, trained + [output]) { expectIdentical(value, old) }
    }
    for (value, old) in zip(buffers.values, trained) { expectIdentical(value, old) }
    // Other buffers are not held.
    let other = Self.makeModel()
    buffers.withLocalValues { _ = withMode(.training) { other(x) } }
    #expect(differenceInBits(other.buffers.values[0], trained[0]) != nil)
  }

  @Test func theStateOfARecurrentNetLeavesALossAsAConstant() {
    let net = withRandomSeed(1) { Recurrent(.lstm, 2, 3) }
    let x = Tensor.seeded([2, 4, 2], dtype: .float32)
    let (_, (output, state), _) = valueWithGradients(for: net.parameters) {
      let (output, state) = net(x)
      return (output.sum(), output, state)
    }
    #expect(output.node == nil && state.hidden.node == nil)
    #expect(state.cell != nil && state.cell?.node == nil)
    expectIdentical(state.hidden, net(x).state.hidden)
  }

  @Test func aStateOfSomeParametersHoldsNoOthers() throws {
    let model = Self.makeModel()
    let part = ModuleState(parameters: model.parameters.excluding("0.*", "1.*"))
    #expect(part.weights.names == ["2.weight", "2.bias"])
    let error = #expect(throws: WeightsError.self) { try part.load(model.weights) }
    #expect(error?.unexpected.contains("0.weight") == true && error?.missing == [])
    #expect(try part.load(model.weights, strict: false).missing.isEmpty)
  }
}
