import TestSupport
import Testing

/// Tensors in few vectors.
struct FlatTensorsTests {
  /// Which tensors have a vector of their own changes nothing of what is in them.
  @Test(arguments: [(1, 5), (4, 4), (6, 3), (7, 2), (100, 2)])
  func tensorsAreWhatWasPutIn(separateCount: Int, vectors: Int) {
    let tensors = [
      Tensor([1, 2, 3]), Tensor([[4, 5, 6], [7, 8, 9]]), Tensor([10], dtype: .float64),
      Tensor([11, 12, 13, 14]), Tensor(15),
    ]
    var flat = FlatTensors(tensors, separateCount: separateCount)
    #expect(flat.vectors.count == vectors)
    #expect(zip(flat.tensors, tensors).allSatisfy { Self.areEqual($0, $1) })
    flat += flat
    #expect(zip(flat.tensors, tensors).allSatisfy { Self.areEqual($0, $1 * 2) })
    let scaled = FlatTensors(tensors, factor: 3, separateCount: separateCount)
    #expect(zip(scaled.tensors, tensors).allSatisfy { Self.areEqual($0, $1 * 3) })
  }

  private static func areEqual(_ a: Tensor, _ b: Tensor) -> Bool {
    a.shape == b.shape && a.dtype == b.dtype
      && a.scalars(as: Double.self) == b.scalars(as: Double.self)
  }
}
