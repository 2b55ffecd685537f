import Autograd
import CLibrary
import OpTable
import Tensor
import Training

/// `train doctor`: what the machine has, what of it is used, and whether it computes correctly.
enum DoctorCommand: Command {
  static let name = "doctor"
  static let usage = ""
  static let summary = "shows the processor, kernels and threads, and checks gradients and speed"
  static let options: [OptionGroup] = []
  static let wordCount = 0

  static func run(_ arguments: Arguments) throws -> Int32 {
    let sets = InstructionSet.available.map(\.rawValue).joined(separator: ", ")
    row("processor", processorName ?? "unknown")
    row("kernels", "\(InstructionSet.current.rawValue), of \(sets)")
    row("threads", String(Execution.current.threads))
    row("build", DebugBuild.isCurrent ? "debug, some 30 times slower than -c release" : "release")
    let peak = peakRate(.current)
    row("multiply-adds", "\(rate(peak)) on one thread, the peak of the processor")
    let product = productRate(512)
    row(
      "matrix product", "\(rate(product)) on one thread, \(Format.percentage(product / peak)) of it"
    )
    row("copy", "\(Format.number(copyRate() / 1e9)) GB/s, read and written, from memory")
    var failures: [String] = []
    for set in InstructionSet.available {
      let (count, failed) = withInstructionSet(set) { gradients() }
      row("gradients, \(set.rawValue)", "\(count - failed.count) of \(count) operations are right")
      failures += failed.map { "\($0) on \(set.rawValue)" }
    }
    for failure in failures { Console.standard.print("failed: \(failure)") }
    return failures.isEmpty ? 0 : ExitStatus.failure
  }

  private static func row(_ name: String, _ text: String) {
    Console.standard.print("\(Format.padded(name, to: 20))  \(text)")
  }

  private static func rate(_ operations: Double) -> String {
    "\(Format.number(operations / 1e9)) GFLOP/s"
  }

  /// The name in the system's description of the processor.
  private static var processorName: String? {
    guard let text = try? FileAccess.readText("/proc/cpuinfo") else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":").last.map { String($0.drop { $0 == " " }) }
  }

  /// Compares the first derivatives of each operation with differences in float64, and returns the
  /// number of operations and the names of those that differ.
  private static func gradients() -> (count: Int, failed: [String]) {
    let operations = OpCase.all.filter(\.isDifferentiable)
    let failed = operations.filter { operation in
      guard let sample = operation.samples.first else { return false }
      let (function, inputs) = operation.differentiable(sample, .float64, seed: 0)
      return !checkGradients(of: function, at: inputs, order: 1, seed: 0).passed
    }
    return (operations.count, failed.map(\.name))
  }

  /// The floating-point operations a second of the product of two square matrices.
  private static func productRate(_ size: Int) -> Double {
    withThreads(1) {
      let (a, b) = (Tensor.ones([size, size]), Tensor.ones([size, size]))
      let seconds = bestTime { _ = matmul(a, b) }
      return 2 * Double(size * size * size) / seconds
    }
  }

  /// The bytes a second that are read and written by a copy of 64 MiB.
  private static func copyRate() -> Double {
    let x = Tensor.ones([4096, 4096])
    return 2 * 4 * Double(x.elementCount) / bestTime { _ = x + 0 }
  }

  /// The shortest of some runs, in seconds.
  private static func bestTime(_ body: () -> Void) -> Double {
    body()
    return (0..<10).map { _ in
      let start = ContinuousClock.now
      body()
      return start.duration(to: .now).inSeconds
    }.min() ?? .nan
  }
}
