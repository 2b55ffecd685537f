import TestSupport
import Testing

@testable import Train

struct TerminalMapTests {
  @Test func showsTwoPointsInACharacter() {
    // The second class lies above the diagonal of a square.
    let map = TerminalMap(points: [0, 0, 1, 1], width: 8) { points in
      stride(from: 0, to: points.count, by: 2).map { points[$0 + 1] > points[$0] }
    }
    #expect(map.text == "██████▀·\n████▀···\n██▀·····\n▀·······")
  }

  @Test func oddPointsStillMakeAPicture() {
    for points: [Float] in [[], [1, 1], [0, 0, 100, 1], [0, 0, 1, 100]] {
      let map = TerminalMap(points: points, width: 10) {
        $0.indices.filter { $0 % 2 == 0 }.map { _ in false }
      }
      let lines = map.text.split(separator: "\n")
      #expect((4...24).contains(lines.count) && lines.allSatisfy { $0 == "··········" })
    }
  }
}

struct ProgressTests {
  private let progress = TrainingProgress(
    step: 250, totalSteps: 1000, loss: 0.12345, validationLoss: 0.2, validationAccuracy: 0.975,
    samplesPerSecond: 123_456, secondsLeft: 75)

  @Test func linesHaveNoControlCodes() {
    #expect(
      ProgressDisplay.line(progress)
        == "step 250/1000  loss 0.123  validation 0.2  accuracy 97.5%  123k samples/s  1:15 left")
  }

  @Test(arguments: [40, 79, 200]) func theBarFitsItsLine(width: Int) {
    let bar = ProgressDisplay.bar(progress, width: width)
    #expect(bar.count <= width)
    #expect(bar.hasPrefix(width == 40 ? "250/1000 " : " 250/1000 "))
    // Where there is no room for all figures, some are left out, none is cut.
    #expect(width > 40 || bar == "250/1000  loss 0.123  val 0.2  97.5%")
    let filled = bar.count { $0 == "━" }
    let open = bar.count { $0 == "┄" }
    #expect(filled == (filled + open) / 4 && (filled > 0 || width == 40))
  }
}
