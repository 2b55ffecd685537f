// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import Tensor

// What cannot index a tensor, and what is written to its elements.

@available(*, unavailable, message: "a position is an integer: 'Int(number)'")
extension Double: TensorIndexing {
  public var tensorIndex: TensorIndex { fatalError() }
}

@available(*, unavailable, message: "a position is an integer: 'Int(number)'")
extension Float: TensorIndexing {
  public var tensorIndex: TensorIndex { fatalError() }
}

@available(
  *, unavailable,
  message: "axes have no names: index by positions, ranges, '.all', '.newAxis' or tensors"
)
extension String: TensorIndexing {
  public var tensorIndex: TensorIndex { fatalError() }
}

@available(
  *, unavailable, message: "unwrap the optional first; a new axis is '.newAxis', a whole one '.all'"
)
extension Optional: TensorIndexing {
  public var tensorIndex: TensorIndex { fatalError() }
}

// `-2...` is the negative of `2...`.
extension PartialRangeFrom where Bound == Int {
  @available(*, unavailable, message: "a range that starts from the end is '(-2)...'")
  public static prefix func - (range: Self) -> Self { fatalError() }
}

@available(*, unavailable, message: "use the tensor of the parameter: 'parameter.value'")
extension Parameter: TensorIndexing {
  public var tensorIndex: TensorIndex { fatalError() }
}

@available(*, unavailable, message: "a mask is a tensor: 'x .> 0'")
extension Bool: TensorIndexing {
  public var tensorIndex: TensorIndex { fatalError() }
}

extension Tensor {
  @available(
    *, unavailable,
    message: "write the number as a tensor, 'x[i] = Tensor(number)'; read it by 'Double(x[i])'"
  )
  public subscript<Number: Numeric>(_ indices: any TensorIndexing...) -> Number {
    get { fatalError() }
    set { fatalError() }
  }
}
