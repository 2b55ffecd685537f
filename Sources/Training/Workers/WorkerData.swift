import CLibrary
import Tensor

/// How the examples of a data set are dealt to workers, each of which trains on its own part.
///
/// ```swift
/// var generator = RandomGenerator(seed: 1)
/// let parts = WorkerData.byClass(labels, workers: 16, alpha: 0.3, using: &generator)
/// try SimulatedWorkers.run(16) { workers in
///   let own = parts[workers.rank]  // the numbers of this worker's examples
///   …
/// }
/// ```
public enum WorkerData {
  /// Returns the numbers of the examples of each worker: random parts whose sizes differ by at most
  /// one.
  ///
  /// - Parameters:
  ///   - count: The number of examples.
  ///   - workers: The number of workers, at least 1.
  ///   - generator: Decides who has what.
  /// - Returns: For each worker, the numbers of its examples in random order.
  public static func even(
    _ count: Int, workers: Int, using generator: inout RandomGenerator
  ) -> [[Int]] {
    requireWorkers(workers)
    return cut(generator.permutation(of: count), at: (1...workers).map { count * $0 / workers })
  }

  /// Returns the numbers of the examples of each worker, where the parts of every class are drawn
  /// from a symmetric Dirichlet distribution: uneven in size and in classes. (Hsu, Qi and Brown,
  /// 2019, 1909.06335)
  ///
  /// - Parameters:
  ///   - classes: The class of each example, an int32 vector.
  ///   - workers: The number of workers, at least 1.
  ///   - alpha: α, above 0. Near 0 each class goes to one worker; the larger, the more even.
  ///   - generator: Decides who has what.
  /// - Returns: For each worker, the numbers of its examples in random order; there may be none.
  public static func byClass(
    _ classes: Tensor, workers: Int, alpha: Double, using generator: inout RandomGenerator
  ) -> [[Int]] {
    requireWorkers(workers)
    require(
      classes.dtype == .int32 && classes.rank == 1,
      "WorkerData: classes must be an int32 vector, got \(classes.dtype) \(classes.shape)")
    require(
      alpha > 0 && alpha.isFinite,
      "WorkerData: alpha must be a finite number above 0, got \(alpha)")
    let labels = classes.scalars(as: Int32.self)
    var members: [Int32: [Int]] = [:]
    for example in generator.permutation(of: labels.count) {
      members[labels[example], default: []].append(example)
    }
    var parts = [[Int]](repeating: [], count: workers)
    for label in members.keys.sorted() {
      let examples = members[label] ?? []
      let shares = dirichlet(workers, alpha, &generator)
      var sum = 0.0
      let ends = shares.map { share in
        sum += share
        return min(Int((sum * Double(examples.count)).rounded()), examples.count)
      }
      // The shares add up to 1 but for rounding.
      for (worker, part) in cut(examples, at: ends.dropLast() + [examples.count]).enumerated() {
        parts[worker] += part
      }
    }
    // Not class by class.
    return parts.map { part in generator.permutation(of: part.count).map { part[$0] } }
  }

  private static func requireWorkers(_ workers: Int) {
    require(workers >= 1, "WorkerData: the number of workers must be at least 1, got \(workers)")
  }

  /// Returns positive numbers that add up to 1, drawn from a symmetric Dirichlet distribution.
  private static func dirichlet(
    _ count: Int, _ alpha: Double, _ generator: inout RandomGenerator
  ) -> [Double] {
    // The logarithms of small gamma variables are exact where the variables are 0.
    let logarithms = generator.logGamma(
      concentration: .full([count], alpha, dtype: .float64)
    ).scalars(as: Double.self)
    let largest = logarithms.max() ?? 0
    let weights = logarithms.map { exp($0 - largest) }
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
  }

  /// Returns the parts of a list that end at ascending positions.
  private static func cut(_ list: [Int], at ends: [Int]) -> [[Int]] {
    zip([0] + ends, ends).map { Array(list[$0..<$1]) }
  }
}
