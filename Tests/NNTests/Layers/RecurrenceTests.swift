import Autograd
import TestSupport
import Testing

/// The fused operation of a recurrent layer against the operations of each step, which a trace
/// records.
struct RecurrenceTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let kind: Recurrent.Kind
    var batch = 5
    var length = 4
    var inputs = 3
    var hidden = 10
    var layers = 1
    var isBidirectional = false
    var bias = true
    var lengths: [Int]?

    var testDescription: String {
      "\(kind) \([batch, length, inputs, hidden, layers]) \(isBidirectional) \(lengths ?? [])"
    }

    func layer(_ dtype: DType) -> Recurrent {
      withRandomSeed(3) {
        Recurrent(
          kind, inputs, hidden, layers: layers, isBidirectional: isBidirectional, bias: bias,
          dtype: dtype)
      }
    }

    static let all: [Case] = [Recurrent.Kind.rnn, .reluRNN, .gru, .lstm].flatMap { kind in
      [
        Case(kind: kind), Case(kind: kind, bias: false),
        Case(kind: kind, batch: 1), Case(kind: kind, length: 1),
        Case(kind: kind, batch: 1, length: 1, hidden: 1),
        Case(kind: kind, batch: 3, length: 1, lengths: [1, 0, 1]),
        Case(kind: kind, layers: 2, isBidirectional: true, lengths: [2, 4, 0, 3, 4]),
        // More sequences than a task takes, depths beyond a block of the product.
        Case(kind: kind, batch: 21, length: 9, inputs: 20, hidden: 33, isBidirectional: true),
        Case(
          kind: kind, batch: 9, length: 2, inputs: 5, hidden: 270,
          lengths: [0, 1, 2, 2, 1, 0, 1, 1, 2]),
      ]
    }
  }

  /// The output, the final states and the gradients of all that the layer reads.
  private static func results(_ test: Case, dtype: DType, isComposed: Bool) -> [Tensor] {
    let layer = test.layer(dtype)
    let directions = test.isBidirectional ? 2 : 1
    let states: Shape = [test.layers * directions, test.batch, test.hidden]
    let inputs = [
      Tensor.seeded([test.batch, test.length, test.inputs], dtype: dtype),
      Tensor.seeded(states, dtype: dtype), Tensor.seeded(states, dtype: dtype) * 0.5,
    ]
    func run(_ inputs: [Tensor]) -> [Tensor] {
      let state = Recurrent.State(
        hidden: inputs[1], cell: test.kind == .lstm ? inputs[2] : nil)
      let run = { layer(inputs[0], state: state, lengths: test.lengths) }
      let result = isComposed ? Trace.run { _ in run() } : run()
      return [result.output, result.state.hidden] + (result.state.cell.map { [$0] } ?? [])
    }
    func loss(_ inputs: [Tensor]) -> Tensor {
      run(inputs).reduce(Tensor(0, dtype: dtype)) { sum, y in
        sum + (y * Tensor.seeded(y.shape, dtype: dtype)).sum()
      }
    }
    let parameters = valueWithGradients(for: layer.parameters) { loss(inputs) }.gradients
    return run(inputs) + valueWithGradients(at: inputs, of: loss).gradients
      + parameters.unscaled
  }

  @Test(arguments: Case.all)
  func equalsTheOperationsOfEachStep(_ test: Case) {
    for (dtype, relative, absolute) in [(DType.float64, 1e-11, 1e-13), (.float32, 2e-4, 2e-5)] {
      let fused = Self.results(test, dtype: dtype, isComposed: false)
      let composed = Self.results(test, dtype: dtype, isComposed: true)
      #expect(fused.count == composed.count)
      for (a, b) in zip(fused, composed) {
        expectClose(a, b, relative: relative, absolute: absolute)
      }
    }
  }

  /// Operands of all products of all steps are rounded, forward and backward: what remains between
  /// the two forms is far less than rounding makes.
  @Test(arguments: Case.all)
  func roundsOperandsToBFloat16(_ test: Case) {
    func distance(_ a: [Tensor], _ b: [Tensor]) -> Double {
      zip(a, b).reduce(0) { $0 + abs($1.0 - $1.1).sum().scalar() }
    }
    let plain = Self.results(test, dtype: .float32, isComposed: false)
    let (fused, composed) = withMatmulPrecision(.bfloat16) {
      (
        Self.results(test, dtype: .float32, isComposed: false),
        Self.results(test, dtype: .float32, isComposed: true)
      )
    }
    #expect(distance(fused, plain) > 0)
    #expect(distance(fused, composed) < 0.05 * distance(fused, plain))
  }

  @Test(arguments: Case.all)
  func resultsDoNotDependOnThreads(_ test: Case) {
    let expected = withThreads(1) { Self.results(test, dtype: .float32, isComposed: false) }
    for threads in 2...3 {
      let results = withThreads(threads) { Self.results(test, dtype: .float32, isComposed: false) }
      for (a, b) in zip(results, expected) { expectIdentical(a, b) }
    }
  }

  @Test(arguments: InstructionSet.available)
  func instructionSetsAgree(_ set: InstructionSet) {
    for kind in [Recurrent.Kind.rnn, .reluRNN, .gru, .lstm] {
      let test = Case(kind: kind)
      let expected = Self.results(test, dtype: .float64, isComposed: true)
      let results = withInstructionSet(set) {
        Self.results(test, dtype: .float64, isComposed: false)
      }
      for (a, b) in zip(results, expected) { expectClose(a, b, relative: 1e-11, absolute: 1e-13) }
    }
  }

  @Test(arguments: [(Recurrent.Kind.rnn, nil), (.gru, nil), (.lstm, nil), (.lstm, 2)])
  func aLoopOverACellIsALayer(_ kind: Recurrent.Kind, projection: Int?) throws {
    let layer = withRandomSeed(1) {
      Recurrent(kind, 3, 5, projection: projection, dtype: .float64)
    }
    let x = Tensor.seeded([2, 4, 3])
    let expected = valueWithGradient(at: x) { square(layer($0).output).sum() }
    let found = valueWithGradient(at: x) { x in
      var state: Recurrent.State?
      var sum = Tensor(0, dtype: .float64)
      for t in 0..<4 {
        let next = layer.cells[0](x[.all, t], state: state)
        sum = sum + square(next.hidden).sum()
        state = next
      }
      return sum
    }
    expectClose(found.value, expected.value, relative: 1e-13, absolute: 0)
    expectClose(found.gradient, expected.gradient, relative: 1e-12, absolute: 1e-15)
  }

  /// The padding of an input has no influence, whatever it is.
  @Test(arguments: [(Recurrent.Kind.rnn, nil), (.gru, nil), (.lstm, nil), (.lstm, 2)])
  func paddingIsNotRead(_ kind: Recurrent.Kind, projection: Int?) {
    let layer = withRandomSeed(1) {
      Recurrent(kind, 3, 5, isBidirectional: true, projection: projection)
    }
    var x = Tensor.seeded([2, 4, 3], dtype: .float32)
    let expected = layer(x, lengths: [3, 1])
    x[0, 3] = Tensor([Double.nan, .infinity, 1])
    x[1, 1...] = Tensor(repeating: Double.nan, shape: [3, 3])
    let found = layer(x, lengths: [3, 1])
    expectIdentical(found.output, expected.output)
    expectIdentical(found.state.hidden, expected.state.hidden)
  }

  /// An operation that a scope walks twice gives the same gradient again.
  @Test func gradientsCanBeTakenAgain() {
    let layer = withRandomSeed(1) { Recurrent(.lstm, 3, 5, dtype: .float64) }
    let x = Tensor.seeded([2, 4, 3])
    let (value, pullback) = valueWithPullback(at: x) { layer($0).output }
    let first = pullback(value)
    expectIdentical(pullback(value), first)
  }
}
