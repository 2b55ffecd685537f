import Autograd
import CLibrary
import Tensor

extension OpCase {
  /// Operations beside numbers of each type, on both sides.
  package static let numbers = table {
    sumsWithNumbers
    differencesWithNumbers
    productsWithNumbers
    quotientsWithNumbers
    remaindersWithNumbers
    assignmentsOfNumbers
    ordersOfNumbers
    functionsOfNumbers
  }

  private static let int = 3
  private static let float: Float = 0.75
  private static let byte: UInt8 = 2

  /// The rows of an operation with a number of some type on the right and on the left.
  private static func sides(
    _ operation: String, _ type: String, _ number: Double, on domain: Input.Domain = .range(0.5, 2),
    right: @escaping @Sendable (Tensor) -> Tensor, left: @escaping @Sendable (Tensor) -> Tensor,
    reference: @escaping @Sendable (Double, Double) -> Double
  ) -> [OpCase] {
    // One operator takes all types.
    let declared = ["+", "-", "*", "/"].contains(operation) ? "Number" : type
    return [
      unary(
        "\(operation)(Tensor, \(declared))", named: "\(operation) with \(type)", on: domain, right
      ) { reference($0, number) },
      unary(
        "\(operation)(\(declared), Tensor)", named: "\(operation) of \(type)", on: domain, left
      ) { reference(number, $0) },
    ]
  }

  private static let sumsWithNumbers = table {
    sides(
      "+", "Int", 3, right: { $0 + int }, left: { int + $0 },
      reference: { $0 + $1 }
    ).map { $0.with(roundedOnce) }
    sides(
      "+", "Float", 0.75, right: { $0 + float }, left: { float + $0 },
      reference: { $0 + $1 }
    ).map { $0.with(roundedOnce) }
    sides(
      "+", "Number", 2, right: { $0 + byte }, left: { byte + $0 },
      reference: { $0 + $1 }
    ).map { $0.with(roundedOnce) }
  }

  private static let differencesWithNumbers = table {
    sides(
      "-", "Int", 3, right: { $0 - int }, left: { int - $0 },
      reference: { $0 - $1 }
    ).map { $0.with(roundedOnce) }
    sides(
      "-", "Float", 0.75, right: { $0 - float }, left: { float - $0 },
      reference: { $0 - $1 }
    ).map { $0.with(roundedOnce) }
    sides(
      "-", "Number", 2, right: { $0 - byte }, left: { byte - $0 },
      reference: { $0 - $1 }
    ).map { $0.with(roundedOnce) }
  }

  private static let productsWithNumbers = table {
    sides(
      "*", "Int", 3, right: { $0 * int }, left: { int * $0 },
      reference: { $0 * $1 }
    ).map { $0.with(roundedOnce) }
    sides(
      "*", "Float", 0.75, right: { $0 * float }, left: { float * $0 },
      reference: { $0 * $1 }
    ).map { $0.with(roundedOnce) }
    sides(
      "*", "Number", 2, right: { $0 * byte }, left: { byte * $0 },
      reference: { $0 * $1 }
    ).map { $0.with(roundedOnce) }
  }

  private static let quotientsWithNumbers = table {
    sides(
      "/", "Int", 3, right: { $0 / int }, left: { int / $0 },
      reference: { $0 / $1 }
    ).map { $0.with(roundedOnce) }
    sides(
      "/", "Float", 0.75, right: { $0 / float }, left: { float / $0 },
      reference: { $0 / $1 }
    ).map { $0.with(roundedOnce) }
    sides(
      "/", "Number", 2, right: { $0 / byte }, left: { byte / $0 },
      reference: { $0 / $1 }
    ).map { $0.with(roundedOnce) }
  }

  /// Dividends and divisors whose quotients with the numbers are far from integers.
  private static let indivisible = Input.Domain.choice([0.8, 1.3, -0.7, 1.9, -1.1])

  private static let remaindersWithNumbers = table {
    unary("%(Double, Tensor)", named: "% of Double", on: indivisible) {
      3 % $0
    } reference: {
      remainder(3, $0)
    }.with { $0.bound = Bound(relative: 2.4e-7, absolute: 4e-7) }
    sides(
      "%", "Int", 3, on: indivisible, right: { $0 % int }, left: { int % $0 },
      reference: remainder
    ).map { $0.with { $0.bound = Bound(relative: 2.4e-7, absolute: 4e-7) } }
    sides(
      "%", "Float", 0.75, on: indivisible, right: { $0 % float }, left: { float % $0 },
      reference: remainder
    ).map { $0.with { $0.bound = Bound(relative: 2.4e-7, absolute: 4e-7) } }
    sides(
      "%", "Number", 2, on: indivisible, right: { $0 % byte }, left: { byte % $0 },
      reference: remainder
    ).map { $0.with { $0.bound = Bound(relative: 2.4e-7, absolute: 4e-7) } }
  }

  private static func assignment(
    _ operation: String, _ type: String, on domain: Input.Domain = .range(-2, 2),
    _ assign: @escaping @Sendable (inout Tensor) -> Void,
    reference: @escaping @Sendable (Double) -> Double
  ) -> OpCase {
    unary("\(operation)(inout Tensor, \(type))", named: "\(operation) \(type)", on: domain) {
      // One that is assigned in place, and one that shares its elements.
      var result = $0
      assign(&result)
      var other = $0 + 0
      assign(&other)
      return select(result .== other, result, .nan)
    } reference: {
      reference($0)
    }
  }

  private static let assignmentsOfNumbers = table {
    assignment("+=", "Double", { $0 += 0.75 }, reference: { $0 + 0.75 })
    assignment("+=", "Number", { $0 += byte }, reference: { $0 + 2 })
    assignment("-=", "Double", { $0 -= 0.75 }, reference: { $0 - 0.75 })
    assignment("-=", "Number", { $0 -= byte }, reference: { $0 - 2 })
    assignment("*=", "Double", { $0 *= 0.75 }, reference: { $0 * 0.75 })
    assignment("*=", "Number", { $0 *= byte }, reference: { $0 * 2 })
    assignment("/=", "Double", { $0 /= 0.75 }, reference: { $0 / 0.75 })
    assignment("/=", "Number", { $0 /= byte }, reference: { $0 / 2 })
    assignment("%=", "Double", on: indivisible, { $0 %= 0.75 }, reference: { remainder($0, 0.75) })
      .with {
        $0.bound = Bound(relative: 2.4e-7, absolute: 4e-7)
      }
    assignment("%=", "Number", on: indivisible, { $0 %= byte }, reference: { remainder($0, 2) })
      .with {
        $0.bound = Bound(relative: 2.4e-7, absolute: 4e-7)
      }
  }

  private static let ordersOfNumbers = table {
    unary(".==(Double, Tensor)", named: ".== of Double", on: .choice([-1, 2, 0.5, .nan])) {
      2 .== $0
    } reference: {
      2 == $0 ? 1 : 0
    }.with(givesTruths)
    sides(
      ".==", "Number", 2, on: .choice([-1, 2, 0.5, .nan]), right: { $0 .== byte },
      left: { byte .== $0 }, reference: { $0 == $1 ? 1 : 0 }
    ).map { $0.with(givesTruths) }
    unary(".!=(Double, Tensor)", named: ".!= of Double", on: .choice([-1, 2, 0.5, .nan])) {
      2 .!= $0
    } reference: {
      2 != $0 ? 1 : 0
    }.with(givesTruths)
    sides(
      ".!=", "Number", 2, on: .choice([-1, 2, 0.5, .nan]), right: { $0 .!= byte },
      left: { byte .!= $0 }, reference: { $0 != $1 ? 1 : 0 }
    ).map { $0.with(givesTruths) }
    unary(".<(Double, Tensor)", named: ".< of Double", on: .choice([-1, 2, 0.5, .nan])) {
      2 .< $0
    } reference: {
      2 < $0 ? 1 : 0
    }.with(givesTruths)
    sides(
      ".<", "Number", 2, on: .choice([-1, 2, 0.5, .nan]), right: { $0 .< byte },
      left: { byte .< $0 }, reference: { $0 < $1 ? 1 : 0 }
    ).map { $0.with(givesTruths) }
    unary(".<=(Double, Tensor)", named: ".<= of Double", on: .choice([-1, 2, 0.5, .nan])) {
      2 .<= $0
    } reference: {
      2 <= $0 ? 1 : 0
    }.with(givesTruths)
    sides(
      ".<=", "Number", 2, on: .choice([-1, 2, 0.5, .nan]), right: { $0 .<= byte },
      left: { byte .<= $0 }, reference: { $0 <= $1 ? 1 : 0 }
    ).map { $0.with(givesTruths) }
    unary(".>(Double, Tensor)", named: ".> of Double", on: .choice([-1, 2, 0.5, .nan])) {
      2 .> $0
    } reference: {
      2 > $0 ? 1 : 0
    }.with(givesTruths)
    sides(
      ".>", "Number", 2, on: .choice([-1, 2, 0.5, .nan]), right: { $0 .> byte },
      left: { byte .> $0 }, reference: { $0 > $1 ? 1 : 0 }
    ).map { $0.with(givesTruths) }
    unary(".>=(Double, Tensor)", named: ".>= of Double", on: .choice([-1, 2, 0.5, .nan])) {
      2 .>= $0
    } reference: {
      2 >= $0 ? 1 : 0
    }.with(givesTruths)
    sides(
      ".>=", "Number", 2, on: .choice([-1, 2, 0.5, .nan]), right: { $0 .>= byte },
      left: { byte .>= $0 }, reference: { $0 >= $1 ? 1 : 0 }
    ).map { $0.with(givesTruths) }
  }

  private static let functionsOfNumbers = table {
    sides(
      "maximum", "Double", 0.75, on: .avoiding([0.75]), right: { maximum($0, 0.75) },
      left: { maximum(0.75, $0) }, reference: { Swift.max($0, $1) }
    ).map { $0.with(exact) }
    sides(
      "maximum", "Number", 2, on: .avoiding([2]), right: { maximum($0, byte) },
      left: { maximum(byte, $0) }, reference: { Swift.max($0, $1) }
    ).map { $0.with(exact) }
    sides(
      "minimum", "Double", 0.75, on: .avoiding([0.75]), right: { minimum($0, 0.75) },
      left: { minimum(0.75, $0) }, reference: { Swift.min($0, $1) }
    ).map { $0.with(exact) }
    sides(
      "minimum", "Number", 2, on: .avoiding([2]), right: { minimum($0, byte) },
      left: { minimum(byte, $0) }, reference: { Swift.min($0, $1) }
    ).map { $0.with(exact) }
    sides(
      "pow", "Number", 2, right: { pow($0, byte) }, left: { pow(byte, $0) },
      reference: { CLibrary.pow($0, $1) })
    for base in [0.5, 2, 10] {
      unary("pow(Double, Tensor)", named: "power of \(base)") {
        pow(base, $0)
      } reference: {
        CLibrary.pow(base, $0)
      }
    }
    unary("pow(Double, Tensor)", named: "power of 0", on: .range(0.5, 2)) {
      pow(0, $0)
    } reference: {
      CLibrary.pow(0, $0)
    }
    unary(
      "select(Tensor, Tensor, Number)", named: "select Tensor, Tensor, Number", on: .avoiding([1])
    ) {
      select($0 .> 1, $0, byte)
    } reference: {
      $0 > 1 ? $0 : 2
    }.with(exact)
    unary(
      "select(Tensor, Number, Tensor)", named: "select Tensor, Number, Tensor", on: .avoiding([1])
    ) {
      select($0 .> 1, byte, $0)
    } reference: {
      $0 > 1 ? 2 : $0
    }.with(exact)
    unary(
      "select(Tensor, Tensor, Double)", named: "select Tensor, Tensor, Double", on: .avoiding([1])
    ) {
      select($0 .> 1, $0, 0)
    } reference: {
      $0 > 1 ? $0 : 0
    }.with(exact)
    unary(
      "select(Tensor, Double, Tensor)", named: "select Tensor, Double, Tensor", on: .avoiding([1])
    ) {
      select($0 .> 1, 0.5, $0)
    } reference: {
      $0 > 1 ? 0.5 : $0
    }.with(exact)
    unary("select(Tensor, Double, Double)", named: "select two numbers", on: .avoiding([1])) {
      select($0 .> 1, 1, -0.5)
    } reference: {
      $0 > 1 ? 1 : -0.5
    }.with {
      exact(&$0)
      $0.resultType = .float32
      $0.isDifferentiable = false
    }
    unary("clamp(Tensor, from: Double)", named: "clamp from", on: .avoiding([-0.5])) {
      clamp($0, from: -0.5)
    } reference: {
      Swift.max($0, -0.5)
    }.with(exact)
    unary("clamp(Tensor, to: Double)", named: "clamp to", on: .avoiding([0.5])) {
      clamp($0, to: 0.5)
    } reference: {
      Swift.min($0, 0.5)
    }.with(exact)
    binary("lerp(Tensor, Tensor, Number)", named: "lerp by an integer") {
      lerp($0, $1, byte)
    } reference: {
      $0 + 2 * ($1 - $0)
    }.with { $0.bound = Bound(relative: 2.4e-7, absolute: 2e-6) }
  }
}
