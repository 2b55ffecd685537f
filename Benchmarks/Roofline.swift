import Adjoint
import Autograd
import Foundation
import OpTable
import Tensor

/// Times every operation of the op table against the limits of the machine, which it measures in
/// the same run.
///
/// The limit of an operation is the time to read its inputs and write its result once, at the rate
/// at which the same number of bytes is copied, or the time of its multiply-adds at the peak of the
/// processor, whichever is longer. The share is the limit divided by the time: 100 % is the best
/// that there can be, except that a copy which misses the caches may be slower than reading alone.
struct Roofline {
  /// What a row of the report is about.
  struct Entry: Encodable {
    let name: String
    let dtype: String
    let pass: String
    let layout: String
    let elements: Int
    let seconds: Double
    /// The bytes that must move.
    let bytes: Int
    /// The multiply-adds that must be done.
    let multiplyAdds: Int
    /// The time at the limit of the machine, divided by the time.
    let share: Double
  }

  /// How the elements of the inputs lie in memory.
  enum Layout: String, CaseIterable {
    case contiguous
    /// The last two axes are swapped in memory.
    case transposed
  }

  /// The text that the name of an operation must contain.
  var only = ""
  /// The numbers of elements of the largest input.
  var sizes = [1 << 12, 1 << 20, 1 << 24]
  /// The element types.
  var dtypes: [DType] = [.float32, .float64]
  /// The layouts of the inputs.
  var layouts = Layout.allCases
  /// The time to measure each entry for, in seconds.
  var minimumTime = 0.02

  private let copyRate = CopyRate()
  private let peak = peakRate(.current)

  /// Times all entries, and returns them with the lowest share first.
  func entries(_ report: (String) -> Void) -> [Entry] {
    var entries: [Entry] = []
    for op in OpCase.all where only.isEmpty || op.name.contains(only) {
      report(op.name)
      let isLinear = growsLinearly(op)
      for size in sizes {
        for dtype in dtypes {
          for layout in layouts {
            entries += self.entries(of: op, isLinear ? size : 1, dtype, layout)
          }
        }
      }
    }
    return entries.sorted { $0.share < $1.share }
  }

  /// Times an operation and its gradient.
  private func entries(of op: OpCase, _ size: Int, _ dtype: DType, _ layout: Layout) -> [Entry] {
    var inputs = op.largeTensors(op.inputs(growingTo: size), dtype)
    if dtype != .float32 && !inputs.contains(where: { $0.dtype == dtype }) { return [] }
    if layout == .transposed {
      guard inputs.contains(where: { $0.dtype.isFloatingPoint && $0.rank >= 2 }) else { return [] }
      inputs = inputs.map { $0.dtype.isFloatingPoint && $0.rank >= 2 ? Self.turned($0) : $0 }
    }
    let result = op.apply(inputs)
    let bytes = inputs.map(Self.bytes).reduce(0, +)
    let multiplyAdds = op.multiplyAdds?(inputs.map(\.shape), result.shape) ?? 0
    func entry(_ pass: String, bytes: Int, multiplyAdds: Int, _ body: () -> Void) -> Entry {
      let seconds = time(body)
      let limit = Swift.max(
        Double(bytes) / copyRate.bytesPerSecond(moving: bytes),
        Double(2 * multiplyAdds) / (rate(of: dtype) * Double(Execution.current.threads)))
      return Entry(
        name: op.name, dtype: "\(dtype)", pass: pass, layout: layout.rawValue,
        elements: inputs.map(\.elementCount).max() ?? 0, seconds: seconds, bytes: bytes,
        multiplyAdds: multiplyAdds, share: limit / seconds)
    }
    var entries = [
      entry("forward", bytes: bytes + Self.bytes(result), multiplyAdds: multiplyAdds) {
        _ = op.apply(inputs)
      }
    ]
    guard op.isDifferentiable, result.dtype.isFloatingPoint else { return entries }
    let cotangent = Elementwise.copy(Tensor.ones(result.shape, dtype: result.dtype))
    // A pullback reads the cotangent and the gradient's own input, and writes the gradient; whether
    // it needs the other inputs depends on the operation.
    for (index, input) in inputs.enumerated() where input.dtype.isFloatingPoint {
      let (_, pullback) = valueWithPullback(at: input) { x in
        var inputs = inputs
        inputs[index] = x
        return op.apply(inputs)
      }
      entries.append(
        entry(
          "gradient \(index)", bytes: Self.bytes(result) + 2 * Self.bytes(input),
          multiplyAdds: multiplyAdds
        ) { _ = pullback(cotangent) })
    }
    return entries
  }

  /// Whether the result of an operation grows no faster than its inputs; an outer product of the
  /// largest inputs would fill the memory.
  private func growsLinearly(_ op: OpCase) -> Bool {
    func count(_ size: Int) -> (inputs: Int, result: Int) {
      let inputs = op.largeTensors(op.inputs(growingTo: size), .float32)
      return (inputs.map(\.elementCount).max() ?? 0, op.apply(inputs).elementCount)
    }
    let once = count(1)
    return count(2 * once.inputs).result <= 3 * Swift.max(1, once.result)
  }

  /// The report: a line for each entry.
  static func table(_ entries: [Entry]) -> String {
    let header = "share        time      GB/s   GFLOP/s  dtype    layout      elements  operation"
    let lines = entries.map { entry in
      String(
        format: "%4.0f%% %9.1f µs %9.1f %9.1f  ", 100 * entry.share, 1e6 * entry.seconds,
        Double(entry.bytes) / entry.seconds / 1e9,
        Double(2 * entry.multiplyAdds) / entry.seconds / 1e9)
        + "\(entry.dtype)  \(entry.layout)  \(entry.elements)  \(entry.name), \(entry.pass)"
    }
    return ([header] + lines).joined(separator: "\n")
  }

  private func rate(of dtype: DType) -> Double { dtype == .float64 ? peak / 2 : peak }

  private static func bytes(_ x: Tensor) -> Int { x.elementCount * x.dtype.byteCount }

  /// The tensor with its last two axes swapped in memory.
  private static func turned(_ x: Tensor) -> Tensor {
    Elementwise.copy(x.transposed()).transposed()
  }

  /// The shortest time of a call, of samples that take `minimumTime` together.
  private func time(_ body: () -> Void) -> Double {
    let clock = ContinuousClock()
    func once() -> Double { clock.measure(body) / .seconds(1) }
    body()
    let first = once()
    let count = Swift.max(3, Swift.min(2000, Int(minimumTime / Swift.max(first, 1e-7))))
    return (0..<count).reduce(first) { best, _ in Swift.min(best, once()) }
  }
}

/// The rate at which all threads together copy memory.
final class CopyRate {
  private var rates: [Int: Double] = [:]

  /// The bytes read and written a second when `bytes` are read and written in all.
  func bytesPerSecond(moving bytes: Int) -> Double {
    // One measurement for each power of two.
    let size = Swift.max(1 << 12, bytes).nextPowerOfTwo
    if let rate = rates[size] { return rate }
    let half = size / 2
    let (source, target) = (
      UnsafeMutableRawPointer.allocate(byteCount: half, alignment: 64),
      UnsafeMutableRawPointer.allocate(byteCount: half, alignment: 64)
    )
    defer {
      source.deallocate()
      target.deallocate()
    }
    source.initializeMemory(as: UInt8.self, repeating: 1, count: half)
    target.initializeMemory(as: UInt8.self, repeating: 1, count: half)
    let clock = ContinuousClock()
    var best = Double.infinity
    for _ in 0..<Swift.max(10, Swift.min(2000, (1 << 28) / size)) {
      let time = clock.measure {
        forEachChunk(of: half, grain: 1 << 17) { range in
          memcpy(target + range.lowerBound, source + range.lowerBound, range.count)
        }
      }
      best = Swift.min(best, time / .seconds(1))
    }
    rates[size] = Double(size) / best
    return Double(size) / best
  }
}

extension Int {
  fileprivate var nextPowerOfTwo: Int {
    1 << (bitWidth - (self - 1).leadingZeroBitCount)
  }
}
