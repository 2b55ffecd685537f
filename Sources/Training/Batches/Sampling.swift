/// The order in which examples are visited.
public enum Sampling: Sendable, Equatable {
  /// Each epoch visits every example once, in random order.
  case shuffled
  /// Each epoch visits every example once, in the order of the data.
  case sequential
  /// Each example is drawn independently of the others; an epoch is a fixed number of steps.
  case withReplacement(stepsPerEpoch: Int)
}
