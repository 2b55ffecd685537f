import Foundation
import TestSupport
import Testing
import Training

@testable import Train

/// The page of a run, and of several side by side.
struct RunReportTests {
  private static let hostile = "<script>alert('1')</script> & \"</td>\u{1}"

  private func page(_ folder: String) throws -> String {
    try FileAccess.readText(folder + "/report.html")
  }

  @Test(arguments: [
    ("spirals --steps 60 --hidden 8", ["Predictions", "Decisions over time"], 0),
    ("xor --steps 60 --hidden 8 --loss hinge", ["Predictions", "Decisions over time"], 0),
    ("sine --steps 60 --hidden 8", ["Predictions"], 0),
    ("recall --steps 30 --delay 4 --width 8 --batch-size 8", ["Predictions"], 0),
    (
      "addition --steps 3 --digits 2 --layers 1 --heads 2 --width 8 --batch-size 8",
      ["Predictions", "Attention"], 0
    ),
  ])
  func everyTaskHasItsParts(line: String, sections: [String], images: Int) throws {
    try withTemporaryFolder { folder in
      _ = try FitLine(line).summary(in: folder + "/run")
      let reader = PageReader(try page(folder + "/run"))
      #expect(
        reader.sections == ["Results", "Over the steps", "Layers"] + sections + ["Options"])
      #expect(reader.elements["img", default: 0] == images)
      for part in [
        "gradient norm", "update to weight", "learning rate", "momentum", "tensors (MB)",
      ] {
        #expect(reader.text.contains(part), "\(part)")
      }
      // Curves, layers and histograms; what the pointer shows is there without scripts.
      #expect(reader.elements["svg", default: 0] >= 12)
      #expect(reader.elements["title", default: 0] > 60)
    }
  }

  @Test func thePageNamesDataTargetAndCommand() throws {
    try withTemporaryFolder { folder in
      let rows = (0..<40).map { "\($0),\($0 % 2 == 0 ? "a" : "b")" }
      try FileAccess.write((["x,kind"] + rows).joined(separator: "\n"), to: folder + "/t.csv")
      _ = try FitLine("csv --data \(folder)/t.csv --target kind --hidden 4 --steps 4")
        .summary(in: folder + "/run")
      let page = try page(folder + "/run")
      #expect(page.contains("<p>Data: <code>\(folder)/t.csv, target kind</code></p>"))
      #expect(page.contains("<code>train fit csv --config \(folder)/run/config.json</code>"))
      // A table that is wider than the page can be scrolled with the keyboard.
      #expect(page.contains(#"<div class="wide" role="region" aria-label="table" tabindex="0">"#))
    }
  }

  @Test func imagesAreShown() throws {
    try withTemporaryFolder { folder in
      for (part, count) in [("train", 80), ("t10k", 20)] {
        var images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, UInt8(count), 0, 0, 0, 4, 0, 0, 0, 4]
        var labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, UInt8(count)]
        for index in 0..<count {
          for pixel in 0..<16 { images.append(UInt8((index * 7 + pixel * 13) % 250)) }
          labels.append(UInt8(index % 3))
        }
        try FileAccess.write(images, to: "\(folder)/\(part)-images-idx3-ubyte")
        try FileAccess.write(labels, to: "\(folder)/\(part)-labels-idx1-ubyte")
      }
      _ = try FitLine("idx --data \(folder) --model mlp --hidden 4 --steps 4").summary(
        in: folder + "/run")
      let reader = PageReader(try page(folder + "/run"))
      #expect(reader.elements["img", default: 0] > 3)
      #expect(reader.text.contains("confusion matrix"))
    }
  }

  @Test func textIsSampledAndEscaped() throws {
    try withTemporaryFolder { folder in
      let text = String(repeating: "<b>to be</b> & \"not\" </pre><script>x</script>\n", count: 20)
      try FileAccess.write(text, to: folder + "/t<i>.txt")
      _ = try FitLine(
        "text --data \(folder)/t<i>.txt --steps 4 --layers 2 --heads 2 --width 8 --context 8"
      ).summary(in: folder + "/run")
      let reader = PageReader(try page(folder + "/run"))
      #expect(
        reader.sections == [
          "Results", "Over the steps", "Layers", "Samples", "Attention", "Options",
        ])
      #expect(reader.elements["pre"] == 2 && reader.elements["b"] == nil)
      #expect(reader.elements["i"] == nil && reader.text.contains("t<i>.txt"))
      #expect(reader.text.contains("layer 2, head 2") && reader.text.contains("attends to"))
    }
  }

  @Test(arguments: [true, false]) func hostileTablesAreEscaped(isRegression: Bool) throws {
    try withTemporaryFolder { folder in
      let quoted = "\"" + Self.hostile.replacing("\"", with: "\"\"") + "\""
      let rows = (0..<40).map { row in
        "\(row % 7),\(row % 2 == 0 ? quoted : "red"),"
          + (isRegression ? "\(Double(row % 5) + 0.5)" : row % 3 == 0 ? quoted : "b")
      }
      let header = "x,\(quoted),y"
      try FileAccess.write(([header] + rows).joined(separator: "\n"), to: folder + "/t.csv")
      _ = try FitLine("csv --data \(folder)/t.csv --target y --steps 20 --hidden 4")
        .summary(in: folder + "/run")
      let reader = PageReader(try page(folder + "/run"))
      #expect(reader.text.contains("<script>alert('1')</script> & \"</td>"))
      #expect(reader.sections.contains("Predictions"))
      #expect(reader.text.contains("csv t.csv, y"))
    }
  }

  @Test func aRunWithoutDiagnosticsHasAPage() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run"
      _ = try FitLine("xor --steps 20 --hidden 4 --diagnostics off").summary(in: path)
      #expect(!FileAccess.exists(path + "/diagnostics.jsonl"))
      #expect(!FileAccess.exists(path + "/decisions.jsonl"))
      let reader = PageReader(try page(path))
      #expect(!reader.sections.contains("Layers") && reader.sections.contains("Predictions"))
    }
  }

  @Test func anInterruptedRunHasAPage() throws {
    try withTemporaryFolder { folder in
      var left = 20
      let run = try FitLine("moons --steps 60 --hidden 4").start(in: folder + "/run")
      _ = try run.train(isInterrupted: {
        left -= 1; return left == 0
      })
      let reader = PageReader(try page(folder + "/run"))
      #expect(reader.text.contains("not finished") && reader.sections.contains("Layers"))
    }
  }

  @Test func aRunThatDivergesHasAPage() throws {
    try withTemporaryFolder { folder in
      let run = try FitLine("sine --optimizer sgd --learning-rate 1e18 --warmup 0 --hidden 4")
        .start(in: folder + "/run")
      #expect(throws: TrainingError.self) { try run.train(isInterrupted: { false }) }
      #expect(PageReader(try page(folder + "/run")).sections.contains("Layers"))
    }
  }

  @Test func severalRunsShareTheirCharts() throws {
    try withTemporaryFolder { folder in
      let paths = ["a", "b", "deep/a"].map { "\(folder)/\($0)" }
      let lines = [
        "moons --steps 40 --hidden 4 --optimizer sgd", "moons --steps 40 --hidden 8",
        "sine --steps 40 --hidden 4",
      ]
      for (path, line) in zip(paths, lines) { _ = try FitLine(line).summary(in: path) }
      let file = folder + "/page.html"
      let line = paths + ["--out", file, "--quiet"]
      let arguments = try Arguments.reading(
        line, options: ReportCommand.options.flatMap(\.options))
      #expect(try ReportCommand.run(arguments) == 0)
      let reader = PageReader(try FileAccess.readText(file))
      #expect(reader.sections.contains("What the configurations differ in"))
      // Runs of one name are told apart by their folders.
      for name in [paths[0], "b", paths[2]] { #expect(reader.text.contains(name)) }
      #expect(reader.text.contains("validation loss") && reader.text.contains("training loss"))
    }
  }

  @Test func dataThatIsGoneLeavesTheRest() throws {
    try withTemporaryFolder { folder in
      let rows = (0..<40).map { "\($0 % 7),\($0 % 2)" }
      try FileAccess.write((["x,y"] + rows).joined(separator: "\n"), to: folder + "/t.csv")
      let path = folder + "/run"
      _ = try FitLine("csv --data \(folder)/t.csv --target y --steps 10 --hidden 4")
        .summary(in: path)
      try FileManager.default.removeItem(atPath: folder + "/t.csv")
      let run = try ReportedRun(RunFolder(existing: path))
      let reader = PageReader(RunReportPage.html(of: [run]))
      #expect(reader.text.contains("is not shown") && !reader.sections.contains("Predictions"))
      #expect(reader.sections.contains("Layers"))
    }
  }

  @Test func theCommandNamesWhatIsWrong() throws {
    let options = ReportCommand.options.flatMap(\.options)
    func run(_ words: [String]) throws -> Int32 {
      try ReportCommand.run(Arguments.reading(words, options: options))
    }
    #expect(throws: UsageError.self) { try run([]) }
    #expect(throws: UsageError("report: a is given twice")) { try run(["a", "a"]) }
    #expect(throws: TrainingError.inputOutput("/nowhere: no such run")) { try run(["/nowhere"]) }
  }

  @Test func decisionsAreThoseOfTheModel() throws {
    // The first class is decided for where x < 1.
    let model = Linear(weight: Tensor([[-1, 0], [1, 0]]), bias: Tensor([1, -1]))
    let examples = SupervisedData.Examples(
      features: [0, 0, 2, 2], columns: 2, targets: .classes([0, 1]))
    let data = SupervisedData(
      training: examples, validation: examples, target: .classes(["a", "b"]))
    let map = try #require(DecisionMap(after: 4, of: model, on: data, .crossEntropy))
    let row = String(repeating: "0", count: 12) + String(repeating: "1", count: 12)
    #expect(map.cells == String(repeating: row, count: 24))
    #expect(map.x == [-0.1, 2.1] && map.step == 4)
    #expect((1...70).filter(DecisionMap.isDue(after:)) == [1, 4, 16, 64])
  }
}
