import TestSupport
import Testing

struct RecurrentTests {
  /// Dropout acts between the layers of a stack, and only there.
  @Test func dropoutActsOnlyBetweenLayers() throws {
    let stack = withRandomSeed(1) {
      Recurrent(.gru, 3, 6, layers: 2, dropout: 0.5, dtype: .float64)
    }
    let first = Recurrent(.gru, 3, 6, dtype: .float64)
    let second = Recurrent(.gru, 6, 6, dtype: .float64)
    try first.load(stack.weights, strict: false)
    var weights = NamedTensors()
    for name in stack.weights.names where name.hasSuffix("_l1") {
      weights[String(name.dropLast()) + "0"] = stack.weights[name]
    }
    try second.load(weights)
    let x = Tensor.seeded([4, 5, 3])
    let expected = withMode(.training) {
      withRandomSeed(2) { second(Dropout(0.5)(first(x).output)).output }
    }
    let output = withMode(.training) { withRandomSeed(2) { stack(x).output } }
    expectIdentical(output, expected)
    #expect(differenceInBits(output, stack(x).output) != nil)
    expectIdentical(stack(x).output, second(first(x).output).output)
    // A single layer applies no dropout.
    let single = withRandomSeed(1) { Recurrent(.rnn, 3, 6, dropout: 0.5) }
    let z = Tensor.seeded([4, 5, 3], dtype: .float32)
    expectIdentical(withMode(.training) { single(z).output }, single(z).output)
  }

  @Test(arguments: [(Recurrent.Kind.rnn, nil), (.gru, nil), (.lstm, nil), (.lstm, 2)])
  func aStateContinuesASequence(_ kind: Recurrent.Kind, projection: Int?) {
    let layer = withRandomSeed(1) {
      Recurrent(kind, 3, 4, layers: 2, projection: projection, dtype: .float64)
    }
    let x = Tensor.seeded([2, 6, 3])
    let whole = layer(x)
    let start = layer(x[.all, 0..<4])
    let rest = layer(x[.all, 4..<6], state: start.state)
    expectClose(
      concatenated([start.output, rest.output], along: 1), whole.output, relative: 1e-13,
      absolute: 1e-15)
    expectClose(rest.state.hidden, whole.state.hidden, relative: 1e-13, absolute: 1e-15)
    #expect((rest.state.cell != nil) == (kind == .lstm))
  }

  @Test(arguments: [(Recurrent.Kind.rnn, nil), (.gru, nil), (.lstm, nil), (.lstm, 2)])
  func aPaddedSequenceMatchesTheShorterOne(_ kind: Recurrent.Kind, projection: Int?) {
    let layer = withRandomSeed(1) {
      Recurrent(
        kind, 3, 4, layers: 2, isBidirectional: true, projection: projection, dtype: .float64)
    }
    let x = Tensor.seeded([3, 5, 3])
    let masked = layer(x, lengths: [5, 2, 0])
    let short = layer(x[1..<2, 0..<2])
    expectClose(masked.output[1..<2, 0..<2], short.output, relative: 1e-13, absolute: 1e-15)
    expectClose(
      masked.state.hidden[.all, 1..<2], short.state.hidden, relative: 1e-13, absolute: 1e-15)
    #expect(abs(masked.output[1, 2...]).max().scalar() == 0)
    #expect(abs(masked.output[2]).max().scalar() == 0)
    expectClose(masked.output[0..<1], layer(x[0..<1]).output, relative: 1e-13, absolute: 1e-15)
    // The padding has no influence and no gradient.
    let slope = gradient(at: x) { layer($0, lengths: [5, 2, 0]).output.sum() }
    #expect(abs(slope[1, 2...]).max().scalar() == 0 && abs(slope[2]).max().scalar() == 0)
  }
}
