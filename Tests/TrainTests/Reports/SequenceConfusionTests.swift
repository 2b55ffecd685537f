import TestSupport
import Testing
import Training

@testable import Train

/// Sequences are counted position by position, in evaluations and on pages.
struct SequenceConfusionTests {
  @Test func positionsAreCounted() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run"
      let run = try FitLine("addition --digits 2 --steps 2 --layers 1 --width 8 --batch-size 4")
        .start(in: path)
      _ = try run.train(isInterrupted: { false })
      guard case .examples(let data) = run.data,
        case .sequences(let labels, let length) = data.validation.targets
      else {
        Issue.record("not sequences")
        return
      }
      let report = try TrainedModel(contentsOf: path).evaluate(data.validation)
      let confusion = try #require(report.confusion)
      let classes = try #require(report.classes)
      #expect(report.count == data.validation.rows && length == 3)
      for (label, row) in confusion.enumerated() {
        let count = labels.count { $0 == Int32(label) }
        #expect(row.reduce(0, +) == count && classes[label].count == count)
      }
      // The mean is over what occurs or is predicted.
      let used = classes.indices.filter { label in
        confusion[label].contains { $0 > 0 } || confusion.contains { $0[label] > 0 }
      }
      let mean = used.reduce(0) { $0 + classes[$1].f1 } / Double(used.count)
      expectClose(try #require(report.macroF1), mean, relative: 1e-12)
      #expect(EvaluationText.text(report, unit: "row").contains("positions"))
      let page = PageReader(try FileAccess.readText(path + "/report.html"))
      #expect(page.text.contains("confusion matrix"))
    }
  }
}
