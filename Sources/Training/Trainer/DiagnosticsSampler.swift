import Autograd
import Optim
import Tensor

/// Measures the sampled steps of a ``Trainer``.
///
/// Which steps are sampled depends on the options alone, so a resumed run samples those of the run
/// left alone.
struct DiagnosticsSampler {
  /// The steps from one record to the next.
  private let period: Int
  /// The records from one with histograms to the next.
  private let histogramPeriod: Int
  private let lastStep: Int
  /// The positions of the parameters of each layer.
  private let layers: [(name: String, positions: [Int])]
  private var previous: (step: Int, time: Duration)?

  /// Creates a sampler, or returns `nil` if nothing is to be measured.
  init?(_ options: TrainerOptions, _ parameters: Parameters) {
    let steps = options.steps
    switch options.diagnostics {
    case .off: return nil
    case .light:
      // A record costs about as much as a step of the smallest models.
      period = max(100, Self.ceil(steps, 100))
      histogramPeriod = 10
    case .full:
      period = max(1, Self.ceil(steps, 1200))
      histogramPeriod = 1
    }
    lastStep = steps
    var layers: [(name: String, positions: [Int])] = []
    for (position, element) in parameters.enumerated() {
      let name = element.name.lastIndex(of: ".").map { element.name[..<$0] } ?? element.name[...]
      if layers.last?.name == String(name) {
        layers[layers.count - 1].positions.append(position)
      } else {
        layers.append((String(name), [position]))
      }
    }
    self.layers = layers
  }

  /// The quotient, rounded up; the number of steps may be the largest there is.
  private static func ceil(_ steps: Int, _ divisor: Int) -> Int {
    steps / divisor + (steps % divisor > 0 ? 1 : 0)
  }

  /// Whether the step with a number, from 1, is sampled.
  func isDue(_ step: Int) -> Bool { (step - 1) % period == 0 || step == lastStep }

  /// Returns the record of a step that was taken.
  ///
  /// - Parameters:
  ///   - record: The step.
  ///   - momentum: The momentum of the step.
  ///   - before: The weights before the step.
  ///   - gradients: The gradients before clipping.
  ///   - memoryBytes: The bytes of tensors in the step.
  ///   - time: The time that the steps before it have taken.
  /// - Returns: What is measured.
  mutating func record(
    of record: StepRecord, momentum: Double, before: [Tensor], _ gradients: Gradients,
    memoryBytes: Int, time: Duration
  ) -> DiagnosticsRecord {
    let step = record.step
    let hasHistograms = (step - 1) / period % histogramPeriod == 0 || step == lastStep
    let scale = gradients.scale
    var total = 0.0
    let measured = layers.map { name, positions in
      var (gradient, weight, update) = (0.0, 0.0, 0.0)
      for position in positions {
        let parameter = gradients.parameters[position].parameter
        gradient += Gradients.squaredNorm(of: gradients.unscaled[position]) * scale * scale
        weight += Gradients.squaredNorm(of: before[position])
        update += Gradients.squaredNorm(of: parameter.storedValue - before[position])
      }
      total += gradient
      return DiagnosticsRecord.Layer(
        name: name, gradientNorm: gradient.squareRoot(), weightNorm: weight.squareRoot(),
        updateRatio: weight > 0 ? (update / weight).squareRoot() : nil,
        weights: hasHistograms ? Histogram(ofElementsOf: positions.map { before[$0] }) : nil,
        gradients: hasHistograms
          ? Histogram(ofMagnitudesOf: positions.map { gradients[$0] }) : nil)
    }
    let pace = previous.flatMap { previous -> Double? in
      let (seconds, attoseconds) = (time - previous.time).components
      return (Double(seconds) + Double(attoseconds) * 1e-18) / Double(step - previous.step)
    }
    previous = (step, time)
    return DiagnosticsRecord(
      step: step, learningRate: record.learningRate, momentum: momentum, loss: record.loss,
      gradientNorm: total.squareRoot(), layers: measured, secondsPerStep: pace,
      memoryBytes: memoryBytes)
  }
}
