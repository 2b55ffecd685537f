import Foundation
import Tensor
import TestSupport
import Testing

@testable import Training

struct TensorBoardWriterTests {
  /// The same events as `make_tensorboard.py` writes with the tensorboard package.
  @Test func filesAreThoseOfTheTensorBoardPackage() throws {
    try withTemporaryFolder { folder in
      let board = try TensorBoardWriter(folder + "/logs/run", clock: { 1_700_000_000.25 })
      try board.begin(atStep: 0)
      try board.begin(atStep: 4)
      try board.scalar("loss/train", 0.5, step: 0)
      try board.scalar("loss/train", 0.1, step: 3)
      try board.scalar("größe", -1e30, step: 1_000_000)
      // The same intervals as of the elements -1, -0.25, 0.5, 0.75, 2, 2 in five buckets.
      var counted = Histogram(ofElementsOf: [Tensor([-1, 2])])
      counted.counts = [1, 1, 2, 0, 2]
      try board.histogram("weights", counted, step: 7)
      counted.counts = []
      try board.histogram("weights", counted, step: 7)
      try board.histogram("weights", Tensor([3, .nan, 3]), step: 8, buckets: 3)
      try board.histogram("weights", Tensor.zeros([0]), step: 9, buckets: 2)
      try board.text("note", "**bold** ✓\n\nline", step: 2)
      let gray = Tensor([[0, 128, 255], [64, 32, 16]])
      try board.image("gray", gray * (1 / 255.0), step: 4)
      try board.image(
        "color", Tensor([[[300, 0]], [[-5, 255]], [[0, 0]]], dtype: .int32), step: 4)
      try board.hyperparameters(
        ["optimizer": .text("adamw"), "lr": .number(0.01), "bias": .flag(false)],
        metrics: ["loss/validation"])
      try board.end()
      let file = Array(try Data(contentsOf: URL(fileURLWithPath: board.path)))
      let expected = Array(try Data(contentsOf: fixtureURL("tensorboard.tfevents")))
      let difference = zip(file, expected).enumerated().first { $1.0 != $1.1 }?.offset
      #expect(difference == nil)
      #expect(file.count == expected.count)
    }
  }

  @Test func everyWriterHasAFileOfItsOwn() throws {
    try withTemporaryFolder { folder in
      let first = try TensorBoardWriter(folder, clock: { 1 })
      let second = try TensorBoardWriter(folder, clock: { 1 })
      #expect(first.path != second.path)
      // TensorBoard reads files in the order of their names, whatever the clock says.
      let third = try TensorBoardWriter(folder, clock: { 0 })
      #expect(first.path < second.path && second.path < third.path)
      #expect(first.path.contains("events.out.tfevents."))
      // What was written is in the file at once.
      let size = try Data(contentsOf: URL(fileURLWithPath: first.path)).count
      try first.scalar("x", 1, step: 1)
      #expect(try Data(contentsOf: URL(fileURLWithPath: first.path)).count > size)
    }
  }

  @Test func aFolderThatCannotBeMadeIsAnError() throws {
    try withTemporaryFolder { folder in
      try Data().write(to: URL(fileURLWithPath: folder + "/file"))
      #expect(throws: TrainingError.self) { try TensorBoardWriter(folder + "/file") }
    }
  }
}
