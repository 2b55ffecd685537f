import Autograd
import CLibrary
import Tensor

extension OpCase {
  static let powers = table {
    for exponent in [-1, 0, 0.5, 1, 2, 2.5, 3] {
      unary("pow(Tensor, Double)", named: "power \(exponent)", on: .range(0.5, 2)) {
        pow($0, exponent)
      } reference: {
        CLibrary.pow($0, exponent)
      }
    }
    binary("pow(Tensor, Tensor)", named: "power", on: .range(0.5, 2), and: .range(-2, 2)) {
      pow($0, $1)
    } reference: {
      CLibrary.pow($0, $1)
    }.with {
      $0.errors = [
        OpError("pow: shapes [3, 2] and [3] do not broadcast") {
          _ = pow(Tensor.ones([3, 2]), Tensor.ones([3]))
        }
      ]
    }
    unary("square(Tensor)") {
      square($0)
    } reference: {
      $0 * $0
    }.with(roundedOnce)
    unary("sqrt(Tensor)", on: .range(0.5, 4)) {
      sqrt($0)
    } reference: {
      $0.squareRoot()
    }
    unary("rsqrt(Tensor)", on: .range(0.5, 4)) {
      rsqrt($0)
    } reference: {
      1 / $0.squareRoot()
    }
  }
}
