import TestSupport
import Testing
import Training

@testable import Train

struct ExportTests {
  /// Writes a model for PyTorch and returns the notes and the files that it has.
  private func export(_ source: String, to path: String) throws -> (
    notes: [String], programs: [String]
  ) {
    let run =
      FileAccess.item(at: source) == .folder ? try RunFolder(existing: source) : nil
    let notes = try ExportFormat.pytorch.write(
      TrainedModel(contentsOf: source), of: run, to: path)
    let programs = ["model.py", "predict.py", "train.py"].filter {
      FileAccess.exists("\(path)/\($0)")
    }
    return (notes, programs)
  }

  @Test(arguments: [
    "spirals --steps 3 --schedule plateau --clip-norm 1 --clip-value 0.1 --non-finite skip",
    "spirals --steps 3 --optimizer momentum --schedule cyclic(cycle-momentum=true)",
    "sine --steps 2 --optimizer lookahead(adamw) --patience 3",
  ])
  func aRunIsContinued(line: String) throws {
    try withTemporaryFolder { folder in
      let run = folder + "/run"
      _ = try FitLine(line + " --hidden 4").summary(in: run)
      let (notes, programs) = try export(run, to: folder + "/out")
      #expect(notes.isEmpty && programs.count == 3)
      let source = try FileAccess.readText(folder + "/out/train.py")
      #expect(source.contains("ReduceLROnPlateau(") == line.contains("plateau"))
      #expect(source.contains("clip_grad_value_(model.parameters(), 0.1)") == line.contains("clip"))
      #expect(source.contains("norm.isfinite()") == line.contains("skip"))
      #expect(source.contains(#"group["momentum"] = momentum"#) == line.contains("cycle-momentum"))
      #expect(source.contains("PATIENCE = 3") == line.contains("patience"))
    }
  }

  @Test func aNoteSaysWhyThereIsNoTraining() throws {
    try withTemporaryFolder { folder in
      let run = folder + "/run"
      _ = try FitLine("spirals --steps 2 --hidden 4 --optimizer muon").summary(in: run)
      var (notes, programs) = try export(run, to: folder + "/out")
      #expect(programs == ["model.py", "predict.py"] && notes.count == 1)
      #expect(notes[0].contains("muon has no counterpart"))

      let file = folder + "/model.safetensors"
      try TrainedModel(contentsOf: run).write(to: file)
      (notes, programs) = try export(file, to: folder + "/out2")
      #expect(programs == ["model.py", "predict.py"])
      #expect(notes == ["train.py is left out: the file has no state of a training"])
    }
  }

  @Test func dataThatIsGoneLeavesTheModel() throws {
    try withTemporaryFolder { folder in
      let (run, data) = (folder + "/run", folder + "/t.csv")
      let rows = (0..<40).map { "\($0 * 7 % 11),\($0 % 2 == 0 ? "a" : "b")" }
      try FileAccess.write((["x,y"] + rows).joined(separator: "\n"), to: data)
      _ = try FitLine("csv --data \(data) --target y --steps 2").summary(in: run)
      try FileAccess.write("x,y\n1,a\n", to: data)
      let (notes, programs) = try export(run, to: folder + "/out")
      #expect(programs == ["model.py", "predict.py"] && notes.count == 1)
      #expect(notes[0].contains("t.csv"))
    }
  }
}
