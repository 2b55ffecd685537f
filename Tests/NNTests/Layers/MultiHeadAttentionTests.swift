import TestSupport
import Testing

struct MultiHeadAttentionTests {
  @Test func maskedKeysHaveNoInfluence() {
    let layer = withRandomSeed(1) { MultiHeadAttention(6, heads: 2, dtype: .float64) }
    let x = Tensor.seeded([2, 4, 6])
    var mask = Tensor.ones([2, 4], dtype: .bool)
    mask[1, 2...] = Tensor.zeros([2], dtype: .bool)
    let masked = layer(x, keyMask: mask)
    expectClose(masked[1..<2, 0..<2], layer(x[1..<2, 0..<2]), relative: 1e-12, absolute: 1e-14)
    expectClose(masked[0..<1], layer(x[0..<1]), relative: 1e-12, absolute: 1e-14)
    // The key mask combined with the causal mask.
    let both = layer(x, isCausal: true, keyMask: mask)
    expectClose(
      both[1..<2, 0..<2], layer(x[1..<2, 0..<2], isCausal: true), relative: 1e-12,
      absolute: 1e-14)
  }

  /// Grouped key and value heads match those of full attention with repeated heads.
  @Test func groupedHeadsMatchRepeatedHeads() throws {
    let shared = withRandomSeed(1) {
      MultiHeadAttention(8, heads: 4, keyValueHeads: 2, dtype: .float64)
    }
    let full = MultiHeadAttention(8, heads: 4, dtype: .float64)
    var weights = shared.weights
    let rows = [0..<8, 8..<10, 8..<10, 10..<12, 10..<12, 12..<14, 12..<14, 14..<16, 14..<16]
    for name in ["in_proj_weight", "in_proj_bias"] {
      let packed = try #require(weights[name])
      weights[name] = concatenated(rows.map { packed[$0] })
    }
    try full.load(weights)
    let x = Tensor.seeded([2, 5, 8])
    expectClose(
      shared(x, isCausal: true), full(x, isCausal: true), relative: 1e-12, absolute: 1e-14)
    #expect(shared.parameters["in_proj_weight"]?.shape == [16, 8])
  }
}
