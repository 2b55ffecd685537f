import TestSupport
import Testing

/// Operations that users declare, and whether ``checkGradients(of:at:order:tolerance:seed:)`` finds the wrong ones.
struct RecordingTests {
  private static let x = Tensor([0.5, -1.25, 2], dtype: .float64)

  /// y = x³ with a pullback that is multiplied by a factor.
  private static func cube(_ x: Tensor, factor: Double = 1) -> Tensor {
    record("cube", x, saving: .first) {
      $0 * $0 * $0
    } pullback: { dy, saved in
      dy * 3 * saved.x * saved.x * factor
    }
  }

  // MARK: Operations of users

  @Test(arguments: [1, 2])
  func operationsOfOneInput(_ order: Int) {
    let report = checkGradients(of: { Self.cube($0[0]) }, at: [Self.x], order: order)
    #expect(report.passed, "\(report)")
    let byOutput = checkGradients(
      of: { inputs in
        record("exp", inputs[0], saving: .output) {
          exp($0)
        } pullback: {
          $0 * $1.y
        }
      }, at: [Self.x], order: order)
    #expect(byOutput.passed, "\(byOutput)")
  }

  @Test(arguments: [1, 2])
  func operationsOfTwoAndThreeInputs(_ order: Int) {
    let two = checkGradients(
      of: {
        record("product", $0[0], $0[1], saving: [.first, .second]) {
          $0 * $1
        } lhs: {
          $0 * $1.b
        } rhs: {
          $0 * $1.a
        }
      }, at: [.seeded([2, 3]), .seeded([3], seed: 2)], order: order)
    #expect(two.passed, "\(two)")
    let three = checkGradients(
      of: {
        record("product", $0[0], $0[1], $0[2], saving: [.first, .second, .third, .output]) {
          $0 * $1 * $2
        } first: {
          $0 * $1.b * $1.c
        } second: {
          $0 * $1.a * $1.c
        } third: {
          $0 * $1.a * $1.b
        }
      }, at: [.seeded([2, 3]), .seeded([3], seed: 2), .seeded([2, 1], seed: 3)], order: order)
    #expect(three.passed, "\(three)")
  }

  @Test(arguments: [1, 2])
  func operationsOfAnyNumberOfInputs(_ order: Int) {
    let report = checkGradients(
      of: { inputs in
        square(
          record("weighted sum", inputs) { inputs in
            inputs.enumerated().map { $1 * Double($0 + 1) }.reduce(Tensor(0, dtype: .float64), +)
          } pullback: { dy, _, index in
            dy * Double(index + 1)
          })
      }, at: (0..<5).map { .seeded([3], seed: UInt64($0)) }, order: order)
    #expect(report.passed, "\(report)")
  }

  @Test func theGraphOfTheForwardClosureIsNotKept() {
    let gradient = gradient(at: Self.x) { x in
      record("constant", x) {
        tanh($0 * 2)
      } pullback: { dy, _ in
        dy * 7
      }.sum()
    }
    expectClose(gradient, Tensor([7, 7, 7], dtype: .float64), relative: 0)
  }

  @Test func pullbacksRunOnlyForInputsWithAGraph() {
    let constant = Tensor([2, 3, 4], dtype: .float64)
    let gradient = gradient(at: Self.x) { x in
      record("product", x, constant, saving: .second) {
        $0 * $1
      } lhs: {
        $0 * $1.b
      } rhs: { dy, saved in
        // Not saved: reading it would stop the program.
        dy * saved.a
      }.sum()
    }
    expectIdentical(gradient, constant)
  }

  @Test func withoutAGraphNothingIsRecorded() {
    #expect(Self.cube(Self.x).node == nil)
    let concatenation = concatenated([Self.x, Self.x])
    #expect(concatenation.node == nil)
  }

  // MARK: Wrong pullbacks are found

  @Test(arguments: [-1, 1.01, 0.999, 0, .nan, .infinity])
  func aWrongFactorIsFound(_ factor: Double) {
    let report = checkGradients(of: { Self.cube($0[0], factor: factor) }, at: [Self.x])
    #expect(!report.passed)
    #expect(report.count == 3)
    #expect(report.description.contains("FAILED"))
  }

  @Test func oneWrongElementIsFoundAndNamed() throws {
    let report = checkGradients(
      of: { inputs in
        record("identity", inputs[1]) {
          $0
        } pullback: { dy, _ in
          dy * Tensor([1, 1, 1.0001, 1], dtype: .float64)
        } + inputs[0].sum()
      }, at: [Self.x, .seeded([4])])
    let worst = try #require(report.worst)
    #expect(!report.passed && worst.input == "1" && worst.element == 2)
    expectClose(worst.analytic / worst.numeric, 1.0001, relative: 1e-8)
  }

  @Test func aMissingSumOverABroadcastIsFound() {
    let report = checkGradients(
      of: { inputs in
        record("stretched", inputs[0]) {
          $0.broadcast(to: [4, 3])
        } pullback: { dy, _ in
          dy[0]
        }
      }, at: [Self.x])
    #expect(!report.passed)
  }

  @Test func aPullbackOfAConstantIsFoundAtTheSecondOrder() {
    // Right as a gradient, but it hides from the second derivative that it depends on x.
    func hidden(_ inputs: [Tensor]) -> Tensor {
      record("cube", inputs[0], saving: .first) {
        $0 * $0 * $0
      } pullback: { dy, saved in
        dy * (saved.x * saved.x * 3).detached
      }
    }
    #expect(checkGradients(of: hidden, at: [Self.x], order: 1).passed)
    #expect(!checkGradients(of: hidden, at: [Self.x], order: 2).passed)
  }

  @Test func aSoftmaxThatForgetsItsSumIsFound() {
    // Its gradient under a plain sum is right: zero.
    func wrong(_ inputs: [Tensor]) -> Tensor {
      record("softmax", inputs[0], saving: .output) {
        softmax($0)
      } pullback: { dy, saved in
        saved.y * (dy - dy.mean(along: -1, keepingAxes: true))
      }
    }
    #expect(!checkGradients(of: wrong, at: [.seeded([2, 3])]).passed)
  }

  @Test func parametersAreCheckedByName() throws {
    let parameter = Parameter(Self.x)
    let parameters = Parameters([("layer.weight", parameter)])
    let right = checkGradients(for: parameters) { Self.cube(parameter.value) }
    #expect(right.passed, "\(right)")
    let wrong = checkGradients(for: parameters) { Self.cube(parameter.value, factor: 1.01) }
    #expect(!wrong.passed && wrong.worst?.input == "layer.weight")
    expectIdentical(parameter.value, Self.x)
  }

  @Test func ofManyElementsSomeAreCompared() {
    let report = checkGradients(of: { tanh($0[0]) }, at: [.seeded([30, 30])])
    #expect(report.passed && report.count == 48)
    let other = checkGradients(of: { tanh($0[0]) }, at: [.seeded([30, 30])], seed: 1)
    #expect(other.worst?.element != report.worst?.element)
  }

  @Test func nothingToCompareIsNoFailure() {
    let report = checkGradients(of: { $0[0] * 2 }, at: [Tensor.zeros([0, 3], dtype: .float64)])
    #expect(report.passed && report.count == 0 && report.worst == nil)
  }

  // MARK: Errors

  static let misuses: [(message: String, body: @Sendable () -> Void)] = [
    (
      "cube: its pullback reads input 0, which it does not save",
      {
        _ = gradient(at: Tensor(1)) { x in
          record("cube", x) {
            $0 * $0 * $0
          } pullback: {
            $0 * $1.x
          }
        }
      }
    ),
    (
      "cube: its pullback reads the output, which it does not save",
      {
        _ = gradient(at: Tensor(1)) { x in
          record("cube", x, saving: .first) {
            $0 * $0 * $0
          } pullback: {
            $0 * $1.y
          }
        }
      }
    ),
    (
      "wide: a gradient of shape [3] for an input of shape [2]",
      {
        _ = gradient(at: Tensor([1, 2])) { x in
          record("wide", x) {
            $0.sum()
          } pullback: { _, _ in
            Tensor([1, 2, 3])
          }
        }
      }
    ),
    (
      "double: the pullback of input 0 gave float64 for float32",
      {
        _ = gradient(at: Tensor([1, 2])) { x in
          record("double", x) {
            $0.sum()
          } pullback: { _, _ in
            Tensor([1, 2], dtype: .float64)
          }
        }
      }
    ),
    (
      "checkGradients: input 1 is float32; differences need float64",
      { _ = checkGradients(of: { $0[0] }, at: [Tensor([1], dtype: .float64), Tensor([1])]) }
    ),
    (
      "checkGradients: order 3 is not 1 or 2",
      { _ = checkGradients(of: { $0[0] }, at: [Tensor([1], dtype: .float64)], order: 3) }
    ),
    (
      "checkGradients: 'w' is float32; differences need float64",
      {
        let parameter = Parameter(Tensor([1]))
        _ = checkGradients(for: Parameters([("w", parameter)])) { parameter.value }
      }
    ),
  ]

  @Test(arguments: misuses.indices)
  func misuseStopsWithAMessage(_ index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [index = index as Int] in
      RecordingTests.misuses[index].body()
    }
    expectMessage(Self.misuses[index].message, of: result)
  }
}
