import OpTable
import TestSupport
import Testing

extension OpCase: CustomTestStringConvertible {
  package var testDescription: String { name }
}

/// Tests that every row of the op table must pass.
struct OpTableTests {
  @Test func everyPublicOperationHasARow() throws {
    let declared = try PublicOperations.declared()
    #expect(declared.count > 80, "the sources of the operations are not found")
    let covered = Set(OpCase.all.flatMap(\.operations))
    let missing = declared.filter { !covered.contains($0) }
    #expect(missing.isEmpty, "operations without a row in the op table: \(missing)")
    let unknown = covered.subtracting(declared)
    #expect(unknown.isEmpty, "rows for operations that do not exist: \(unknown)")
  }

  @Test func rowsHaveDifferentNames() {
    let names = OpCase.all.map(\.name)
    #expect(Set(names).count == names.count)
  }

  // MARK: Values

  @Test(arguments: OpCase.all)
  func float64AgreesWithTheReference(_ op: OpCase) {
    for sample in op.allSamples {
      let inputs = op.tensors(sample, .float64)
      check(op.apply(inputs), op, inputs, op.exactness, .float64)
    }
  }

  @Test(arguments: OpCase.all)
  func float32IsWithinItsBoundOnEachInstructionSet(_ op: OpCase) {
    for set in InstructionSet.available {
      for sample in op.allSamples {
        let inputs = op.tensors(sample, .float32)
        let result = withInstructionSet(set) { op.apply(inputs) }
        let isLarge = sample.count == op.large?.count && sample[0].shape == op.large?[0].shape
        check(result, op, inputs, isLarge ? op.largeBound ?? op.bound : op.bound, .float32, set)
      }
    }
  }

  private func check(
    _ result: Tensor, _ op: OpCase, _ inputs: [Tensor], _ bound: Bound, _ dtype: DType,
    _ set: InstructionSet = .current
  ) {
    let expected = op.expected(inputs)
    let text = "shapes \(inputs.map(\.shape)), \(set)"
    #expect(Array(result.shape) == expected.shape, "\(text)")
    #expect(result.dtype == op.resultType ?? dtype, "\(text)")
    expectClose(
      result.scalars(as: Double.self), expected.values, relative: bound.relative,
      absolute: bound.absolute, nanEqual: true, text)
  }

  // MARK: Gradients

  @Test(arguments: OpCase.all.filter(\.isDifferentiable), [1, 2])
  func gradientsAgreeWithDifferences(_ op: OpCase, _ order: Int) {
    for sample in op.samples {
      let (function, inputs) = op.differentiable(sample, .float64)
      let report = checkGradients(of: function, at: inputs, order: order)
      #expect(report.passed, "shapes \(sample.map(\.shape)): \(report)")
    }
  }

  @Test(arguments: OpCase.all.filter { !$0.isDifferentiable })
  func noGradientFlowsWhereThereIsNone(_ op: OpCase) {
    for sample in op.samples {
      let (function, inputs) = op.differentiable(sample, .float64)
      let gradients = valueWithGradients(at: inputs) {
        function($0).converted(to: .float64).sum()
          + $0.reduce(Tensor(0, dtype: .float64)) { $0 + $1.sum() }
      }.gradients
      for (gradient, input) in zip(gradients, inputs) {
        expectIdentical(gradient.contiguous, Tensor.ones(like: input).contiguous)
      }
    }
  }

  @Test(arguments: OpCase.all.filter(\.isDifferentiable))
  func float32GradientsAreWithinTheirBoundOnEachInstructionSet(_ op: OpCase) {
    for sample in op.samples {
      let expected = op.gradients(sample, .float64)
      for set in InstructionSet.available {
        let gradients = withInstructionSet(set) { op.gradients(sample, .float32) }
        for (gradient, expected) in zip(gradients, expected) {
          #expect(gradient.dtype == .float32)
          expectClose(
            gradient.converted(to: .float64), expected, relative: op.gradientBound.relative,
            absolute: op.gradientBound.absolute, "shapes \(sample.map(\.shape)), \(set)")
        }
      }
    }
  }

  /// Fused kernels and compositions compute the same gradients.
  ///
  /// In the outermost scope a pullback may run a fused kernel; in a nested one it is a composition
  /// that can be differentiated.
  @Test(arguments: OpCase.all.filter(\.isDifferentiable))
  func gradientsInNestedScopesAreThoseInTheOutermost(_ op: OpCase) {
    for sample in op.samples {
      for dtype in [DType.float32, .float64] {
        let (_, inputs) = op.differentiable(sample, dtype)
        let outermost = op.gradients(sample, dtype)
        var nested = [Tensor]()
        _ = valueWithGradients(at: inputs) { inputs in
          nested = op.gradients(op.tensors(sample, dtype).replacingFloatingPoint(by: inputs))
          return nested.reduce(Tensor(0, dtype: dtype)) { $0 + $1.sum() }
        }
        let bound = dtype == .float32 ? op.gradientBound : Bound(relative: 1e-13, absolute: 1e-13)
        for (nested, outermost) in zip(nested, outermost) {
          expectClose(
            nested, outermost, relative: bound.relative, absolute: bound.absolute,
            "shapes \(sample.map(\.shape)), \(dtype)")
        }
      }
    }
  }

  // MARK: Layouts

  @Test(arguments: OpCase.all, Layout.allCases)
  func valuesAndGradientsDoNotDependOnTheLayout(_ op: OpCase, _ layout: Layout) {
    for sample in op.samples {
      for dtype in [DType.float32, .float64] {
        let inputs = op.tensors(sample, dtype)
        let plain = op.apply(inputs)
        let all = inputs.map { layout($0) }
        // The layout of the first operand alone, so that strided and contiguous operands are
        // combined.
        let first = inputs.enumerated().map { $0 == 0 ? layout($1) : $1 }
        for moved in [all, first] {
          compare(op.apply(moved), plain, op, dtype, "\(layout) of \(sample.map(\.shape))")
        }
      }
      if op.isDifferentiable {
        let expected = op.gradients(sample, .float64)
        for gradients in [
          op.gradients(sample, .float64, input: { layout($0) }),
          op.gradients(sample, .float64, output: { layout($0) }),
        ] {
          for (gradient, expected) in zip(gradients, expected) {
            expectClose(
              gradient, expected, relative: 1e-13, absolute: 1e-12,
              "gradient, \(layout) of \(sample.map(\.shape))")
          }
        }
      }
    }
  }

  @Test(arguments: OpCase.all)
  func repeatedElementsAreReadAsTheyAre(_ op: OpCase) {
    for sample in op.samples {
      let inputs = op.tensors(sample, .float64)
      let axes = sample.map(\.shape.rank).max() ?? 0
      for axis in 0..<axes {
        let repeated = inputs.map {
          axis < $0.rank && $0.elementCount > 0 ? $0.repeatingFirst(along: axis) : $0
        }
        let copied = repeated.map { $0.contiguous }
        compare(op.apply(repeated), op.apply(copied), op, .float64, "axis \(axis)")
        if op.isDifferentiable {
          for (gradient, expected) in zip(op.gradients(repeated), op.gradients(copied)) {
            expectClose(gradient, expected, relative: 1e-13, absolute: 1e-12, "axis \(axis)")
          }
        }
      }
    }
  }

  private func compare(
    _ actual: Tensor, _ expected: Tensor, _ op: OpCase, _ dtype: DType, _ text: String
  ) {
    if op.isLayoutExact {
      expectIdentical(actual, expected, "\(text), \(dtype)")
    } else {
      let bound = dtype == .float32 ? Bound.sums : Bound(relative: 1e-13, absolute: 1e-13)
      expectClose(
        actual, expected, relative: bound.relative, absolute: bound.absolute, nanEqual: true,
        "\(text), \(dtype)")
    }
  }

  // MARK: Threads

  /// Runs in its own process: otherwise other tests may hold the thread pool, and the calling
  /// thread would do all the work, whatever number of threads is asked for.
  @Test func anyNumberOfThreadsGivesTheSameBits() async {
    await #expect(processExitsWith: .success) {
      for op in OpCase.all {
        guard let large = op.large else { continue }
        for dtype in [DType.float32, .float64] {
          let inputs = op.tensors(large, dtype)
          func run(_ threads: Int) -> [Tensor] {
            withThreads(threads) {
              [op.apply(inputs)] + (op.isDifferentiable ? op.gradients(inputs) : [])
            }
          }
          let expected = run(1)
          for threads in [2, 3] {
            for (i, (actual, expected)) in zip(run(threads), expected).enumerated() {
              let what = i == 0 ? "value" : "gradient \(i - 1)"
              expectIdentical(actual, expected, "\(op.name), \(dtype), \(what), \(threads) threads")
            }
          }
        }
      }
    }
  }

  // MARK: Errors

  struct Misuse: Sendable, CustomTestStringConvertible {
    let op: Int
    let error: Int
    var testDescription: String { OpCase.all[op].errors[error].message }

    static let all: [Misuse] = OpCase.all.indices.flatMap { op in
      OpCase.all[op].errors.indices.map { Misuse(op: op, error: $0) }
    }
  }

  @Test(arguments: Misuse.all)
  func misuseStopsWithAMessage(_ misuse: Misuse) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [op = misuse.op as Int, error = misuse.error as Int] in
      OpCase.all[op].errors[error].body()
    }
    expectMessage(misuse.testDescription, of: result)
  }
}

extension OpCase {
  /// The gradients of the result times a random cotangent; `input` and `output` may change the
  /// layout of the inputs and of the gradient that arrives at the result.
  func gradients(
    _ sample: [Input], _ dtype: DType, input: (Tensor) -> Tensor = { $0 },
    output: (Tensor) -> Tensor = { $0 }
  ) -> [Tensor] {
    gradients(tensors(sample, dtype).map(input), output: output)
  }

  func gradients(_ all: [Tensor], output: (Tensor) -> Tensor = { $0 }) -> [Tensor] {
    let (function, inputs) = differentiable(all)
    let result = function(inputs)
    let cotangent = output(
      Tensor.seeded(result.shape, seed: 7, in: -1..<1, dtype: .float32).converted(to: result.dtype))
    return valueWithGradients(at: inputs) { inputs in
      let y = record("received", function(inputs)) {
        $0
      } pullback: { dy, _ in
        dy.contiguous
      }
      // The pullback of this operation passes on the cotangent in its layout.
      return record("weighted", y) {
        ($0 * cotangent).sum()
      } pullback: { _, _ in
        cotangent
      }
    }.gradients
  }
}
