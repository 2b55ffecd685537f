import Autograd
import Tensor

extension GPT {
  /// The options of how the next token is chosen from the logits.
  public struct GenerationOptions: Sendable {
    /// The divisor of the logits.
    ///
    /// Lower values favor the most probable tokens; at 0 the most probable token is always chosen.
    public var temperature: Double
    /// The number of tokens with the greatest logits to choose from; `nil` for all.
    public var topK: Int?
    /// The probability mass to choose from: the smallest set of most probable tokens that together
    /// reach it; `nil` for all.
    public var topP: Double?

    /// Creates options; by default tokens are drawn from the model's own probabilities.
    public init(temperature: Double = 1, topK: Int? = nil, topP: Double? = nil) {
      self.temperature = temperature
      self.topK = topK
      self.topP = topP
    }

    /// Options that always choose the most probable token.
    public static let greedy = Self(temperature: 0)

    /// Draws a token, given the logit of each.
    package func choose(_ logits: [Double], using generator: inout RandomGenerator) -> Int {
      if logits.isEmpty { return 0 }
      let scores = Tensor(logits, shape: [logits.count], dtype: .float64)
      let best = Int(scores.argmax(along: 0).scalar())
      if temperature <= 0 { return best }
      let weights = exp((scores - logits[best]) / temperature).scalars(as: Double.self)
      let limit = Swift.min(logits.count, topK.map { Swift.max(1, $0) } ?? logits.count)
      let mass = topP.flatMap { $0 < 1 ? $0 : nil }
      if limit == logits.count && mass == nil {
        return draw(from: Array(logits.indices), weights, using: &generator) ?? best
      }
      // A few tokens usually hold the mass, so that not all need to be sorted.
      var count = limit < logits.count ? limit : Swift.min(limit, 64)
      while true {
        var kept = scores.topK(count).indices.scalars(as: Int32.self).map { Int($0) }
        if let mass {
          let tokens = limit < logits.count ? kept : Array(logits.indices)
          let total = tokens.reduce(0) { $0 + weights[$1] }
          var sum = 0.0
          let last = kept.firstIndex { token in
            sum += weights[token]
            return sum >= mass * total
          }
          if let last {
            kept.removeSubrange((last + 1)...)
          } else if count < limit {
            count = Swift.min(limit, 8 * count)
            continue
          }
        }
        return draw(from: kept, weights, using: &generator) ?? best
      }
    }

    /// Draws one of some tokens with probabilities in proportion to their weights.
    private func draw(
      from tokens: [Int], _ weights: [Double], using generator: inout RandomGenerator
    ) -> Int? {
      var rest = generator.uniform() * tokens.reduce(0) { $0 + weights[$1] }
      return tokens.first { token in
        rest -= weights[token]
        return rest < 0
      }
    }
  }

  /// Generates tokens that continue a prompt.
  ///
  /// Keys and values are cached, so each token takes the work of one position until the context is
  /// full. From then on, the second half of the context is processed again after every half context
  /// of tokens.
  ///
  /// - Parameters:
  ///   - prompt: The tokens to continue, at least one.
  ///   - count: The greatest number of tokens to generate.
  ///   - options: The options of how tokens are chosen.
  ///   - stopTokens: The tokens that end the text.
  ///   - generator: The random generator to draw from.
  ///   - onToken: A function that is called with each token as soon as it is chosen.
  /// - Returns: The generated tokens, without the prompt.
  public func generate(
    from prompt: [Int32], count: Int, options: GenerationOptions = GenerationOptions(),
    stopTokens: Set<Int32> = [], using generator: inout RandomGenerator,
    onToken: (Int32) -> Void = { _ in }
  ) -> [Int32] {
    require(!prompt.isEmpty, "generate: the prompt is empty")
    let context = configuration.contextLength
    var all = prompt
    var caches = [KeyValueCache]()
    var pending = [Int32]()
    for _ in 0..<count {
      if caches.isEmpty || caches[0].count + pending.count > context {
        caches = blocks.map { _ in KeyValueCache() }
        pending = Array(all.suffix(all.count <= context ? context : (context + 1) / 2))
      }
      let input = Tensor(pending, shape: [1, pending.count])
      let logits = withMode(.inference) { self(input, caches: caches) }
      let last = logits[0, -1].scalars(as: Double.self)
      let token = Int32(options.choose(last, using: &generator))
      all.append(token)
      onToken(token)
      if stopTokens.contains(token) { break }
      pending = [token]
    }
    return Array(all.dropFirst(prompt.count))
  }
}
