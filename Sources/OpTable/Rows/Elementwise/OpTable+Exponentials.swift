import Autograd
import CLibrary
import Tensor

extension OpCase {
  static let exponentials = table {
    unary("exp(Tensor)") {
      exp($0)
    } reference: {
      CLibrary.exp($0)
    }.with {
      $0.errors = [OpError("exp: not defined for int32") { _ = exp(Tensor([1], dtype: .int32)) }]
    }
    unary("expm1(Tensor)") {
      expm1($0)
    } reference: {
      CLibrary.expm1($0)
    }
    unary("log(Tensor)", on: .range(0.5, 4)) {
      log($0)
    } reference: {
      CLibrary.log($0)
    }
    unary("log1p(Tensor)", on: .range(-0.5, 4)) {
      log1p($0)
    } reference: {
      CLibrary.log1p($0)
    }
    unary("exp2(Tensor)") {
      exp2($0)
    } reference: {
      CLibrary.exp2($0)
    }.with {
      $0.errors = [OpError("exp2: not defined for int32") { _ = exp2(Tensor([1], dtype: .int32)) }]
    }
    unary("log2(Tensor)", on: .range(0.5, 4)) {
      log2($0)
    } reference: {
      CLibrary.log2($0)
    }.with {
      $0.errors = [OpError("log2: not defined for bool") { _ = log2(Tensor([true])) }]
    }
    unary("log10(Tensor)", on: .range(0.5, 4)) {
      log10($0)
    } reference: {
      CLibrary.log10($0)
    }.with {
      $0.errors = [OpError("log10: not defined for bool") { _ = log10(Tensor([true])) }]
    }
    unary("erf(Tensor)") {
      erf($0)
    } reference: {
      CLibrary.erf($0)
    }
  }
}
