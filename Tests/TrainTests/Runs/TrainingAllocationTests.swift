import Foundation
import TestSupport
import Testing
import Training

@testable import Train

/// The blocks of tensor memory that a training step allocates: forward, backward, the optimizer and
/// the loop around them.
///
/// The committed numbers are exact. A change of them is not an error in itself, but must be meant.
struct TrainingAllocationTests {
  /// A model on a task, with the blocks of a step.
  struct Row: Codable, Sendable {
    var line: String
    var blocks: Int
  }

  private static let file = "allocations.json"

  @Test func aStepAllocatesAsManyBlocksAsBefore() async throws {
    for row in try JSONDecoder().decode(
      [Row].self, from: Data(contentsOf: fixtureURL(Self.file)))
    {
      let (line, blocks) = (row.line, row.blocks)
      await #expect(processExitsWith: .success) { [line = line as String, blocks = blocks as Int] in
        let counted = try Self.blocksOfAStep(line)
        #expect(counted == blocks, "\(line): \(counted) blocks; in \(Self.file) \(blocks)")
      }
    }
  }

  /// The blocks of a step without an evaluation, when memory to reuse has been collected.
  private static func blocksOfAStep(_ line: String) throws -> Int {
    let line = try FitLine(line + " --seed 1 --steps 12 --threads 1 --diagnostics off")
    let (configuration, data) = (try line.configuration(), try line.assignment().data)
    return try configuration.inItsExecution {
      let experiment = try Experiment(starting: configuration, on: data)
      let trainer = Trainer(
        experiment.objective, optimizer: configuration.optimizer(experiment.model.parameters),
        options: try configuration.trainerOptions(), state: configuration.initialState)
      var counts: [Int] = []
      try trainer.run(afterStep: { _ in
        counts.append(TensorMemory.statistics.allocations)
        return true
      })
      return zip(counts.dropFirst(3), counts.dropFirst(4)).map { $1 - $0 }.min() ?? 0
    }
  }
}
