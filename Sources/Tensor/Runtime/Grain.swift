/// The amounts of work that make one task of the thread pool, some microseconds of one core each.
///
/// Work is cut by these numbers alone, never by the number of threads, so results do not depend on
/// it. Where partial results are combined (reductions, products, gradients of weights), a different
/// grain gives different rounding.
enum Grain {
  /// Elements of a loop that reads and writes memory: element-wise kernels, reductions, copies.
  static let elements = 1 << 15
  /// Elements of a kernel row by row: softmax, normalization, cross-entropy.
  static let rowElements = 1 << 14
  /// Elements that are read or written by index.
  static let indexedElements = 1 << 14
  /// Keys that one task sorts; an axis with more of them is sorted by several tasks.
  static let sortedElements = 1 << 16
  /// Bytes that are copied in whole slices.
  static let copiedBytes = 1 << 17
  /// Multiply-adds of a matrix product or a convolution.
  static let multiplyAdds = 1 << 19
  /// Multiply-adds of an attention head.
  static let attentionMultiplyAdds = 1 << 18
  /// Random numbers that kernels draw; a multiple of 256, which groups of blocks divide.
  static let randomNumbers = 1 << 14
  /// Integers that are dealt to piles at random; a multiple of 256.
  static let dealtIntegers = 1 << 16
  /// Random numbers that take a generator each.
  static let randomStreams = 1 << 11
  /// Probabilities that are summed to draw a class.
  static let probabilities = 1 << 12

  /// The elements of a task of an element-wise kernel over `count` of them.
  ///
  /// Kernels for float32 are the fast ones; `isFast` says whether an element takes about as long as
  /// reading and writing it.
  static func elements(_ dtype: DType, isFast: @autoclosure () -> Bool, of count: Int) -> Int {
    if count <= elements / 4 { return elements / 4 }
    return even(dtype != .float64 && isFast() ? elements : elements / 4, of: count)
  }

  /// The number of items, a multiple of `unit`, that cuts `count` into an even number of tasks of
  /// about `grain` items, all of one size.
  ///
  /// Of three tasks, one thread of two would do two.
  static func even(_ grain: Int, of count: Int, inPartsOf unit: Int = 64) -> Int {
    if count <= grain { return (count + unit - 1) / unit * unit }
    let tasks = ((count + grain - 1) / grain + 1) / 2 * 2
    return ((count + tasks - 1) / tasks + unit - 1) / unit * unit
  }

  /// The number of items, at least 1, that make a task of `grain` when each takes `work`.
  @inline(__always)
  static func items(_ grain: Int, each work: Int) -> Int {
    Swift.max(1, grain / Swift.max(1, work))
  }

  /// The number of items, at least 1, that cuts `count` of them, each of some work, into an even
  /// number of tasks of about `grain`, as far as they can be.
  ///
  /// Tasks of many items have a multiple of 16: kernels of rows take as many at once.
  static func items(_ grain: Int, each work: Int, of count: Int) -> Int {
    let items = items(grain, each: work)
    return Swift.max(1, even(items, of: count, inPartsOf: items < 128 ? 1 : 16))
  }
}
