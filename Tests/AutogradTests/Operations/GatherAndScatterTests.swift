import CLibrary
import TestSupport
import Testing

struct GatherAndScatterTests {
  #if os(Linux)
    /// The gradient of a lookup in a large table allocates only the pages of the rows that were
    /// looked up.
    @Test(arguments: [[Int32(3)], [0, 77_777, 5, 77_777, 199_999]])
    func theGradientOfALookupTouchesOnlyItsRows(_ rows: [Int32]) throws {
      let table = Tensor.zeros([200_000, 32])
      let positions = Tensor(rows, shape: [rows.count])
      // Ones as a factor, because slopes that all are one number in memory are added once.
      let ones = Tensor.ones([rows.count, 32])
      let slope = gradient(at: table) { (embedding($0, at: positions) * ones).sum() }
      let page = Int(sysconf(Int32(_SC_PAGESIZE)))
      let byteCount = slope.elementCount * 4
      #expect(byteCount > 1000 * page)
      var isResident = [UInt8](repeating: 0, count: (byteCount + page - 1) / page)
      try #require(mincore(slope.pointer, byteCount, &isResident) == 0)
      #expect(isResident.count { $0 & 1 == 1 } <= Set(rows).count)
      // Read last, because reading touches every page.
      let sums = slope.sum(along: 1).scalars(as: Float.self)
      for row in Set(rows) {
        #expect(sums[Int(row)] == 32 * Float(rows.count { $0 == row }))
      }
      #expect(sums.reduce(0, +) == 32 * Float(rows.count))
    }
  #endif
}
