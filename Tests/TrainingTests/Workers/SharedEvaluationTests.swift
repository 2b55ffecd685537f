import Synchronization
import TestSupport
import Testing

@testable import Training

/// Evaluations whose parts several workers compute.
struct SharedEvaluationTests {
  @Test(arguments: [1, 2, 3, 7], [0, 1, 2, 5, 16])
  func eachPartIsComputedOnce(_ count: Int, _ parts: Int) throws {
    let calls = Mutex([Int]())
    let all = try SimulatedWorkers.run(count) { workers in
      SharedEvaluation.run(on: workers) {
        SharedEvaluation.values(ofParts: parts) { part in
          calls.withLock { $0.append(part) }
          return [Double(part) / 3, -Double(part)]
        }
      }
    }
    let expected = (0..<parts).map { [Double($0) / 3, -Double($0)] }
    #expect(all.allSatisfy { $0 == expected })
    // A single part is not worth a message.
    let times = parts == 1 ? count : 1
    let once = (0..<parts).flatMap { Array(repeating: $0, count: times) }
    #expect(calls.withLock { $0.sorted() } == once)
  }

  /// One worker that is to stop stops all, after the part that it computes.
  @Test(arguments: [1, 2, 3]) func aStopIsSeenByAll(_ count: Int) throws {
    let calls = Mutex(0)
    let results = try SimulatedWorkers.run(count) { workers -> [Int]? in
      var asked = 0
      func isStopped() -> Bool {
        asked += 1
        return workers.rank == 0 && asked == 2
      }
      return SharedEvaluation.run(on: workers, until: isStopped) {
        (0..<2).map { _ in
          let values = SharedEvaluation.values(ofParts: 30) { part in
            calls.withLock { $0 += 1 }
            return [Double(part), 1]
          }
          #expect(values.count == 30 && values.allSatisfy { $0.count == 2 })
          return values.count
        }
      }
    }
    #expect(results.allSatisfy { $0 == nil })
    // Worker 0 computes two parts of the first evaluation, and all one of the second.
    #expect(calls.withLock { $0 } == 2 + (count - 1) * 30 / count + count)
    let ended = SharedEvaluation.run(until: { false }) {
      SharedEvaluation.values(ofParts: 3) { [Double($0)] }
    }
    #expect(ended == [[0], [1], [2]])
  }

  /// A classification, a regression and a text have the figures of one worker, bit for bit.
  @Test func theFiguresAreThoseOfOneWorker() throws {
    let x = Tensor.seeded([1000, 200], seed: 1, dtype: .float32)
    let classes = Tensor((0..<1000).map { Int32($0 * 7 % 3) }, shape: [1000])
    let numbers = Tensor.seeded([1000, 3], seed: 2, dtype: .float32)
    let text = Tokens((0..<5000).map { Int32($0 * $0 % 11) })
    @Sendable func evaluations() -> [Evaluation?] {
      let layer = withRandomSeed(3) { Linear(200, 3) }
      let gpt = withRandomSeed(4) {
        GPT(
          GPT.Configuration(
            vocabularySize: 11, contextLength: 64, layers: 1, heads: 1, width: 8))
      }
      func supervised(_ targets: Tensor, _ loss: LossFunction = .automatic) -> Evaluation? {
        SupervisedObjective(layer, training: (x, targets), validation: (x, targets), loss: loss)
          .sampledValidation()
      }
      return [
        supervised(classes), supervised(numbers), supervised(numbers, .meanAbsoluteError),
        LanguageModelObjective(gpt, evaluating: text).sampledValidation(),
      ]
    }
    let alone = evaluations()
    #expect(alone.allSatisfy { $0?.loss.isFinite ?? false })
    for count in [2, 3, 4] {
      let all = try SimulatedWorkers.run(count) { workers in
        SharedEvaluation.run(on: workers) { evaluations() }
      }
      #expect(all.allSatisfy { $0 == alone })
    }
  }
}
