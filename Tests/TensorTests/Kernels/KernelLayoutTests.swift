import CKernels
import TestSupport
import Testing

/// A run of elements with a stride, starting in the middle of a block of memory.
private final class Run {
  let block: UnsafeMutableRawPointer
  let start: UnsafeMutableRawPointer

  init(_ contiguous: UnsafeRawPointer, count: Int, stride: Int, size: Int) {
    let reach = count * max(1, abs(stride)) * size + 64
    block = .allocate(byteCount: 2 * reach, alignment: 8)
    start = block + reach
    for index in 0..<count {
      (start + index * stride * size).copyMemory(from: contiguous + index * size, byteCount: size)
    }
  }
  deinit { block.deallocate() }

  /// Returns a copy of the elements that a loop over the run reads.
  func read(count: Int, stride: Int, size: Int) -> UnsafeMutableRawPointer {
    let copy = UnsafeMutableRawPointer.allocate(byteCount: max(1, count * size), alignment: 8)
    for index in 0..<count {
      (copy + index * size).copyMemory(from: start + index * stride * size, byteCount: size)
    }
    return copy
  }
}

/// The results of the loops do not depend on the stride, the length of the run, or the place of the
/// output.
struct KernelLayoutTests {
  private static let counts = [0, 1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 47, 64, 70, 256, 300]
  private static let strides = [1, 0, 2, 3, -1, -2, 7]

  private func values(_ dtype: ck_dtype, _ count: Int, _ seed: UInt64) -> [UInt8] {
    var numbers = RandomGenerator(seed: seed)
    switch dtype {
    case CK_F32: return bytes(numbers.floats(count))
    case CK_F64: return bytes(numbers.doubles(count))
    case CK_I32: return bytes((0..<count).map { _ in Int32(numbers.integer(in: -20..<21)) })
    default: return (0..<count).map { _ in UInt8(numbers.integer(in: 0..<2)) }
    }
  }

  /// A loop over one or two inputs, as a function of two inputs.
  private typealias Loop = (
    UnsafeRawPointer, Int, UnsafeRawPointer, Int, UnsafeMutableRawPointer, Int
  )
    -> Void

  /// Expects every way to run the loop to give the bits of the loop run on one element at a time.
  private func check(
    _ label: String, _ dtype: ck_dtype, outputSize: Int, usesSecond: Bool, _ loop: Loop
  ) {
    let size = elementSize(dtype)
    for count in Self.counts {
      let (a, b) = (values(dtype, count, 5), values(dtype, count, 6))
      var reference = [UInt8](repeating: 0, count: count * outputSize)
      func oneByOne(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer) {
        reference.withUnsafeMutableBytes { target in
          guard let start = target.baseAddress else { return }
          for index in 0..<count {
            loop(a + index * size, 1, b + index * size, 1, start + index * outputSize, 1)
          }
        }
      }
      a.withUnsafeBytes { a in
        b.withUnsafeBytes { b in
          guard let first = a.baseAddress, let second = b.baseAddress else { return }
          for strideA in Self.strides {
            for strideB in usesSecond ? Self.strides : [1] {
              let runA = Run(first, count: count, stride: strideA, size: size)
              let runB = Run(second, count: count, stride: strideB, size: size)
              let readA = runA.read(count: count, stride: strideA, size: size)
              let readB = runB.read(count: count, stride: strideB, size: size)
              defer {
                readA.deallocate()
                readB.deallocate()
              }
              oneByOne(readA, readB)
              // Offset by one element, with a margin on both sides that must stay unchanged.
              var output = [UInt8](repeating: 0x5a, count: (count + 2) * outputSize)
              output.withUnsafeMutableBytes { target in
                guard let start = target.baseAddress else { return }
                loop(runA.start, strideA, runB.start, strideB, start + outputSize, count)
              }
              let margin = [UInt8](repeating: 0x5a, count: outputSize)
              #expect(
                output == margin + reference + margin,
                "\(label), \(count) elements, strides \(strideA) and \(strideB)")
            }
          }
          if outputSize == size {
            oneByOne(first, second)
            var inPlace = Array(a)
            inPlace.withUnsafeMutableBytes { target in
              guard let start = target.baseAddress else { return }
              loop(start, 1, second, 1, start, count)
            }
            #expect(inPlace == reference, "\(label), \(count) elements, in place of the first")
            var second = Array(b)
            second.withUnsafeMutableBytes { target in
              guard let start = target.baseAddress, usesSecond else { return }
              loop(first, 1, start, 1, start, count)
            }
            #expect(
              !usesSecond || second == reference,
              "\(label), \(count) elements, in place of the second")
          }
        }
      }
    }
  }

  @Test(arguments: KernelRow.unary)
  func unaryLoopsDoNotDependOnTheLayout(row: KernelRow) {
    for kernels in Kernels.all {
      for dtype in kernelDTypes {
        guard let function = kernels.unary(row, dtype) else { continue }
        check("\(kernels) \(row.name)", dtype, outputSize: elementSize(dtype), usesSecond: false) {
          function($0, $1, $4, $5)
        }
      }
    }
  }

  @Test(arguments: KernelRow.binary)
  func binaryLoopsDoNotDependOnTheLayout(row: KernelRow) {
    for kernels in Kernels.all {
      for dtype in kernelDTypes {
        guard let function = kernels.binary(row, dtype) else { continue }
        check("\(kernels) \(row.name)", dtype, outputSize: elementSize(dtype), usesSecond: true) {
          function($0, $1, $2, $3, $4, $5)
        }
      }
    }
  }

  @Test(arguments: KernelRow.compare)
  func comparisonsDoNotDependOnTheLayout(row: KernelRow) {
    for kernels in Kernels.all {
      for dtype in kernelDTypes {
        guard let function = kernels.compare(row, dtype) else { continue }
        check("\(kernels) \(row.name)", dtype, outputSize: 1, usesSecond: true) {
          function($0, $1, $2, $3, $4, $5)
        }
      }
    }
  }

  @Test func conversionsDoNotDependOnTheLayout() {
    for kernels in Kernels.all {
      for from in kernelDTypes {
        for to in kernelDTypes {
          guard let function = ck_convert(kernels.table, from, to) else {
            Issue.record("no conversion from \(from.rawValue) to \(to.rawValue)")
            continue
          }
          check(
            "\(kernels) \(from.rawValue) to \(to.rawValue)", from, outputSize: elementSize(to),
            usesSecond: false
          ) { function($0, $1, $4, $5) }
        }
      }
    }
  }

  @Test func selectionDoesNotDependOnTheLayout() throws {
    for kernels in Kernels.all {
      for dtype in kernelDTypes {
        let function = try #require(ck_select(kernels.table, dtype))
        let size = elementSize(dtype)
        for flag: UInt8 in [0, 1] {
          check(
            "\(kernels) select, all \(flag)", dtype, outputSize: size, usesSecond: true
          ) { a, strideA, b, strideB, y, count in
            withUnsafePointer(to: flag) { function($0, 0, a, strideA, b, strideB, y, count) }
          }
        }
        let condition: [UInt8] = (0..<200).map { $0 % 3 == 1 ? 1 : 0 }
        let (a, b) = (values(dtype, 50, 8), values(dtype, 50, 9))
        for stride in [1, 0, 2, -1] {
          var y = [UInt8](repeating: 7, count: 50 * size)
          condition.withUnsafeBufferPointer { condition in
            guard let base = condition.baseAddress else { return }
            function(base + 100, stride, a, 1, b, 1, &y, 50)
          }
          for index in 0..<50 {
            let place = index * size..<(index + 1) * size
            let expected = condition[100 + index * stride] == 1 ? a[place] : b[place]
            #expect(y[place] == expected, "\(kernels), stride \(stride), element \(index)")
          }
        }
      }
    }
  }

  @Test func copiesAndTransposesMoveEachElement() throws {
    for kernels in Kernels.all {
      for size in [1, 4, 8] {
        let copy = try #require(ck_copy(kernels.table, size))
        let transpose = try #require(ck_transpose(kernels.table, size))
        let source = (0..<60 * 70 * size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for (from, to) in [(1, 1), (2, 1), (1, 3), (5, 2)] {
          var target = [UInt8](repeating: 0, count: 64 * 3 * size)
          copy(source, from, &target, to, 40)
          for index in 0..<40 {
            #expect(
              target[index * to * size..<(index * to + 1) * size]
                == source[index * from * size..<(index * from + 1) * size])
          }
        }
        // Rows with gaps, with none in the target or the source, and far apart in the target.
        for (rows, columns, from, to) in [
          (1, 1, 70, 61), (1, 9, 70, 61), (16, 16, 70, 61), (17, 33, 70, 61), (59, 70, 70, 61),
          (3, 64, 70, 61), (16, 70, 70, 128), (33, 64, 65, 512), (2, 70, 70, 2), (3, 33, 33, 3),
          (5, 17, 70, 5), (7, 9, 9, 7), (2, 4, 4, 2), (60, 2, 2, 60), (33, 3, 3, 40),
          (17, 7, 7, 17), (4, 2, 2, 4), (9, 5, 5, 64),
        ] {
          var target = [UInt8](repeating: 0x5a, count: columns * to * size)
          transpose(source, from, &target, to, rows, columns)
          for j in 0..<columns {
            for i in 0..<to {
              let (read, written) = ((i * from + j) * size, (j * to + i) * size)
              let element = target[written..<written + size]
              #expect(
                i < rows
                  ? element == source[read..<read + size] : element.allSatisfy { $0 == 0x5a })
            }
          }
        }
      }
    }
    #expect(Kernels.all.allSatisfy { ck_copy($0.table, 3) == nil && ck_copy($0.table, 99) == nil })
  }
}
