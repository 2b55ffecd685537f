import Tensor
import TestSupport
import Testing
import Training

@testable import Train

struct PrecisionTests {
  private static let line = "moons --seed 3 --steps 30 --hidden 8"

  @Test func theConfigurationHoldsIt() throws {
    let plain = try FitLine(Self.line).configuration()
    #expect(plain[FitOptions.precision] == .float32 && plain.json["precision"]?.text == "float32")
    let made = try FitLine(Self.line + " --precision bf16").configuration()
    #expect(made[FitOptions.precision] == .bfloat16 && made.json["precision"]?.text == "bf16")
    #expect(
      try JSONText.decode(TrainingConfiguration.self, from: JSONText.encode(made).utf8.map { $0 })
        == made)
    // Of a run of an earlier version.
    var earlier = plain.json
    earlier["precision"] = nil
    #expect(
      try JSONText.decode(
        TrainingConfiguration.self, from: JSONText.encode(earlier).utf8.map { $0 }) == plain)
    #expect(throws: UsageError.self) { try FitLine(Self.line + " --precision float16") }
    for (precision, configuration) in [(MatmulPrecision.float32, plain), (.bfloat16, made)] {
      #expect(configuration.inItsExecution { MatmulPrecision.current } == precision)
    }
  }
}
