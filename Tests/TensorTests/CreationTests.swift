import TestSupport
import Testing

struct CreationTests {
  // MARK: Literals

  @Test func literalsAreFloat32UnlessAnotherTypeIsGiven() {
    let x = Tensor([[1, 2, 3], [4, 5, 6]])
    #expect(x.shape == [2, 3] && x.dtype == .float32 && x.rank == 2 && x.elementCount == 6)
    #expect(x.scalars(as: Float.self) == [1, 2, 3, 4, 5, 6])
    for dtype in DType.allCases {
      let (literal, expected): (TensorLiteral, [Double]) =
        switch dtype {
        case .float32, .float64: ([0, 1, 2.75], [0, 1, 2.75])
        case .int32: ([0, 1, -3], [0, 1, -3])
        case .bool: ([0, 1, 1], [0, 1, 1])
        }
      let y = Tensor(literal, dtype: dtype)
      #expect(y.dtype == dtype)
      #expect(y.scalars(as: Double.self) == expected)
    }
  }

  @Test func literalsOfBoolsAreBool() {
    let x = Tensor([[true], [false]])
    #expect(x.dtype == .bool && x.shape == [2, 1])
    #expect(x.scalars(as: Bool.self) == [true, false])
    #expect(Tensor([true, false], dtype: .float32).scalars(as: Float.self) == [1, 0])
    #expect(Tensor(true, dtype: .int32).scalar(as: Int32.self) == 1)
  }

  @Test func scalarsHaveNoAxes() {
    #expect(Tensor(3).shape == [] && Tensor(3).scalar() == 3)
    let variable = 2.5
    #expect(Tensor(variable).dtype == .float32 && Tensor(variable).scalar() == 2.5)
    let whole = 2.0
    #expect(Tensor(whole, dtype: .int32).scalar(as: Int32.self) == 2)
  }

  @Test func emptyLiteralsHaveAnAxisOfSizeZero() {
    #expect(Tensor([]).shape == [0])
    #expect(Tensor([[], []]).shape == [2, 0])
  }

  @Test func float64LiteralsAreExact() {
    #expect(Tensor([0.1], dtype: .float64).scalar() == 0.1)
    #expect(Tensor([0.1]).scalar() == Double(0.1 as Float))
    #expect(Tensor([16_777_217], dtype: .int32).scalar(as: Int32.self) == 16_777_217)
  }

  // MARK: Arrays and buffers

  @Test func typedArraysKeepTheirType() {
    #expect(Tensor([1.5, 2] as [Float], shape: [2]).dtype == .float32)
    #expect(Tensor([1.5, 2] as [Double], shape: [2, 1]).dtype == .float64)
    #expect(Tensor([1, 2] as [Int32], shape: [1, 2]).dtype == .int32)
    #expect(Tensor([true, false] as [Bool], shape: [2]).dtype == .bool)
    #expect(Tensor([] as [Float], shape: [0, 3]).elementCount == 0)
    let numbers: [Float] = [1, 2, 3, 4, 5, 6]
    let x = numbers.withUnsafeBufferPointer { Tensor($0, shape: [2, 3]) }
    #expect(x.scalars(as: Float.self) == numbers)
  }

  @Test func scalarsAreConverted() {
    let x = Tensor([-1.5, 0, 2.5, 3e9])
    #expect(x.scalars(as: Int32.self) == [-1, 0, 2, .max])
    #expect(x.scalars(as: Bool.self) == [true, false, true, true])
    #expect(Tensor([Float.nan], shape: [1]).scalars(as: Int32.self) == [0])
    #expect(Tensor([[7]]).scalar(as: Int32.self) == 7)
  }

  @Test func scalarsAreReadInRowOrderForAnyLayout() {
    let x = Tensor([[1, 2, 3], [4, 5, 6]]).transposed()
    #expect(x.scalars(as: Float.self) == [1, 4, 2, 5, 3, 6])
    #expect(x.withUnsafeScalars(as: Float.self) { Array($0) } == [1, 4, 2, 5, 3, 6])
    #expect(Tensor.ones([2, 2]).withUnsafeScalars(as: Float.self) { $0.count } == 4)
  }

  @Test func writingThroughAPointerDoesNotChangeCopies() {
    var x = Tensor([1, 2, 3])
    let copy = x
    x.withUnsafeMutableScalars(as: Float.self) { $0[1] = 9 }
    expectIdentical(x, Tensor([1, 9, 3]))
    expectIdentical(copy, Tensor([1, 2, 3]))
    var stretched = Tensor.zeros([3])
    stretched.withUnsafeMutableScalars(as: Float.self) { $0[0] = 1 }
    expectIdentical(stretched, Tensor([1, 0, 0]))
    var view = x[1...]
    view.withUnsafeMutableScalars(as: Float.self) { $0[0] = 7 }
    expectIdentical(view, Tensor([7, 3]))
    expectIdentical(x, Tensor([1, 9, 3]))
  }

  // MARK: Functions

  @Test(arguments: DType.allCases)
  func filledTensors(_ dtype: DType) {
    func numbers(_ x: Tensor) -> [Double] {
      #expect(x.dtype == dtype)
      return x.scalars(as: Double.self)
    }
    #expect(numbers(.zeros([2, 2], dtype: dtype)) == [0, 0, 0, 0])
    #expect(numbers(.ones([3], dtype: dtype)) == [1, 1, 1])
    let number = dtype == .bool ? 1.0 : 5
    #expect(numbers(.full([2], number, dtype: dtype)) == [number, number])
    #expect(numbers(.zeros(like: .ones([2], dtype: dtype))) == [0, 0])
    #expect(numbers(.ones(like: .zeros([2], dtype: dtype))) == [1, 1])
    #expect(numbers(.full(like: .zeros([1], dtype: dtype), 1)) == [1])
    #expect(numbers(.eye(2, columns: 3, dtype: dtype)) == [1, 0, 0, 0, 1, 0])
    #expect(numbers(.zeros([], dtype: dtype)) == [0])
    #expect(numbers(.zeros([0, 4], dtype: dtype)) == [])
  }

  @Test func identityMatricesAreSquareByDefault() {
    #expect(Tensor.eye(3).shape == [3, 3])
    #expect(Tensor.eye(3).sum().scalar() == 3)
    #expect(Tensor.eye(3, columns: 1).scalars(as: Float.self) == [1, 0, 0])
  }

  @Test func rangesOfNumbers() {
    #expect(Tensor.arange(to: 4).scalars(as: Double.self) == [0, 1, 2, 3])
    #expect(
      Tensor.arange(from: 1, to: 2, step: 0.25).scalars(as: Double.self) == [1, 1.25, 1.5, 1.75])
    #expect(Tensor.arange(from: 3, to: 0, step: -1).scalars(as: Double.self) == [3, 2, 1])
    #expect(Tensor.arange(from: 3, to: 3).shape == [0])
    #expect(Tensor.arange(from: 3, to: 0).shape == [0])
    let n = 4
    #expect(Tensor.arange(to: n).scalars(as: Double.self) == [0, 1, 2, 3])
    #expect(Tensor.arange(to: n).dtype == .float32)
    let odd = Tensor.arange(from: 1, to: n + 2, step: n / 2, dtype: .int32)
    #expect(odd.dtype == .int32 && odd.scalars(as: Double.self) == [1, 3, 5])
    #expect(Tensor.full([2], n, dtype: .int32).scalars(as: Double.self) == [4, 4])
    #expect(Tensor.arange(to: 2.5).scalars(as: Double.self) == [0, 1, 2])
    #expect(Tensor.arange(to: 3, dtype: .int32).dtype == .int32)
    let (count, step) = (7, -2)
    #expect(Tensor.arange(to: count).scalars(as: Double.self) == [0, 1, 2, 3, 4, 5, 6])
    #expect(Tensor.arange(from: count, to: 0, step: step).scalars(as: Double.self) == [7, 5, 3, 1])
    #expect(Tensor.arange(to: count).dtype == .float32)
    // Each element is computed from the start, so that errors do not add up.
    let tenths = Tensor.arange(to: 100, step: 0.1, dtype: .float64)
    #expect(tenths.elementCount == 1000)
    #expect(tenths.scalars(as: Double.self)[999] == 999 * 0.1)
  }

  @Test func equalDistances() {
    #expect(
      Tensor.linspace(from: 0, to: 1, count: 5).scalars(as: Double.self) == [0, 0.25, 0.5, 0.75, 1])
    #expect(Tensor.linspace(from: 1, to: -1, count: 3).scalars(as: Double.self) == [1, 0, -1])
    #expect(Tensor.linspace(from: 2, to: 3, count: 1).scalars(as: Double.self) == [2])
    #expect(Tensor.linspace(from: 2, to: 3, count: 0).shape == [0])
    // The ends are exact.
    let thirds = Tensor.linspace(from: 0.1, to: 0.7, count: 8, dtype: .float64)
    #expect(thirds.scalars(as: Double.self).first == 0.1)
    #expect(thirds.scalars(as: Double.self).last == 0.7)
  }

  // MARK: Dtypes

  @Test func dtypesKnowTheirSizeAndName() {
    #expect(DType.allCases.map(\.byteCount) == [4, 8, 4, 1])
    #expect(DType.allCases.map(\.isFloatingPoint) == [true, true, false, false])
    #expect(DType.allCases.map(\.description) == ["float32", "float64", "int32", "bool"])
  }

  // MARK: Errors

  static let misuses: [(message: String, body: @Sendable () -> Void)] = [
    (
      "tensor literal: ragged: 1 element where shape [2, 2] requires 2",
      { _ = Tensor([[1, 2], [3]]) }
    ),
    (
      "tensor literal: ragged: a number where shape [2, 2] requires a list",
      { _ = Tensor([[1, 2], 3]) }
    ),
    (
      "tensor literal: ragged: 2 elements where shape [2] requires a number",
      { _ = Tensor([1, [2, 3]]) }
    ),
    (
      "tensor literal: ragged: 1 element where shape [2, 0] requires 0", { _ = Tensor([[], [1]]) }
    ),
    (
      "tensor: shape [2, 2] has 4 elements, not 3",
      { _ = Tensor([1, 2, 3] as [Float], shape: [2, 2]) }
    ),
    ("tensor: invalid shape [-1, 2]", { _ = Tensor.zeros([-1, 2]) }),
    (
      "tensor: invalid shape [2147483647, 2147483647]",
      { _ = Tensor.zeros([2_147_483_647, 2_147_483_647]) }
    ),
    (
      "tensor: invalid shape [2147483647, 2147483647, 0]",
      { _ = Tensor.zeros([2_147_483_647, 2_147_483_647, 0]) }
    ),
    ("arange: invalid range from 0.0 to 1.0 by 0.0", { _ = Tensor.arange(to: 1, step: 0) }),
    ("arange: invalid range from 0.0 to inf by 1.0", { _ = Tensor.arange(to: .infinity) }),
    (
      "linspace: the count must not be negative, got -1",
      { _ = Tensor.linspace(from: 0, to: 1, count: -1) }
    ),
    ("scalar: a tensor of shape [2] has 2 elements, not one", { _ = Tensor([1, 2]).scalar() }),
    (
      "withUnsafeScalars: a float32 tensor does not hold Double",
      { Tensor([1]).withUnsafeScalars(as: Double.self) { _ in } }
    ),
    (
      "withUnsafeMutableScalars: a float32 tensor does not hold Int32",
      {
        var x = Tensor([1])
        x.withUnsafeMutableScalars(as: Int32.self) { _ in }
      }
    ),
  ]

  @Test(arguments: misuses.indices)
  func misuseStopsWithAMessage(_ index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [index = index as Int] in
      CreationTests.misuses[index].body()
    }
    expectMessage(Self.misuses[index].message, of: result)
  }
}
