import CLibrary
import TestSupport
import Testing
import Training

@testable import Train

/// Folders in which something else has the name of a file of a run.
struct RunFileKindTests {
  enum Kind: String, CaseIterable, Sendable {
    case pipe = "is a named pipe, not a file"
    case folder = "is a folder, not a file"
    case device = "is a device, not a file"
    case loop = "cannot be opened: too many levels of symbolic links"

    func make(at path: String) -> Int32 {
      switch self {
      case .pipe: mkfifo(path, 0o600)
      case .folder: mkdir(path, 0o700)
      case .device: symlink("/dev/zero", path)
      case .loop: symlink(path, path)
      }
    }
  }

  @Test(arguments: Kind.allCases) func whatIsNoFileIsRefused(_ kind: Kind) throws {
    let opened: [(files: [String], open: (String) throws -> Void)] = [
      (
        [
          "config.json", "metrics.jsonl", "summary.json", "checkpoint.safetensors",
          "best.safetensors", "checkpoint-7.safetensors", "diagnostics.jsonl", "decisions.jsonl",
          "loss.svg", "report.html",
        ], { _ = try RunFolder(existing: $0) }
      ),
      (["compare.json", "report.html"], { _ = try ComparisonFolder(existing: $0) }),
      (
        ["sweep.json", "trials.jsonl", "trial-1-0.safetensors", "best.json"],
        { _ = try SweepFolder(existing: $0) }
      ),
    ]
    for (files, open) in opened {
      for name in files where kind != .loop || name != files[0] {
        try withTemporaryFolder { folder in
          for other in files where other != name {
            try FileAccess.write("{}", to: "\(folder)/\(other)")
          }
          // A link to nothing is as good as nothing, and other files are nobody's business.
          #expect(symlink("\(folder)/none", "\(folder)/profile.json") == 0)
          #expect(mkfifo("\(folder)/notes", 0o600) == 0)
          if name != files[0] { try open(folder) }
          #expect(kind.make(at: "\(folder)/\(name)") == 0)
          #expect(throws: TrainingError.inputOutput("\(folder)/\(name): \(kind.rawValue)")) {
            try open(folder)
          }
        }
      }
    }
  }
}
