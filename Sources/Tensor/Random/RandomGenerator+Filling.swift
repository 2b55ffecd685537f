import CKernels

// Tensors of random numbers are filled by kernels, several blocks at a time. Element i depends on
// the state of the generator and on i alone, not on the number of threads or the instruction set.

extension RandomGenerator {
  /// The state as the kernels take it, some blocks further on.
  func state(after blocks: Int = 0) -> ck_random {
    ck_random(
      key: key, stream: stream, position: position &+ UInt64(truncatingIfNeeded: blocks))
  }

  /// Returns a tensor that a kernel fills with `perBlock` elements from each block, and advances.
  ///
  /// Kernels that draw again use the same positions of the streams that follow. Nothing else does,
  /// so no words are drawn twice.
  mutating func fill(
    _ op: ck_random_op, _ shape: Shape, _ dtype: DType, perBlock: Int,
    _ settings: ck_random_settings, name: StaticString
  ) -> Tensor {
    let result = Tensor(uninitialized: shape, dtype: dtype)
    write(op, to: result, perBlock: perBlock, settings, name: name)
    let groupSize = perBlock * Self.blocksOfGroup
    skip(blocks: (result.elementCount + groupSize - 1) / groupSize * Self.blocksOfGroup)
    return result
  }

  /// Writes the elements of a contiguous tensor, made from those of another one if there is one.
  func write(
    _ op: ck_random_op, from x: Tensor? = nil, to result: Tensor, perBlock: Int,
    _ settings: ck_random_settings, name: StaticString
  ) {
    guard let kernel = ck_random_op_for(Execution.current.kernels, op, result.dtype.code) else {
      fail("\(name): not defined for \(result.dtype)")
    }
    let (source, target, size) = (x?.pointer, result.pointer, result.dtype.byteCount)
    let generator = self
    forEachChunk(of: result.elementCount, grain: Grain.randomNumbers) { range in
      let start = range.lowerBound
      withUnsafePointer(to: settings) { settings in
        withUnsafePointer(to: generator.state(after: start / perBlock)) { state in
          kernel(
            state, settings, source.map { $0 + start * size }, target + start * size, range.count)
        }
      }
    }
  }

  /// Kernels take their words from groups of blocks; see `philox.inc`.
  private static let blocksOfGroup = 16
}

/// The smallest and the largest number of a floating-point type within bounds given as `Double`.
///
/// If there is none, both are the smallest number above the bounds.
struct Bounds {
  let smallest: Double
  let largest: Double

  init(_ range: ClosedRange<Double>, _ dtype: DType) {
    (smallest, largest) =
      dtype == .float32 ? Self.rounded(range, Float.self) : Self.rounded(range, Double.self)
  }

  init(_ range: Range<Double>, _ dtype: DType) {
    self.init(
      range.lowerBound...Swift.max(range.lowerBound, range.upperBound.nextDown), dtype)
  }

  private static func rounded<Scalar: BinaryFloatingPoint>(
    _ range: ClosedRange<Double>, _: Scalar.Type
  ) -> (Double, Double) {
    let (low, high) = (Scalar(range.lowerBound), Scalar(range.upperBound))
    let smallest = Double(low) < range.lowerBound ? low.nextUp : low
    let largest = Double(high) > range.upperBound ? high.nextDown : high
    return (Double(smallest), Double(Swift.max(smallest, largest)))
  }
}
