// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

// Ways to create and to read tensors as PyTorch, NumPy and MLX spell them.

extension Tensor {
  @available(
    *, unavailable,
    message:
      "use 'Tensor.arange(to: 5)', 'Tensor.arange(from: 1, to: 5)', or 'Tensor(0..<5)' for int32"
  )
  public static func arange(_ numbers: any Numeric...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'Tensor.zeros([2, 3])'")
  public static func zeros(_ sizes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'Tensor.ones([2, 3])'")
  public static func ones(_ sizes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'Tensor.uniform([2, 3])'")
  public static func uniform(_ sizes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'Tensor.normal([2, 3])'")
  public static func normal(_ sizes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'Tensor.uniform([2, 3])'")
  public static func rand(_ sizes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'Tensor.uniform([2, 3])'")
  public static func rand(_ shape: Shape) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'Tensor.uniform([2, 3])'")
  public static func random(_ sizes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'Tensor.uniform([2, 3])'")
  public static func random(_ shape: Shape) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'Tensor.normal([2, 3])'")
  public static func randn(_ sizes: Int...) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'Tensor.normal([2, 3])'")
  public static func randn(_ shape: Shape) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'Tensor.integers([2, 3], in: 0..<10)'")
  public static func randint(_ low: Int, _ high: Int, _ shape: Shape) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'Tensor.integers([2, 3], in: 0..<10)'")
  public static func randint(
    _ low: Int, _ high: Int, _ shape: Shape, using generator: inout RandomGenerator
  ) -> Tensor {
    fatalError()
  }
  @available(*, unavailable, message: "use 'Tensor.uniform([2, 3], in: 0..<1)'")
  public static func uniform(_ shape: Shape, from: Double, to: Double) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'Tensor.uniform([2, 3], in: 0..<1)'")
  public static func uniform(_ shape: Shape, low: Double, high: Double) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'standardDeviation:'")
  public static func normal(_ shape: Shape, mean: Double = 0, std: Double) -> Tensor {
    fatalError()
  }
  @available(*, unavailable, message: "use 'Tensor.normal(x.shape)'")
  public static func normal(like other: Tensor) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use 'Tensor.uniform(x.shape)'")
  public static func uniform(like other: Tensor) -> Tensor { fatalError() }
  @available(
    *, unavailable,
    message: "use 'Tensor.categorical(logits:)' or 'Tensor.categorical(probabilities:)'"
  )
  public static func categorical(_ x: Tensor) -> Tensor { fatalError() }
  @available(
    *, unavailable,
    message: "use 'Tensor.categorical(logits:)' or 'Tensor.categorical(probabilities:)'"
  )
  public static func categorical(probs: Tensor) -> Tensor { fatalError() }
  @available(
    *, unavailable,
    message: "use 'Tensor.categorical(logits:)' or 'Tensor.categorical(probabilities:)'"
  )
  public static func multinomial(_ x: Tensor, _ count: Int = 1) -> Tensor { fatalError() }
  @available(
    *, unavailable,
    message: "use 'Tensor.categorical(logits:)' or 'Tensor.categorical(probabilities:)'"
  )
  public func multinomial(_ count: Int = 1) -> Tensor { fatalError() }
  @available(*, unavailable, message: "use a generator's method: 'generator.uniform([2, 3])'")
  public static func uniform(
    _ shape: Shape, in range: Range<Double> = 0..<1,
    using generator: inout RandomGenerator
  ) -> Tensor {
    fatalError()
  }
  @available(*, unavailable, message: "use a generator's method: 'generator.normal([2, 3])'")
  public static func normal(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1,
    using generator: inout RandomGenerator
  ) -> Tensor {
    fatalError()
  }
  @available(
    *, unavailable,
    message: "use a generator's method: 'generator.integers([2, 3], in: 0..<10)'"
  )
  public static func integers(
    _ shape: Shape, in range: Range<Int>,
    using generator: inout RandomGenerator
  ) -> Tensor {
    fatalError()
  }
  @available(
    *, unavailable,
    message: "use a generator's method: 'generator.permutationTensor(of: count)'"
  )
  public static func permutation(
    of count: Int,
    using generator: inout RandomGenerator
  ) -> Tensor {
    fatalError()
  }
  @available(
    *, unavailable,
    message: "use a generator's method: 'generator.categorical(logits: x)'"
  )
  public static func categorical(
    logits: Tensor,
    using generator: inout RandomGenerator
  ) -> Tensor {
    fatalError()
  }
  @available(
    *, unavailable,
    message: "use '[Float](x)', '[[Float]](x)' and so on, or 'scalars(as: Float.self)'"
  )
  public func array() -> [Float] { fatalError() }
  @available(
    *, unavailable,
    message: "use '[Float](x)', '[[Float]](x)' and so on, or 'scalars(as: Float.self)'"
  )
  public func scalars() -> [Float] { fatalError() }
  @available(
    *, unavailable,
    message: "use '[Float](x)', '[[Float]](x)' and so on, or 'scalars(as: Float.self)'"
  )
  public func array<Scalar>(as type: Scalar.Type) -> [Scalar] { fatalError() }
  @available(*, unavailable, message: "use '[Int](x)'")
  public func scalars(as type: Int.Type) -> [Int] { fatalError() }
  @available(*, unavailable, message: "use 'Int(x)'")
  public func scalar(as type: Int.Type) -> Int { fatalError() }
}

extension NamedTensors {
  @available(*, unavailable, message: "use 'names'")
  public var keys: [String] { fatalError() }
  @available(*, unavailable, message: "use 'map(\\.tensor)'")
  public var values: [Tensor] { fatalError() }
  @available(*, unavailable, message: "use 'Safetensors(contentsOf: path).tensors'")
  public init(contentsOf path: String) throws { fatalError() }
  @available(*, unavailable, message: "use 'Safetensors(contentsOf: path).tensors'")
  public init(safetensorsContentsOf path: String) throws { fatalError() }
}

@available(
  *, unavailable, message: "iterate over 'x.unstacked()', the tensors along the first axis"
)
extension Tensor: Sequence {
  public func makeIterator() -> IndexingIterator<[Tensor]> { fatalError() }
}
