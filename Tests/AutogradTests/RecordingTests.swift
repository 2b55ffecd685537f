import TestSupport
import Testing

/// Operations that users declare.
struct RecordingTests {
  private static let x = Tensor([0.5, -1.25, 2], dtype: .float64)

  // MARK: Operations of users

  @Test(arguments: [1, 2])
  func operationsOfOneInput(_ order: Int) {
    let report = checkGradients(of: { cube($0[0]) }, at: [Self.x], order: order)
    #expect(report.passed, "\(report)")
    let byOutput = checkGradients(
      of: { inputs in
        record("exp", inputs[0], saving: .output) {
          exp($0)
        } pullback: {
          $0 * $1.output
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
          $0 * $1.second
        } rhs: {
          $0 * $1.first
        }
      }, at: [.seeded([2, 3]), .seeded([3], seed: 2)], order: order)
    #expect(two.passed, "\(two)")
    let three = checkGradients(
      of: {
        record("product", $0[0], $0[1], $0[2], saving: [.first, .second, .third, .output]) {
          $0 * $1 * $2
        } first: {
          $0 * $1.second * $1.third
        } second: {
          $0 * $1.first * $1.third
        } third: {
          $0 * $1.first * $1.second
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
        $0 * $1.second
      } rhs: { dy, saved in
        // Not saved: reading it would stop the program.
        dy * saved.first
      }.sum()
    }
    expectIdentical(gradient, constant)
  }

  @Test func withoutAGraphNothingIsRecorded() {
    #expect(cube(Self.x).node == nil)
    let concatenation = concatenated([Self.x, Self.x])
    #expect(concatenation.node == nil)
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
            $0 * $1.input
          }
        }
      }
    ),
    (
      "cube: its pullback reads the output, which it does not save",
      {
        _ = gradient(at: Tensor(1)) { x in
          record("cube", x, saving: .input) {
            $0 * $0 * $0
          } pullback: {
            $0 * $1.output
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
      "double: the pullback of input 0 returned float64, not float32",
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
