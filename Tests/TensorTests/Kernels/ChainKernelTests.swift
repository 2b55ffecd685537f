import CKernels
import TestSupport
import Testing

/// Chains of links give the bits of the kernels that they stand for.
@Suite struct ChainKernelTests {
  private static let lengths = [1, 7, 63, 64, 65, 200, 1023]
  private static let special = [0, -0.0, 1, -1, 0.5, .infinity, -.infinity, .nan, 1e30, -1e-30]

  private static func numbers(_ count: Int, _ seed: UInt64, _ dtype: ck_dtype) -> KernelNumbers {
    var generator = RandomGenerator(seed: seed)
    let values = special + generator.doubles(count)
    return KernelNumbers(Array(values.prefix(count)), dtype)
  }

  /// Runs links whose operands are arrays, by their number in `arrays`.
  ///
  /// A number is the first element of one. Returns the last array.
  private static func run(
    _ links: [(op: ck_link_op, array: Int, step: Int)], _ arrays: [KernelNumbers], count: Int,
    _ kernels: Kernels
  ) throws -> [UInt8] {
    let dtype = arrays[0].dtype
    let chain = try #require(ck_chain(kernels.table, dtype))
    let memory = arrays.map { array in
      let bytes = UnsafeMutableRawBufferPointer.allocate(
        byteCount: array.bytes.count, alignment: 64)
      bytes.copyBytes(from: array.bytes)
      return bytes
    }
    defer { memory.forEach { $0.deallocate() } }
    let bound = links.map {
      ck_link(x: memory[$0.array].baseAddress, op: Int32($0.op.rawValue), step: Int32($0.step))
    }
    chain(bound, bound.count, count)
    return Array(memory[memory.count - 1])
  }

  private static var forms: [(Kernels, ck_dtype)] {
    Kernels.all.flatMap { [($0, CK_F32), ($0, CK_F64)] }
  }

  @Test func eachLinkIsItsOperation() throws {
    for (kernels, dtype) in Self.forms {
      for count in Self.lengths {
        let a = Self.numbers(count, 1, dtype)
        let b = KernelNumbers(Self.numbers(count, 2, dtype).values.reversed(), dtype)
        let none = KernelNumbers([Double](repeating: 9, count: count), dtype)
        for row in KernelRow.unary {
          let link = ck_unary_link(ck_unary_op(row.index))
          guard link != CK_LINK_NONE, let kernel = kernels.unary(row, dtype) else { continue }
          var expected = none.bytes
          kernel(a.bytes, 1, &expected, count)
          let result = try Self.run(
            [(CK_LINK_LOAD, 0, 1), (link, 0, 0), (CK_LINK_STORE, 1, 1)], [a, none], count: count,
            kernels)
          #expect(result == expected, "\(row.name) of \(count)")
        }
        for row in KernelRow.binary {
          let link = ck_binary_link(ck_binary_op(row.index))
          guard link != CK_LINK_NONE, let kernel = kernels.binary(row, dtype) else { continue }
          for (stepA, stepB) in [(1, 1), (1, 0), (0, 1), (0, 0)] {
            var expected = none.bytes
            kernel(a.bytes, stepA, b.bytes, stepB, &expected, count)
            let back = ck_link_op(link.rawValue + 1)
            for (first, second, op) in [(0, 1, link), (1, 0, back)] {
              let steps = [stepA, stepB]
              let result = try Self.run(
                [
                  (CK_LINK_LOAD, first, steps[first]), (op, second, steps[second]),
                  (CK_LINK_STORE, 2, 1),
                ], [a, b, none], count: count, kernels)
              #expect(result == expected, "\(row.name) of \(count), steps \(stepA), \(stepB)")
            }
          }
        }
      }
    }
  }

  /// What a chain stores it can read again, also among the last elements.
  @Test func storedValuesAreReadAgain() throws {
    for (kernels, dtype) in Self.forms {
      for count in Self.lengths {
        var generator = RandomGenerator(seed: 3)
        let a = KernelNumbers(generator.doubles(count), dtype)
        let none = KernelNumbers([Double](repeating: 9, count: count), dtype)
        let add = ck_binary_link(CK_BINARY_ADD)
        // (a + a) + (a + a), from the stored sum.
        let result = try Self.run(
          [
            (CK_LINK_LOAD, 0, 1), (add, 0, 1), (CK_LINK_STORE, 1, 1), (CK_LINK_LOAD, 0, 0),
            (CK_LINK_LOAD, 1, 1), (add, 1, 1), (CK_LINK_STORE, 2, 1),
          ], [a, none, none], count: count, kernels)
        #expect(result == KernelNumbers(a.values.map { 4 * $0 }, dtype).bytes)
      }
    }
  }
}
