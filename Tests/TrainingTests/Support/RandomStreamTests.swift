import TestSupport
import Testing

struct RandomStreamTests {
  @Test func initialWeightsAndDataDrawFromDifferentStreams() {
    let draws = RandomStream.allCases.map { stream in
      var generator = stream.generator(seed: 4)
      return generator.next()
    }
    #expect(Set(draws).count == draws.count)
  }
}
