import TestSupport
import Testing

/// Results of operations for int32 and bool, and for special values.
struct DTypeRuleTests {
  private func int(_ numbers: [Int32]) -> Tensor { Tensor(numbers, shape: [numbers.count]) }

  @Test func integerDivisionRoundsDownAndByZeroGivesZero() {
    expectIdentical(
      int([7, -7, 7, -7, 5, 0]) / int([2, 2, -2, -2, 0, 0]), int([3, -4, -4, 3, 0, 0]))
    expectIdentical(int([.min]) / int([-1]), int([.min]))
    expectIdentical(int([7, -7]) / 2, int([3, -4]))
    expectIdentical(7 / int([2, -2]), int([3, -4]))
  }

  @Test func integersWrapAround() {
    expectIdentical(int([.max]) + int([1]), int([.min]))
    expectIdentical(int([.min]) - int([1]), int([.max]))
    expectIdentical(int([1 << 20]) * int([1 << 12]), int([0]))
    expectIdentical(-int([.min, 3]), int([.min, -3]))
    expectIdentical(int([.max, 1]).sum(), Tensor(Double(Int32.min), dtype: .int32))
  }

  @Test func numbersTakeTheDTypeOfTheTensorBesideThem() {
    expectIdentical(int([1, 2]) + 2.0, int([3, 4]))
    expectIdentical(int([1, 2]) * -2, int([-2, -4]))
    expectIdentical(10 - int([1, 2]), int([9, 8]))
    expectIdentical(Tensor([1], dtype: .float64) + 0.1, Tensor([1.1], dtype: .float64))
    expectIdentical(Tensor([1]) + 0.1, Tensor([1.1]))
    expectIdentical(int([1, 5]) .> 2, Tensor([false, true]))
    expectIdentical(pow(int([3, -2]), 2), int([9, 4]))
  }

  @Test func theMeanOfTruthValuesIsTheirFraction() {
    let truths = Tensor([[true, true, false], [false, true, false]])
    expectIdentical(truths.mean(), Tensor(0.5))
    expectIdentical(truths.mean(along: 0), Tensor([0.5, 1, 0]))
    expectIdentical(truths.mean(along: 1, keepingAxes: true), Tensor([[2], [1]]) / 3)
    #expect(Tensor.zeros([0], dtype: .bool).mean().scalar().isNaN)
  }

  @Test func reductionsOfIntegersAndTruthValues() {
    expectIdentical(Tensor([[true, true], [false, true]]).sum(), Tensor(3, dtype: .int32))
    expectIdentical(
      Tensor([[true, true], [false, true]]).sum(along: 0), Tensor([1, 2], dtype: .int32))
    expectIdentical(Tensor([true, false]).max(), Tensor(true))
    expectIdentical(Tensor([true, false]).min(), Tensor(false))
    expectIdentical(int([3, -5, 4]).max(), Tensor(4, dtype: .int32))
    expectIdentical(int([3, -5, 4]).min(), Tensor(-5, dtype: .int32))
    expectIdentical(int([3, -5, 4]).argmin(along: 0), Tensor(1, dtype: .int32))
    expectIdentical(maximum(int([3, -5]), int([1, 2])), int([3, 2]))
    expectIdentical(abs(int([-3, 3])), int([3, 3]))
    expectIdentical(sign(int([-3, 0, 3])), int([-1, 0, 1]))
    expectIdentical(clamp(int([-3, 0, 3]), from: -1, to: 2), int([-1, 0, 2]))
  }

  @Test func sumsAndMeansOfNothing() {
    expectIdentical(Tensor.zeros([0]).sum(), Tensor(0))
    expectIdentical(Tensor.zeros([2, 0]).sum(along: 1), Tensor([0, 0]))
    #expect(Tensor.zeros([0]).mean().scalar().isNaN)
    #expect(Tensor([3]).variance().scalar().isNaN)
    #expect(Tensor([3]).variance(correction: 0).scalar() == 0)
  }

  @Test func comparisonsWithNaNAreFalseButForInequality() {
    let nan = Tensor([Float.nan], shape: [1])
    for other in [nan, Tensor([1])] {
      for result in [nan .== other, nan .< other, nan .<= other, nan .> other, nan .>= other] {
        expectIdentical(result, Tensor([false]))
      }
      expectIdentical(nan .!= other, Tensor([true]))
    }
  }

  @Test func extremesOfNaNAreNaN() {
    let x = Tensor([1, .nan, 2] as [Float], shape: [3])
    for result in [
      x.max(), x.min(), maximum(x, Tensor([0, 0, 0]))[1], minimum(Tensor([0, 0, 0]), x)[1],
    ] {
      #expect(result.scalar().isNaN)
    }
    #expect(x.argmax(along: 0).scalar() == 1 && x.argmin(along: 0).scalar() == 1)
    #expect(sign(x)[1].scalar().isNaN && relu(x)[1].scalar().isNaN)
  }

  @Test func gradientsPassBetweenFloatingPointTypesAndEndAtOthers() {
    let x = Tensor([1.5, -2], dtype: .float64)
    let gradient = gradient(at: x) {
      ($0.converted(to: .float32) * Tensor([3, 4])).sum().converted(to: .float64)
    }
    expectIdentical(gradient, Tensor([3, 4], dtype: .float64))
    let ended = Autograd.gradient(at: x) { $0.converted(to: .int32).converted(to: .float64).sum() }
    expectIdentical(ended.contiguous, Tensor([0, 0], dtype: .float64))
  }

  @Test func convertingToTheSameTypeCopiesNothing() {
    let x = Tensor([1, 2])
    #expect(x.converted(to: .float32).storage === x.storage)
  }

  @Test func finiteTensorsAreRecognized() {
    #expect(Tensor([1, -3e38]).isFinite && Tensor.zeros([0]).isFinite && int([1]).isFinite)
    #expect(!Tensor([1, .infinity] as [Float], shape: [2]).isFinite)
    #expect(!Tensor([.nan] as [Double], shape: []).isFinite)
  }
}
