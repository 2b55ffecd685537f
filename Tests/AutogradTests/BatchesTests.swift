import TestSupport
import Testing
import Training

struct BatchesTests {
  private let x = Tensor.counting([10, 3])
  private let y = Tensor.counting([10], dtype: .int32)

  @Test(arguments: [1, 3, 5, 10, 64])
  func everyRowOccursOnceInAnEpoch(_ size: Int) {
    var generator = RandomGenerator(seed: 3)
    var orders = [[Int32]]()
    for _ in 0..<3 {
      var rows = [Int32]()
      for (x, y) in batches(of: size, from: x, y, using: &generator) {
        #expect(x.shape[0] == y.shape[0] && x.shape[0] <= size)
        // The rows of both tensors stay together.
        expectIdentical(x[.all, 0], y.converted(to: .float32) * 3)
        rows += y.scalars(as: Int32.self)
      }
      #expect(rows.sorted() == Array(0..<10))
      orders.append(rows)
    }
    #expect(Set(orders).count == 3, "each epoch has an order of its own")
  }

  @Test func equalSeedsGiveEqualBatches() {
    var (a, b) = (RandomGenerator(seed: 5), RandomGenerator(seed: 5))
    for _ in 0..<2 {
      let first = batches(of: 4, from: x, using: &a)
      let second = batches(of: 4, from: x, using: &b)
      #expect(first.count == 3 && second.count == 3)
      for (first, second) in zip(first, second) { expectIdentical(first, second) }
      // Reading twice gives the same.
      expectIdentical(first[1], second[1])
    }
    #expect(a.next() == b.next())
  }

  @Test func theOrderIsThatOfADataLoader() {
    let loader = DataLoader(x, y, batchSize: 4, shuffle: RandomGenerator(seed: 9), epochs: 3)
    var expected = loader.makeIterator()
    var generator = RandomGenerator(seed: 9)
    for _ in 0..<3 {
      for (x, y) in batches(of: 4, from: x, y, using: &generator) {
        guard let batch = expected.next() else { return #expect(Bool(false), "too many batches") }
        expectIdentical(x, batch.0)
        expectIdentical(y, batch.1)
      }
    }
    #expect(expected.next() == nil)
  }

  @Test func inOrderWithoutAGenerator() {
    let parts = Array(batches(of: 4, from: x))
    expectIdentical(concatenated(parts), x)
    #expect(parts.map { $0.shape[0] } == [4, 4, 2])
    #expect(parts[1].storage === x.storage, "batches in order are views")
    let pairs = Array(batches(of: 5, from: x.transposed().contiguous.transposed(), y))
    expectIdentical(concatenated(pairs.map(\.0)), x)
    expectIdentical(concatenated(pairs.map(\.1)), y)
  }

  @Test func anyNumberOfTensors() {
    var generator = RandomGenerator(seed: 1)
    for (a, b, c) in batches(of: 3, from: x, y, x, using: &generator) {
      expectIdentical(a, c)
      expectIdentical(a[.all, 0], b.converted(to: .float32) * 3)
    }
    for (a, b, c) in batches(of: 3, from: x, y, x) {
      expectIdentical(a, c)
      #expect(a.shape[0] == b.shape[0])
    }
    for list in batches(of: 3, from: [x, y, y, x], using: &generator) {
      #expect(list.count == 4)
      expectIdentical(list[0], list[3])
    }
    #expect(batches(of: 3, from: [x, y]).first?.count == 2)
  }

  @Test func theLastBatchCanBeLeftOut() {
    var generator = RandomGenerator(seed: 1)
    let sizes = { (batches: [Tensor]) in batches.map { $0.shape[0] } }
    #expect(sizes(Array(batches(of: 4, from: x, droppingLast: true))) == [4, 4])
    #expect(
      sizes(Array(batches(of: 4, from: x, using: &generator, droppingLast: true))) == [4, 4])
    #expect(batches(of: 5, from: x, droppingLast: true).count == 2)
    #expect(batches(of: 11, from: x, using: &generator, droppingLast: true).isEmpty)
  }

  @Test func batchesAreConstants() {
    let slope = gradient(at: x) { x in
      batches(of: 4, from: x).map { $0.sum() }.reduce(x.sum()) { $0 + $1 }
    }
    expectIdentical(slope.contiguous, Tensor.ones([10, 3]).contiguous)
  }

  struct Misuse: Sendable, CustomTestStringConvertible {
    let message: String
    let body: @Sendable () -> Void
    var testDescription: String { message }

    init(_ message: String, _ body: @escaping @Sendable () -> Void) {
      (self.message, self.body) = (message, body)
    }

    static let all: [Misuse] = [
      Misuse("batches: the size must be at least 1, got 0") {
        _ = batches(of: 0, from: Tensor([1]))
      },
      Misuse("batches: no tensors") { _ = batches(of: 1, from: [Tensor]()) },
      Misuse("batches: a scalar has no rows") { _ = batches(of: 1, from: Tensor([1]), Tensor(1)) },
      Misuse(
        "batches: tensors of shapes [2, 3] and [3] do not have the same number of rows"
      ) {
        var generator = RandomGenerator(seed: 1)
        _ = batches(of: 1, from: Tensor.ones([2, 3]), Tensor([1, 2, 3]), using: &generator)
      },
      Misuse("batches: a tensor of shape [0, 3] has no rows") {
        _ = batches(of: 1, from: Tensor.zeros([0, 3]))
      },
      Misuse("batches: batch 2 is out of range for 2 batches") {
        _ = batches(of: 1, from: Tensor([1, 2]))[2]
      },
    ]
  }

  @Test(arguments: Misuse.all.indices)
  func misuseStopsWithAMessage(_ index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [index = index as Int] in
      Misuse.all[index].body()
    }
    expectMessage(Misuse.all[index].message, of: result)
  }
}
