import TestSupport
import Testing

/// No random words are used twice, whatever is drawn in turn.
struct RandomBlockTests {
  @Test func drawsInTurnShareNoWords() {
    var generator = RandomGenerator(seed: 11)
    var seen = Set<UInt64>()
    var count = 0
    func note(_ numbers: [UInt64], _ what: String) {
      for number in numbers {
        count += 1
        #expect(seen.insert(number).inserted, "\(what): a word is drawn again, draw \(count)")
      }
    }
    // The upper 53 bits of two words, and so comparable between the kinds of draws. The odd sizes
    // leave a part of the last block unused.
    for size in [1, 2, 3, 5, 8, 1001] {
      note([generator.next() >> 11], "next")
      note(uniform(&generator, size), "uniform of \(size)")
      note([UInt64(generator.uniform() * 0x1p53)], "a number")
      _ = generator.normal([size])
      note(uniform(&generator, size), "uniform of \(size) after normal")
      _ = generator.bernoulli([size], probability: 0.5)
      note([generator.next() >> 11], "next after bernoulli")
      var child = generator.split()
      note(uniform(&child, size), "a child's uniform")
      note(uniform(&generator, size), "uniform after a split")
      _ = generator.truncatedNormal([size], in: -1...1)
      note([generator.next() >> 11], "next after truncated")
    }
  }

  /// Two normal numbers come from one block; those of the next call come from others.
  @Test func normalNumbersDoNotRepeat() {
    var generator = RandomGenerator(seed: 12)
    var seen = Set<UInt64>()
    for size in [1, 1, 2, 3, 3, 5, 64, 1] {
      for number in generator.normal([size], dtype: .float64).scalars(as: Double.self) {
        #expect(seen.insert(number.bitPattern).inserted, "of \(size)")
      }
      #expect(seen.insert(generator.normal().bitPattern).inserted, "a single number")
    }
  }

  private func uniform(_ generator: inout RandomGenerator, _ size: Int) -> [UInt64] {
    generator.uniform([size], dtype: .float64).scalars(as: Double.self).map { UInt64($0 * 0x1p53) }
  }
}
