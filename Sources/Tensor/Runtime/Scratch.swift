/// Calls `body` with `byteCount` bytes of uninitialized memory, aligned to 64 bytes, that last for
/// the call.
///
/// Few bytes lie on the stack. More are a block of ``Allocator``: `withUnsafeTemporaryAllocation`
/// would take them from the heap, which searches long for aligned memory, and gathers all its free
/// blocks each time that a large one comes back.
func withScratch<Result>(
  byteCount: Int, _ body: (UnsafeMutableRawPointer) -> Result
) -> Result {
  if byteCount <= 1024 {
    return withUnsafeTemporaryAllocation(byteCount: max(1, byteCount), alignment: 64) {
      guard let start = $0.baseAddress else { fail("memory: no scratch memory") }
      return body(start)
    }
  }
  let block = Allocator.Block(byteCount: byteCount)
  let memory = block.allocated()
  defer { block.free(memory) }
  return body(memory)
}

/// Calls `body` with scratch memory for `count` elements of a type, uninitialized.
func withScratch<Element: BitwiseCopyable, Result>(
  of type: Element.Type, count: Int, _ body: (UnsafeMutableBufferPointer<Element>) -> Result
) -> Result {
  withScratch(byteCount: count * MemoryLayout<Element>.stride) {
    body(UnsafeMutableBufferPointer(start: $0.bindMemory(to: type, capacity: count), count: count))
  }
}
