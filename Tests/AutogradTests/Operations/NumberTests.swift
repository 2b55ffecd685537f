import Foundation
import TestSupport
import Testing

/// What an operation with a number does beside tensors whose dtype cannot hold the number.
///
/// Every public operation that takes a `Double` has a row.
struct NumberRow: Sendable, CustomTestStringConvertible {
  enum Rule: Sendable {
    /// The number becomes an element. Gives what the operation of two tensors gives.
    case arithmetic(
      apply: @Sendable (Tensor, Double) -> Tensor, reference: @Sendable (Tensor, Tensor) -> Tensor)
    /// Gives a truth that is exact for any number.
    case comparison(
      apply: @Sendable (Tensor, Double) -> Tensor, reference: @Sendable (Double, Double) -> Bool)
    /// Makes a tensor from the number.
    case creation(@Sendable (Double, DType) -> Tensor)
    /// Integers have no meaning for the operation.
    case floatingPoint(@Sendable (Tensor) -> Tensor)
    /// Tested by itself.
    case special
  }

  /// The declaration, as ``PublicOperations`` spells it.
  let operation: String
  /// The name in messages.
  let name: String
  let rule: Rule

  var testDescription: String { operation }

  init(_ operation: String, _ name: String, _ rule: Rule) {
    (self.operation, self.name, self.rule) = (operation, name, rule)
  }

  static let all: [NumberRow] =
    arithmetic + comparisons + creations + floatingPoint + [
      NumberRow("clamp(Tensor, from: Double, to: Double)", "clamp", .special),
      NumberRow("clamp(Tensor, from: Double)", "clamp", .special),
      NumberRow("quantile(Double)", "quantile", .special),
      NumberRow(
        "quantile(Double, along: Int, keepingAxes: Bool)", "quantile", .special),
      NumberRow("clamp(Tensor, to: Double)", "clamp", .special),
      NumberRow("select(Tensor, Double, Double)", "select", .special),
      // The number is the factor of a size.
      NumberRow(
        "interpolate(Tensor, factor: Double, mode: InterpolationMode, alignCorners: Bool)",
        "interpolate", .special),
    ]

  /// The result of an assignment.
  private static func assigned(
    _ x: Tensor, _ number: Double, _ assign: (inout Tensor, Double) -> Void
  ) -> Tensor {
    var result = x
    assign(&result, number)
    return result
  }

  private static let arithmetic: [NumberRow] = [
    .init(
      "+=(inout Tensor, Double)", "+=",
      .arithmetic(apply: { assigned($0, $1) { $0 += $1 } }, reference: { $0 + $1 })),
    .init(
      "-=(inout Tensor, Double)", "-=",
      .arithmetic(apply: { assigned($0, $1) { $0 -= $1 } }, reference: { $0 - $1 })),
    .init(
      "*=(inout Tensor, Double)", "*=",
      .arithmetic(apply: { assigned($0, $1) { $0 *= $1 } }, reference: { $0 * $1 })),
    .init(
      "/=(inout Tensor, Double)", "/=",
      .arithmetic(apply: { assigned($0, $1) { $0 /= $1 } }, reference: { $0 / $1 })),
    .init(
      "%=(inout Tensor, Double)", "%=",
      .arithmetic(apply: { assigned($0, $1) { $0 %= $1 } }, reference: { $0 % $1 })),
    .init("%(Double, Tensor)", "%", .arithmetic(apply: { $1 % $0 }, reference: { $1 % $0 })),
    .init(
      "maximum(Tensor, Double)", "maximum",
      .arithmetic(apply: { maximum($0, $1) }, reference: { maximum($0, $1) })),
    .init(
      "maximum(Double, Tensor)", "maximum",
      .arithmetic(apply: { maximum($1, $0) }, reference: { maximum($1, $0) })),
    .init(
      "minimum(Tensor, Double)", "minimum",
      .arithmetic(apply: { minimum($0, $1) }, reference: { minimum($0, $1) })),
    .init(
      "minimum(Double, Tensor)", "minimum",
      .arithmetic(apply: { minimum($1, $0) }, reference: { minimum($1, $0) })),
    .init(
      "pow(Double, Tensor)", "pow",
      .arithmetic(apply: { pow($1, $0) }, reference: { pow($1, $0) })),
    .init(
      "select(Tensor, Tensor, Double)", "select",
      .arithmetic(
        apply: { select($0 .== $0, $0, $1) }, reference: { select($0 .== $0, $0, $1) })),
    .init(
      "select(Tensor, Double, Tensor)", "select",
      .arithmetic(
        apply: { select($0 .== $0, $1, $0) }, reference: { select($0 .== $0, $1, $0) })),
    .init("+(Tensor, Double)", "+", .arithmetic(apply: { $0 + $1 }, reference: { $0 + $1 })),
    .init("+(Double, Tensor)", "+", .arithmetic(apply: { $1 + $0 }, reference: { $1 + $0 })),
    .init("-(Tensor, Double)", "-", .arithmetic(apply: { $0 - $1 }, reference: { $0 - $1 })),
    .init("-(Double, Tensor)", "-", .arithmetic(apply: { $1 - $0 }, reference: { $1 - $0 })),
    .init("*(Tensor, Double)", "*", .arithmetic(apply: { $0 * $1 }, reference: { $0 * $1 })),
    .init("*(Double, Tensor)", "*", .arithmetic(apply: { $1 * $0 }, reference: { $1 * $0 })),
    .init("/(Tensor, Double)", "/", .arithmetic(apply: { $0 / $1 }, reference: { $0 / $1 })),
    .init("/(Double, Tensor)", "/", .arithmetic(apply: { $1 / $0 }, reference: { $1 / $0 })),
    .init("%(Tensor, Double)", "%", .arithmetic(apply: { $0 % $1 }, reference: { $0 % $1 })),
    .init(
      "pow(Tensor, Double)", "pow",
      .arithmetic(apply: { pow($0, $1) }, reference: { pow($0, $1) })),
    .init(
      "lerp(Tensor, Tensor, Double)", "lerp",
      .arithmetic(apply: { lerp($0, $0 + $0, $1) }, reference: { lerp($0, $0 + $0, $1) })),
    .init(
      "padded(before: Int, after: Int, along: Int, with: PaddingMode)", "padded",
      .arithmetic(
        apply: { $0.padded(before: 0, after: 1, along: 0, with: .constant($1)) },
        reference: { concatenated([$0, $1.expanded(along: 0)]) })),
    .init(
      "filled(with: Double, where: Tensor)", "filled",
      .arithmetic(
        apply: { $0.filled(with: $1, where: Tensor(true)) },
        reference: { $1.broadcast(to: $0.shape).contiguous })),
    .init(
      "padded(top: Int, bottom: Int, left: Int, right: Int, with: PaddingMode)", "padded",
      .arithmetic(
        apply: {
          $0.expanded(along: 0).padded(right: 1, with: .constant($1)).squeezed(along: 0)
        },
        reference: { concatenated([$0, $1.expanded(along: 0)]) })),
  ]

  private static let comparisons: [NumberRow] = [
    .init(".==(Double, Tensor)", ".==", .comparison(apply: { $1 .== $0 }, reference: { $1 == $0 })),
    .init(".!=(Double, Tensor)", ".!=", .comparison(apply: { $1 .!= $0 }, reference: { $1 != $0 })),
    .init(".<(Double, Tensor)", ".<", .comparison(apply: { $1 .< $0 }, reference: { $1 < $0 })),
    .init(".<=(Double, Tensor)", ".<=", .comparison(apply: { $1 .<= $0 }, reference: { $1 <= $0 })),
    .init(".>(Double, Tensor)", ".>", .comparison(apply: { $1 .> $0 }, reference: { $1 > $0 })),
    .init(".>=(Double, Tensor)", ".>=", .comparison(apply: { $1 .>= $0 }, reference: { $1 >= $0 })),
    .init(".==(Tensor, Double)", ".==", .comparison(apply: { $0 .== $1 }, reference: { $0 == $1 })),
    .init(".!=(Tensor, Double)", ".!=", .comparison(apply: { $0 .!= $1 }, reference: { $0 != $1 })),
    .init(".<(Tensor, Double)", ".<", .comparison(apply: { $0 .< $1 }, reference: { $0 < $1 })),
    .init(".<=(Tensor, Double)", ".<=", .comparison(apply: { $0 .<= $1 }, reference: { $0 <= $1 })),
    .init(".>(Tensor, Double)", ".>", .comparison(apply: { $0 .> $1 }, reference: { $0 > $1 })),
    .init(".>=(Tensor, Double)", ".>=", .comparison(apply: { $0 .>= $1 }, reference: { $0 >= $1 })),
  ]

  private static let creations: [NumberRow] = [
    .init(
      "init(repeating: Double, shape: Shape, dtype: DType)", "tensor",
      .creation {
        Tensor(repeating: $0, shape: [2], dtype: $1)
      }),
    .init("init(Double, dtype: DType)", "tensor", .creation { Tensor($0, dtype: $1) }),
    .init("init([Double], dtype: DType?)", "tensor", .creation { Tensor([$0, $0], dtype: $1) }),
    .init("init([[Double]], dtype: DType?)", "tensor", .creation { Tensor([[$0]], dtype: $1) }),
    .init(
      "full(Shape, Double, dtype: DType)", "full",
      .creation {
        Tensor.full([2, 3], $0, dtype: $1)
      }),
    .init(
      "full(like: Tensor, Double)", "full",
      .creation {
        Tensor.full(like: Tensor.zeros([3], dtype: $1), $0)
      }),
    .init(
      "init(TensorLiteral, dtype: DType?)", "tensor literal",
      .creation {
        Tensor(.list([.number($0), .number($0)]), dtype: $1)
      }),
    .init(
      "linspace(from: Double, to: Double, count: Int, dtype: DType)", "linspace",
      .creation {
        Tensor.linspace(from: $0, to: $0, count: 1, dtype: $1)
      }),
    .init(
      "arange(from: Double, to: Double, step: Double, dtype: DType)", "arange",
      .creation {
        // Only finite ranges are valid, so that NaN and infinity have a message of their own.
        $0.isFinite
          ? Tensor.arange(
            from: $0, to: $0 + Swift.max(Swift.abs($0), 1) / 2, step: 1e301, dtype: $1)
          : Tensor.full([1], $0, dtype: $1)
      }),
  ]

  private static let floatingPoint: [NumberRow] = [
    .init("leakyRelu(Tensor, slope: Double)", "leakyRelu", .floatingPoint { leakyRelu($0) }),
    .init("elu(Tensor, alpha: Double)", "elu", .floatingPoint { elu($0) }),
    .init(
      "conv1d(Tensor, Tensor, bias: Tensor?, stride: Int, padding: some WindowPaddingConvertible, paddingMode: Tensor.PaddingMode, dilation: Int, groups: Int)",
      "conv1d",
      .floatingPoint {
        let x = $0.reshaped(to: [1, 1, 2])
        return conv1d(x, x, padding: 1, paddingMode: .constant(0.5))
      }),
    .init(
      "conv2d(Tensor, Tensor, bias: Tensor?, stride: some IntOrPairConvertible, padding: some WindowPaddingConvertible, paddingMode: Tensor.PaddingMode, dilation: some IntOrPairConvertible, groups: Int)",
      "conv2d",
      .floatingPoint {
        let x = $0.reshaped(to: [1, 1, 1, 2])
        return conv2d(x, x, padding: 1, paddingMode: .constant(0.5))
      }),
    .init("celu(Tensor, alpha: Double)", "celu", .floatingPoint { celu($0) }),
    // These have numbers of their own.
    .init("selu(Tensor)", "selu", .floatingPoint { selu($0) }),
    .init("geluTanh(Tensor)", "geluTanh", .floatingPoint { geluTanh($0) }),
    .init("hardSigmoid(Tensor)", "hardSigmoid", .floatingPoint { hardSigmoid($0) }),
    .init("hardSwish(Tensor)", "hardSwish", .floatingPoint { hardSwish($0) }),
    .init("softsign(Tensor)", "softsign", .floatingPoint { softsign($0) }),
    .init("variance(correction: Double)", "mean", .floatingPoint { $0.variance() }),
    .init(
      "variance(along: [Int], correction: Double, keepingAxes: Bool)", "mean",
      .floatingPoint { $0.variance(along: [0]) }),
    .init(
      "variance(along: Int..., correction: Double, keepingAxes: Bool)", "mean",
      .floatingPoint { $0.variance(along: 0) }),
    .init(
      "standardDeviation(correction: Double)", "mean", .floatingPoint { $0.standardDeviation() }),
    .init(
      "standardDeviation(along: [Int], correction: Double, keepingAxes: Bool)", "mean",
      .floatingPoint { $0.standardDeviation(along: [0]) }),
    .init(
      "standardDeviation(along: Int..., correction: Double, keepingAxes: Bool)", "mean",
      .floatingPoint { $0.standardDeviation(along: 0) }),
    .init(
      "layerNorm(Tensor, weight: Tensor, bias: Tensor, epsilon: Double)", "layerNorm",
      .floatingPoint { layerNorm($0, weight: $0, bias: $0) }),
    .init(
      "rmsNorm(Tensor, weight: Tensor, epsilon: Double)", "rmsNorm",
      .floatingPoint { rmsNorm($0, weight: $0) }),
    .init(
      "scaledDotProductAttention(Tensor, Tensor, Tensor, mask: Tensor?, isCausal: Bool, scale: Double?)",
      "",
      .floatingPoint {
        let x = $0.expanded(along: 0)
        return scaledDotProductAttention(x, x, x)
      }),
    .init(
      "softmaxCrossEntropy(Tensor, labels: Tensor, labelSmoothing: Double)", "softmaxCrossEntropy",
      .floatingPoint {
        softmaxCrossEntropy(
          $0.expanded(along: 0), labels: Tensor([0], dtype: .int32), labelSmoothing: 0.5)
      }),
    .init(
      "linearCrossEntropy(Tensor, weight: Tensor, bias: Tensor?, labels: Tensor, labelSmoothing: Double)",
      "linearCrossEntropy",
      .floatingPoint {
        linearCrossEntropy(
          $0.expanded(along: 0), weight: $0.expanded(along: 0),
          labels: Tensor([0], dtype: .int32), labelSmoothing: 0.5)
      }),
    .init(
      "pseudoInverse(Tensor, tolerance: Double?)", "pseudoInverse",
      .floatingPoint { LinearAlgebra.pseudoInverse($0.expanded(along: 0)) }),
    .init(
      "leastSquares(Tensor, Tensor, tolerance: Double?)", "leastSquares",
      .floatingPoint { LinearAlgebra.leastSquares($0.expanded(along: 0), $0) }),
    .init(
      "matrixRank(Tensor, tolerance: Double?)", "matrixRank",
      .floatingPoint { LinearAlgebra.matrixRank($0.expanded(along: 0)) }),
  ]
}

struct NumberTests {
  /// Numbers that int32 cannot hold, and how messages spell them.
  static let unheld: [(number: Double, text: String)] = [
    (0.5, "0.5"), (-2.25, "-2.25"), (2_147_483_648, "2147483648"), (-2_147_483_649, "-2147483649"),
    (1e300, "1e+300"), (.nan, "NaN"), (-.nan, "NaN"), (.infinity, "infinity"),
    (-.infinity, "-infinity"),
  ]

  private let ints: [Int32] = [.min, .min + 1, -3, -1, 0, 1, 2, 7, .max - 1, .max]

  @Test func everyOperationWithANumberHasARow() throws {
    let folder = packageFolder.appending(path: "Sources/Tensor")
    var declared = try PublicOperations.declared()
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
    where name.hasSuffix(".swift") {
      declared += PublicOperations.declarations(
        in: try String(contentsOf: folder.appending(path: name), encoding: .utf8))
    }
    let expected = declared.filter { $0.contains(/Double|PaddingMode|TensorLiteral/) }
    #expect(expected.count > 25, "the declarations are not found")
    let rows = Set(NumberRow.all.map(\.operation))
    let missing = expected.filter { !rows.contains($0) }
    #expect(missing.isEmpty, "operations with a number that have no row: \(missing)")
    let unknown = rows.subtracting(declared)
    #expect(unknown.isEmpty, "rows for operations that do not exist: \(unknown)")
  }

  // MARK: Numbers that the dtype holds

  @Test(arguments: NumberRow.all)
  func heldNumbersAreElements(_ row: NumberRow) {
    let int = Tensor(ints, shape: [ints.count])
    for number in [0, -0.0, 1, -1, 2, -3, 7, Double(Int32.min), Double(Int32.max)] {
      switch row.rule {
      case .arithmetic(let apply, let reference):
        // Negative powers of integers are fractions.
        if row.name == "pow" && number < 0 { continue }
        let other = Tensor([Int32(number)], shape: [1])[0]
        expectIdentical(apply(int, number), reference(int, other), "\(row.operation) \(number)")
      case .creation(let make):
        for element in make(number, .int32).scalars(as: Double.self) { #expect(element == number) }
        if number == 0 || number == 1 {
          let truths = make(number, .bool).scalars(as: Bool.self)
          #expect(!truths.isEmpty && truths.allSatisfy { $0 == (number == 1) })
        }
      default: break
      }
    }
  }

  /// Floating-point dtypes round any number.
  @Test(arguments: NumberRow.all)
  func floatingPointNumbersAreRounded(_ row: NumberRow) {
    guard case .creation(let make) = row.rule else { return }
    for (number, _) in Self.unheld {
      for element in make(number, .float64).scalars(as: Double.self) {
        #expect(element == number || element.isNaN && number.isNaN)
      }
      for element in make(number, .float32).scalars(as: Float.self) {
        #expect(element == Float(number) || element.isNaN && number.isNaN)
      }
    }
  }

  // MARK: Numbers that it cannot hold

  struct Stop: Sendable, CustomTestStringConvertible {
    let row: Int
    let number: Int
    let isTruth: Bool
    var testDescription: String { "\(NumberRow.all[row].operation), \(expected)" }

    var expected: String {
      let dtype = isTruth ? "bool" : "int32"
      let row = NumberRow.all[row]
      return switch row.rule {
      case .arithmetic where isTruth && !["padded", "filled", "select"].contains(row.name):
        "not defined for bool"
      case .arithmetic:
        "\(row.name): \(dtype) cannot hold \(unheld[number].text); convert the tensor first"
      case .creation:
        "\(dtype) cannot hold \(unheld[number].text); create a float32 tensor and convert it"
      case .floatingPoint: "not defined for \(dtype)"
      default: ""
      }
    }

    func run() {
      let number = unheld[number].number
      let x = isTruth ? Tensor([true, false]) : Tensor([3, 4], dtype: .int32)
      switch NumberRow.all[row].rule {
      case .arithmetic(let apply, _): _ = apply(x, number)
      case .creation(let make): _ = make(number, x.dtype)
      case .floatingPoint(let apply): _ = apply(x)
      default: break
      }
    }

    static let all: [Stop] = NumberRow.all.indices.flatMap { row -> [Stop] in
      switch NumberRow.all[row].rule {
      case .arithmetic, .creation:
        // A fraction and some other number for each row: a process takes its time.
        [
          Stop(row: row, number: 0, isTruth: false),
          Stop(row: row, number: 1 + row % (unheld.count - 1), isTruth: false),
          Stop(row: row, number: 0, isTruth: true),
        ]
      case .floatingPoint: [Stop(row: row, number: 0, isTruth: false)]
      default: []
      }
    }
  }

  @Test(arguments: Stop.all)
  func otherNumbersStopWithAMessage(_ stop: Stop) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [row = stop.row as Int, number = stop.number as Int, isTruth = stop.isTruth as Bool] in
      Stop(row: row, number: number, isTruth: isTruth).run()
    }
    expectMessage(stop.expected, of: result, stop.testDescription)
  }

  @Test func negativePowersOfIntegersStop() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = pow(Tensor([2], dtype: .int32), -1)
    }
    expectMessage("pow: int32 cannot hold powers of -1; convert the tensor first", of: result)
  }

  // MARK: Comparisons

  @Test(arguments: NumberRow.all)
  func comparisonsAreExactForAnyNumber(_ row: NumberRow) {
    guard case .comparison(let apply, let reference) = row.rule else { return }
    let near = ints.map(Double.init).flatMap { [$0 - 0.5, $0.nextDown, $0, $0.nextUp, $0 + 0.5] }
    let largest = Double(Float.greatestFiniteMagnitude)
    let far = [1e10, 3e38, largest, 3.5e38, 1e300, .greatestFiniteMagnitude, .infinity]
    let numbers = near + far + far.map(-) + [.nan, -.nan, 1e-300, -1e-300, -0.0]
    let floats: [Float] = [
      -.infinity, -.greatestFiniteMagnitude, -1, -0.0, 0, 0.5, 1, .greatestFiniteMagnitude,
      .infinity, .nan,
    ]
    for number in numbers {
      func check(_ x: Tensor, _ number: Double) {
        let expected = x.scalars(as: Double.self).map { reference($0, number) }
        for layout in [x, x.reshaped(to: [x.elementCount, 1]).broadcast(to: [x.elementCount, 2])] {
          let actual = apply(layout, number).reshaped(to: [x.elementCount, -1])[.all, -1]
          #expect(
            actual.scalars(as: Bool.self) == expected, "\(row.operation), \(x.dtype), \(number)")
        }
      }
      check(Tensor(ints, shape: [ints.count]), number)
      check(Tensor([true, false]), number)
      check(Tensor(floats.map(Double.init), shape: [floats.count]), number)
      // Within the range of float32 the number is rounded.
      let isWithin = Swift.abs(number) <= largest
      let x = Tensor(floats, shape: [floats.count])
      let rounded = isWithin ? Double(Float(number)) : number
      #expect(
        apply(x, number).scalars(as: Bool.self) == floats.map { reference(Double($0), rounded) },
        "\(row.operation), float32, \(number)")
    }
  }

  @Test func clampingIntegersIsExact() {
    let x = Tensor(ints, shape: [ints.count])
    let bounds: [Double] = [
      -.infinity, -1e300, -3e9, Double(Int32.min), -2.5, -1, -0.5, 0, 0.25, 1.5, 6.999,
      Double(Int32.max), 3e9, .infinity,
    ]
    for lower in bounds {
      for upper in bounds where lower <= upper {
        // The integers between the bounds, of which the nearest is the result.
        let first = Swift.max(lower.rounded(.up), Double(Int32.min))
        let last = Swift.min(upper.rounded(.down), Double(Int32.max))
        if first > last { continue }
        let expected = ints.map { Int32(Swift.min(Swift.max(Double($0), first), last)) }
        expectIdentical(
          clamp(x, from: lower, to: upper), Tensor(expected, shape: [ints.count]),
          "\(lower) to \(upper)")
      }
    }
  }

  @Test func rangesWithoutIntegersStop() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = clamp(Tensor([1], dtype: .int32), from: 0.25, to: 0.75)
    }
    expectMessage("clamp: int32 has no number from 0.25 to 0.75", of: result)
    let beyond = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = clamp(Tensor([1], dtype: .int32), from: 3e9, to: .infinity)
    }
    expectMessage("clamp: int32 has no number from 3000000000 to infinity", of: beyond)
    let truth = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = clamp(Tensor([true]), from: 0, to: 1)
    }
    expectMessage("clamp: not defined for bool", of: truth)
  }

  /// An offset beyond int32 is far outside of any matrix.
  @Test func trianglesTakeAnyOffset() {
    for offset in [Int(Int32.max), 1 << 40, Int.max] {
      #expect(Tensor.lowerTriangleMask(rows: 3, columns: 4, offset: offset).all().scalar() == 1)
      #expect(Tensor.lowerTriangleMask(rows: 3, columns: 4, offset: -offset).any().scalar() == 0)
      let x = Tensor(repeating: 1, shape: [2, 3, 4])
      #expect(x.lowerTriangle(offset: offset).sum().scalar() == 24)
      #expect(x.lowerTriangle(offset: -offset).sum().scalar() == 0)
      #expect(x.upperTriangle(offset: offset).sum().scalar() == 0)
      #expect(x.upperTriangle(offset: -offset).sum().scalar() == 24)
    }
  }
}
