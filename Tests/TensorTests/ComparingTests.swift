import TestSupport
import Testing

/// The comparisons of `TestSupport` must be able to fail.
struct ComparingTests {
  @Test(
    arguments: [
      ([1, 2, 3.0001], [1, 2, 3], "element 2: 3.0001, not 3.0"),
      ([1, .nan, 3], [1, .nan, 3], "element 1: nan, not nan"),
      ([.nan, 2, 3], [1, 2, 3], "element 0: nan, not 1.0"),
      ([1, 2, 3], [1, 2, .nan], "element 2: 3.0, not nan"),
      ([1, 2, .infinity], [1, 2, -.infinity], "element 2: inf, not -inf"),
      ([1, 2, 1e308], [1, 2, .infinity], "element 2: 1e+308, not inf"),
      ([1, 2, .infinity], [1, 2, 3], "element 2: inf, not 3.0"),
      ([1, 2], [1, 2, 3], "2 elements, not 3"),
      ([1.1, 2.1, 3.4], [1, 2, 3], "3 of 3 elements differ; the worst is element 2"),
    ] as [([Double], [Double], String)])
  func differentNumbersAreNotClose(
    _ actual: [Double], _ expected: [Double], _ message: String
  ) {
    let problem = difference(actual, expected, relative: 1e-6, absolute: 1e-9)
    #expect(problem?.contains(message) == true)
  }

  @Test func closeNumbersAreClose() {
    expectClose([1, .infinity, 0], [1.0000001, .infinity, 1e-10], relative: 1e-6, absolute: 1e-9)
    expectClose([.nan, 1], [.nan, 1], relative: 0, nanEqual: true)
  }

  @Test(arguments: [
    Tensor([1, 2, 3]), Tensor([[1, 2, 3]], dtype: .float64), Tensor([1, 2], dtype: .float64),
    Tensor([1, 2, 4], dtype: .float64), Tensor([1, 2, -3], dtype: .float64),
  ])
  func differentTensorsAreNeitherCloseNorIdentical(_ other: Tensor) {
    let tensor = Tensor([1, 2, 3], dtype: .float64)
    #expect(difference(other, tensor, relative: 1e-6) != nil)
    #expect(differenceInBits(other, tensor) != nil)
    #expect(difference(tensor, tensor, relative: 0) == nil)
    #expect(differenceInBits(tensor, tensor) == nil)
  }

  @Test func zerosOfOppositeSignAreCloseAndNotIdentical() {
    let (positive, negative) = (Tensor([0.0]), Tensor([-0.0]))
    #expect(difference(positive, negative, relative: 0) == nil)
    #expect(differenceInBits(positive, negative) != nil)
  }

  @Test func nanIsIdenticalToItself() {
    let value = Tensor([Double.nan], shape: [1])
    #expect(differenceInBits(value, value) == nil)
    #expect(difference(value, value, relative: 1) != nil)
  }
}
