import TestSupport
import Testing

struct PositionalEncodingsTests {
  /// With a rotary embedding the scores depend only on distances, so shifting a sequence changes
  /// nothing.
  @Test func rotaryEmbeddingDependsOnlyOnDistances() {
    let layer = withRandomSeed(1) {
      MultiHeadAttention(8, heads: 2, rotary: RotaryEmbedding(), dtype: .float64)
    }
    let x = Tensor.seeded([1, 4, 8])
    let whole = layer(x)
    let cache = KeyValueCache()
    // Three masked positions precede the sequence.
    let shifted = layer(
      concatenated([Tensor.zeros([1, 3, 8], dtype: .float64), x], along: 1),
      keyMask: Tensor([[0, 0, 0, 1, 1, 1, 1]], dtype: .int32).converted(to: .bool))
    expectClose(shifted[.all, 3...], whole, relative: 1e-11, absolute: 1e-13)
    // The order matters, as it does not without positions.
    let turned = layer(x[.all, 1...])
    #expect(difference(turned, whole[.all, 1...], relative: 1e-3) != nil)
    // A cache continues at its position.
    var parts = [layer(x[.all, 0..<2], isCausal: true, cache: cache)]
    for t in 2..<4 { parts.append(layer(x[.all, t..<t + 1], isCausal: true, cache: cache)) }
    #expect(cache.count == 4)
    expectClose(
      concatenated(parts, along: 1), layer(x, isCausal: true), relative: 1e-11, absolute: 1e-13)
  }

  /// Pair (i, i + half) is rotated by p · base^(−2i/width).
  @Test func rotaryEmbeddingRotatesPairs() {
    let x = Tensor.seeded([1, 1, 3, 4])
    let turned = RotaryEmbedding(base: 100)(x, from: 5)
    for p in 0..<3 {
      let before = x[0, 0, p].scalars(as: Double.self)
      let after = turned[0, 0, p].scalars(as: Double.self)
      for (i, rate) in [1.0, 0.1].enumerated() {
        let angle = Tensor(Double(p + 5) * rate, dtype: .float64)
        let (c, s) = (cos(angle).scalar(), sin(angle).scalar())
        expectClose(after[i], before[i] * c - before[i + 2] * s, relative: 1e-12)
        expectClose(after[i + 2], before[i + 2] * c + before[i] * s, relative: 1e-12)
      }
    }
  }

  /// Heads of any number of axes are rotated alike, and products depend on the distance alone.
  @Test func rotaryEmbeddingOfOnesOwnHeads() {
    let rotary = RotaryEmbedding()
    let (q, k) = (Tensor.seeded([5, 8]), Tensor.seeded([5, 8], seed: 1))
    expectClose(rotary(q)[.newAxis, .newAxis], rotary(q[.newAxis, .newAxis]), relative: 0)
    expectClose(
      matmul(rotary(q), rotary(k).transposed()),
      matmul(rotary(q, from: 7), rotary(k, from: 7).transposed()), relative: 1e-10, absolute: 1e-12)
  }

  @Test func sinusoidalEncodingMatchesItsFormula() {
    let table = sinusoidalPositionalEncoding(7, width: 6, dtype: .float64)
    #expect(table.shape == [7, 6])
    for (p, i) in [(0, 0), (3, 1), (6, 2)] {
      let angle = Double(p) * [1, 0.046415888336127795, 0.0021544346900318843][i]
      let exact = Tensor(angle, dtype: .float64)
      expectClose(table[p, 2 * i].scalar(), sin(exact).scalar(), relative: 1e-13, absolute: 1e-15)
      expectClose(table[p, 2 * i + 1].scalar(), cos(exact).scalar(), relative: 1e-13)
    }
  }

  /// Two layers with caches of their own give the same for any division of the positions.
  @Test(arguments: [[6], [3, 1, 2], [1, 5], [1, 1, 1, 1, 1, 1], [4, 2]], [1, 2])
  func rotaryPositionsContinueInEachCache(_ parts: [Int], _ keyValueHeads: Int) {
    let layers = withRandomSeed(2) {
      (0..<2).map { _ in
        MultiHeadAttention(
          8, heads: 2, keyValueHeads: keyValueHeads, rotary: RotaryEmbedding(), dtype: .float64)
      }
    }
    let x = Tensor.seeded([2, 6, 8], seed: 7)
    let whole = layers.reduce(x) { $1($0, isCausal: true) }
    let caches = layers.map { _ in KeyValueCache() }
    var start = 0
    for count in parts {
      let part = zip(layers, caches).reduce(x[.all, start..<start + count]) {
        $1.0($0, isCausal: true, cache: $1.1)
      }
      expectClose(
        part, whole[.all, start..<start + count], relative: 1e-11, absolute: 1e-13,
        "\(count) positions from \(start)")
      start += count
    }
  }
}
