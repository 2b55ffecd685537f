import TestSupport
import Testing

/// A type of Swift's numbers, and a check of its arrays with every dtype.
struct NumberType: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let preferred: DType
  let check: @Sendable (DType) -> Void

  init<Number: TensorElement & Equatable>(
    _ type: Number.Type, _ preferred: DType, _ numbers: [Number],
    _ value: @escaping @Sendable (Number) -> Double
  ) {
    testDescription = "\(type)"
    self.preferred = preferred
    check = { dtype in
      // Numbers that every dtype holds, as bool 0 and 1 only.
      let numbers = dtype == .bool ? [numbers[0], numbers[1]] : numbers
      let values = numbers.map(value)
      func expect(_ x: Tensor, _ shape: Shape, _ expected: [Double], _ text: String) {
        #expect(x.dtype == dtype && x.shape == shape, "\(text): \(x.dtype) \(x.shape)")
        #expect(x.scalars(as: Double.self) == expected, "\(text)")
      }
      let n = numbers.count
      expect(Tensor(numbers, dtype: dtype), [n], values, "array")
      expect(Tensor(numbers[1...], dtype: dtype), [n - 1], Array(values[1...]), "slice")
      expect(Tensor(ContiguousArray(numbers), dtype: dtype), [n], values, "contiguous array")
      expect(Tensor(numbers.lazy.map { $0 }, dtype: dtype), [n], values, "lazy collection")
      expect(Tensor(numbers.reversed(), dtype: dtype), [n], values.reversed(), "reversed")
      expect(
        Tensor(repeatElement(numbers[1], count: 3), dtype: dtype), [3],
        [values[1], values[1], values[1]], "repeated")
      expect(Tensor([numbers, numbers], dtype: dtype), [2, n], values + values, "rows")
      expect(
        Tensor([numbers[...], numbers[...]], dtype: dtype), [2, n], values + values, "slices")
      expect(Tensor([[numbers], [numbers]], dtype: dtype), [2, 1, n], values + values, "blocks")
      expect(Tensor(numbers.map { [$0] }, dtype: dtype), [n, 1], values, "column")
      expect(
        Tensor(numbers.lazy.map { $0 }, shape: [n, 1], dtype: dtype), [n, 1], values, "shape")
      expect(Tensor(numbers[1], dtype: dtype), [], [values[1]], "scalar")
      expect(Tensor([Number](), dtype: dtype), [0], [], "empty")
      expect(Tensor([[Number]](), dtype: dtype), [0, 0], [], "no rows")
      expect(Tensor([[Number](), []], dtype: dtype), [2, 0], [], "empty rows")
      // And out again.
      #expect([Number](Tensor(numbers, dtype: dtype)) == numbers)
      #expect([[Number]](Tensor([numbers, numbers], dtype: dtype)) == [numbers, numbers])
      #expect(
        [[Number]](Tensor([numbers, numbers], dtype: dtype).transposed())
          == numbers.map { [$0, $0] })
      #expect([[[Number]]](Tensor([[numbers]], dtype: dtype)) == [[numbers]])
      #expect([[Number]](Tensor([[Number](), []], dtype: dtype)) == [[], []])
      #expect([Number](Tensor([Number](), dtype: dtype)) == [])
    }
  }

  static func integer<Number: TensorElement & FixedWidthInteger>(
    _ type: Number.Type, _ numbers: [Number]
  ) -> NumberType {
    NumberType(type, .int32, numbers) { Double($0) }
  }

  static let all = [
    NumberType(Float.self, .float32, [0, 1, 3, -7]) { Double($0) },
    NumberType(Double.self, .float32, [0, 1, 3, -7]) { $0 },
    integer(Int.self, [0, 1, 3, -7]),
    integer(Int8.self, [0, 1, 127, -128]),
    integer(Int16.self, [0, 1, 32767, -32768]),
    integer(Int32.self, [0, 1, 1 << 20, -(1 << 20)]),
    integer(Int64.self, [0, 1, 3, -7]),
    integer(UInt.self, [0, 1, 3, 7]),
    integer(UInt8.self, [0, 1, 255, 128]),
    integer(UInt16.self, [0, 1, 65535]),
    integer(UInt32.self, [0, 1, 1 << 20]),
    integer(UInt64.self, [0, 1, 3]),
    NumberType(Bool.self, .bool, [false, true]) { $0 ? 1 : 0 },
  ]
}

struct TensorDataTests {
  @Test(arguments: NumberType.all, DType.allCases)
  func everyTypeOfNumberWithEveryDType(_ type: NumberType, _ dtype: DType) {
    type.check(dtype)
  }

  @Test func theDTypeFollowsFromTheNumbers() {
    let (float, double, int, flag): (Float, Double, Int, Bool) = (1.5, 2.5, 3, true)
    #expect(Tensor([float]).dtype == .float32 && Tensor(float).dtype == .float32)
    #expect(Tensor([double]).dtype == .float32 && Tensor(double).dtype == .float32)
    #expect(Tensor([int]).dtype == .int32 && Tensor(int).dtype == .int32)
    #expect(Tensor([flag]).dtype == .bool && Tensor(flag).dtype == .bool)
    #expect(Tensor([[double]]).dtype == .float32 && Tensor([[int]]).dtype == .int32)
    #expect(Tensor([UInt8(1)]).dtype == .int32 && Tensor(0..<3).dtype == .int32)
  }

  @Test func literalsKeepTheirMeaning() {
    #expect(Tensor([1, 2]).dtype == .float32)
    #expect(Tensor([[1, 2, 3], [4, 5, 6]]).dtype == .float32)
    #expect(Tensor([[[[1]]], [[[2]]]]).dtype == .float32)
    #expect(Tensor([true, false]).dtype == .bool)
    #expect(Tensor([0, 1], dtype: .int32).dtype == .int32)
    #expect(Tensor(3).dtype == .float32 && Tensor(-0.5).scalar() == -0.5)
  }

  @Test func literalsMayHoldVariables() {
    let (d, f, n) = (0.75, Float(0.5), 3)
    expectIdentical(Tensor([2 * d, .pi]), Tensor([1.5, 3.141592653589793]))
    expectIdentical(
      Tensor([[2 * d, 1], [0, .pi]]), Tensor([[1.5, 1], [0, 3.141592653589793]]))
    expectIdentical(Tensor([[[d], [1]], [[0], [d]]]), Tensor([[[0.75], [1]], [[0], [0.75]]]))
    expectIdentical(Tensor([f, 3]), Tensor([0.5, 3]))
    expectIdentical(Tensor([Float(n), 3]), Tensor([3, 3]))
    expectIdentical(Tensor([n, 3]), Tensor([3, 3], dtype: .int32))
    expectIdentical(Tensor([-.infinity, 0]), Tensor([-Double.infinity, 0]))
    expectIdentical(Tensor([d, 1], dtype: .float64), Tensor([0.75, 1], dtype: .float64))
    let vector = SIMD4<Float>(1, 2, 3, 4)
    expectIdentical(Tensor(vector.indices.map { vector[$0] }), Tensor([1, 2, 3, 4]))
  }

  @Test func rangesAndLazyCollections() {
    expectIdentical(Tensor(0..<4), Tensor([0, 1, 2, 3], dtype: .int32))
    expectIdentical(Tensor(2...3, dtype: .float32), Tensor([2, 3]))
    expectIdentical(Tensor(0..<6, shape: [2, 3]), Tensor([[0, 1, 2], [3, 4, 5]], dtype: .int32))
    expectIdentical(Tensor((0..<3).lazy.map { Double($0) * 0.5 }), Tensor([0, 0.5, 1]))
    expectIdentical(
      Tensor([1, 2, 250] as [UInt8], shape: [3, 1], dtype: .float32), Tensor([[1], [2], [250]]))
    #expect(Tensor([0.1] as [Double], shape: [1]).dtype == .float64)
  }

  @Test func float32KeepsEveryBit() {
    let bits: [UInt32] = [0x7fc0_1234, 0xff80_0000, 0x8000_0000, 1, 0x3f80_0001]
    let numbers = bits.map(Float.init(bitPattern:))
    #expect([Float](Tensor(numbers)).map(\.bitPattern) == bits)
    #expect([[Float]](Tensor([numbers])).map { $0.map(\.bitPattern) } == [bits])
  }

  @Test func numbersAreReadOfTensorsWithOneElement() {
    let x = Tensor([[2.75]])
    #expect(Float(x) == 2.75 && Double(x) == 2.75 && Int(x) == 2 && UInt8(x) == 2 && Bool(x))
    #expect(Int(Tensor(-2.75)) == -2 && Int32(Tensor([7], dtype: .int32)) == 7)
    #expect(!Bool(Tensor(0)) && Int(Tensor(true)) == 1)
    #expect([Int](Tensor([2.75, -2.75])) == [2, -2])
  }

  struct Misuse: Sendable, CustomTestStringConvertible {
    let message: String
    let body: @Sendable () -> Void
    var testDescription: String { message }

    static let all: [Misuse] = [
      Misuse(message: "tensor: ragged array: 1 element where shape [2, 2] requires 2") {
        let rows: [[Float]] = [[1, 2], [3]]
        _ = Tensor(rows)
      },
      Misuse(message: "tensor: ragged array: 3 elements where shape [2, 2] requires 2") {
        let rows: [[Int]] = [[1, 2], [3, 4, 5]]
        _ = Tensor(rows)
      },
      Misuse(message: "tensor: ragged array: 1 element where shape [2, 2, 1] requires 2") {
        let blocks: [[[Double]]] = [[[1], [2]], [[3]]]
        _ = Tensor(blocks)
      },
      Misuse(message: "tensor: int32 cannot hold 3000000000; create a float32 tensor") {
        _ = Tensor([3_000_000_000] as [Int])
      },
      Misuse(message: "tensor: int32 cannot hold 0.5; create a float32 tensor") {
        _ = Tensor([1, 0.5] as [Float], dtype: .int32)
      },
      Misuse(message: "tensor: int32 cannot hold NaN; create a float32 tensor") {
        _ = Tensor([-Double.nan] as [Double], dtype: .int32)
      },
      Misuse(message: "tensor: bool cannot hold 2; create a float32 tensor") {
        _ = Tensor([2] as [UInt8], dtype: .bool)
      },
      Misuse(message: "tensor: shape [2] has 2 elements, not 1") {
        _ = Tensor(repeatElement(1, count: 1), shape: [2])
      },
      Misuse(message: "[Float](_:): a tensor of shape [1, 2] has 2 axes, not 1") {
        _ = [Float](Tensor([[1, 2]]))
      },
      Misuse(message: "[[Int32]](_:): a tensor of shape [2] has 1 axis, not 2") {
        _ = [[Int32]](Tensor([1, 2]))
      },
      Misuse(message: "Float(_:): a tensor of shape [2] has 2 elements, not one") {
        _ = Float(Tensor([1, 2]))
      },
      Misuse(message: "UInt8: cannot hold the element 300") { _ = [UInt8](Tensor([300])) },
      Misuse(message: "Int: cannot hold the element NaN") { _ = Int(Tensor(-Double.nan)) },
      Misuse(message: "UInt: cannot hold the element -1") {
        _ = UInt(Tensor([-1], dtype: .int32))
      },
    ]
  }

  @Test(arguments: Misuse.all.indices)
  func misuseStops(_ index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [index = index as Int] in Misuse.all[index].body()
    }
    expectMessage(Misuse.all[index].message, of: result)
  }
}
