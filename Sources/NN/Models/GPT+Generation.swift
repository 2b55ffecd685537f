import Autograd
import Tensor

/// How the next token is chosen from scores.
public struct GPT.GenerationOptions: Sendable {
  /// What scores are divided by first; towards 0 the greatest always wins, and at 0 it does.
  public var temperature: Double
  /// Only this many tokens with the greatest scores can be chosen; nil for all.
  public var topK: Int?
  /// Only the most probable tokens can be chosen that together have at least this probability; nil for all.
  public var topP: Double?

  /// Options; by default tokens are chosen with the model's own probabilities.
  public init(temperature: Double = 1, topK: Int? = nil, topP: Double? = nil) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
  }

  /// The token with the greatest score, always.
  public static let greedy = GPT.GenerationOptions(temperature: 0)

  /// A token drawn from scores, of which there is one for each.
  package func choose(_ scores: [Double], using generator: inout RandomGenerator) -> Int {
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    guard let best = order.first, temperature > 0 else { return order.first ?? 0 }
    var kept = order.prefix(topK.map { Swift.max(1, $0) } ?? order.count)
    let distances = kept.map { (scores[$0] - scores[best]) / temperature }
    let weights = exp(Tensor(distances, shape: [distances.count])).scalars(as: Double.self)
    var total = weights.reduce(0, +)
    if let topP {
      var sum = 0.0
      for (i, weight) in weights.enumerated() {
        sum += weight
        if sum >= topP * total {
          kept = kept.prefix(i + 1)
          total = sum
          break
        }
      }
    }
    var rest = generator.uniform() * total
    for (token, weight) in zip(kept, weights) {
      rest -= weight
      if rest < 0 { return token }
    }
    return kept.last ?? best
  }
}

extension GPT {
  /// Tokens that go on from a prompt.
  ///
  /// Keys and values are kept, so that each token costs one position, until the context is full; then
  /// the second half of it is read anew for every half context of tokens.
  ///
  /// - Parameters:
  ///   - prompt: The tokens to go on from, at least one.
  ///   - count: How many tokens follow at most.
  ///   - options: How tokens are chosen.
  ///   - stopTokens: Tokens after which nothing follows.
  ///   - generator: What is drawn from.
  ///   - onToken: Is called with each token as it is chosen.
  /// - Returns: The tokens that follow, without the prompt.
  public func sample(
    from prompt: [Int32], count: Int, options: GPT.GenerationOptions = GPT.GenerationOptions(),
    stopTokens: Set<Int32> = [], using generator: inout RandomGenerator,
    onToken: (Int32) -> Void = { _ in }
  ) -> [Int32] {
    require(!prompt.isEmpty, "sample: an empty prompt")
    var all = prompt
    var caches = [KeyValueCache]()
    var pending = [Int32]()
    for _ in 0..<count {
      if caches.isEmpty || caches[0].count + pending.count > configuration.contextLength {
        caches = blocks.map { _ in KeyValueCache() }
        let isFirst = all.count <= configuration.contextLength
        pending = Array(
          all.suffix(isFirst ? configuration.contextLength : (configuration.contextLength + 1) / 2))
      }
      let input = Tensor(pending, shape: [1, pending.count])
      let scores = withMode(.inference) { self(input, caches: caches) }
      let last = scores[0, -1].scalars(as: Double.self)
      let token = Int32(options.choose(last, using: &generator))
      all.append(token)
      onToken(token)
      if stopTokens.contains(token) { break }
      pending = [token]
    }
    return Array(all.dropFirst(prompt.count))
  }
}
