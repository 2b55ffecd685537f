import Autograd
import NN
import Optim
import Tensor
import Training

/// A factor of the learning rate for the parameters whose names match a pattern.
struct RateScale: Sendable, Equatable {
  let pattern: String
  let factor: Double
}

extension ValueKind<[RateScale]> {
  /// Patterns of names, each with a factor, and commas between them.
  static var rateScales: Self {
    Self(
      "LIST", "a list of patterns, each with a factor of at least 0",
      json: { .string($0.map { "\($0.pattern)=\($0.factor)" }.joined(separator: ",")) }
    ) { text in
      let parts = text.split(separator: ",", omittingEmptySubsequences: false)
      let scales = parts.compactMap { part -> RateScale? in
        guard let sign = part.lastIndex(of: "="), sign > part.startIndex,
          let factor = Double(decimal: part[part.index(after: sign)...]), factor >= 0,
          factor.isFinite
        else { return nil }
        return RateScale(pattern: String(part[..<sign]), factor: factor)
      }
      return scales.count == parts.count ? scales : nil
    }
  }
}

extension TrainingConfiguration {
  /// Checks that patterns of parameters match some of the model, and that some are left to train.
  ///
  /// - Throws: ``UsageError`` that names the option.
  func checkPatterns(_ parameters: Parameters) throws {
    let scales = self[FitOptions.rateScales] ?? []
    if let problem = parameters.problem(withPatterns: scales.map(\.pattern)) {
      throw UsageError("--learning-rate-scale: \(problem)")
    }
    let frozen = self[FitOptions.freeze] ?? []
    if let problem = parameters.problem(withPatterns: frozen) {
      throw UsageError("--freeze: \(problem)")
    }
    if trained(parameters).isEmpty { throw UsageError("--freeze: no weight is left to train") }
  }

  /// The parameters that are not frozen.
  func trained(_ parameters: Parameters) -> Parameters {
    guard let patterns = self[FitOptions.freeze] else { return parameters }
    let isFrozen = parameters.matches(patterns, in: "--freeze")
    return parameters.filter { element in
      !(parameters.index(of: element.parameter).map { isFrozen[$0] } ?? false)
    }
  }

  /// The groups of the optimizer: biases and norms are not decayed, as is usual, and patterns scale
  /// the learning rate.
  func parameterGroups(_ parameters: Parameters) -> [ParameterGroup] {
    let scaled = (self[FitOptions.rateScales] ?? []).flatMap { scale in
      let part = zip(parameters, parameters.matches([scale.pattern], in: "--learning-rate-scale"))
      let names = Set(part.filter(\.1).map(\.0.name))
      return [
        ParameterGroup(learningRateScale: scale.factor, weightDecay: 0) {
          names.contains($0.name) && $0.parameter.shape.rank < 2
        },
        ParameterGroup(learningRateScale: scale.factor) { names.contains($0.name) },
      ]
    }
    return scaled + [.noDecayOnVectors]
  }
}

/// Weights of elsewhere that a run started from.
struct StartingWeights {
  /// What was taken and what was not, a sentence each.
  let notes: [String]

  /// Sets the weights of a model to those of a run, a model or a file, as far as names and shapes
  /// agree.
  ///
  /// - Throws: ``TrainingError`` for a file that cannot be read, or in which nothing fits.
  init(from path: String, into model: any Module) throws {
    let isFolder = FileAccess.item(at: path) == .folder
    let file = isFolder ? try RunFolder(existing: path).best : path
    let found: NamedTensors
    do {
      found = try Safetensors(contentsOf: file, copying: true).tensors
    } catch {
      throw TrainingError(error)
    }
    let own = model.weights
    var fitting = NamedTensors()
    var (missing, others): ([String], [String]) = ([], [])
    for name in own.names {
      guard let value = found[name], let mine = own[name] else {
        missing.append(name)
        continue
      }
      if value.shape == mine.shape, value.dtype.isFloatingPoint == mine.dtype.isFloatingPoint {
        fitting[name] = value
      } else {
        others.append("\(name) (\(value.shape) for \(mine.shape))")
      }
    }
    guard !fitting.names.isEmpty else {
      throw TrainingError.data("\(file): none of its weights fits the model")
    }
    try model.load(fitting, strict: false)
    let unused = found.names.filter { own[$0] == nil }
    notes =
      ["\(file): took \(counted(fitting.names.count, "weight")) of \(own.names.count)"]
      + [("not found", missing), ("of another shape", others), ("not in the model", unused)]
      .filter { !$0.1.isEmpty }.map { "\($0.0): \($0.1.joined(separator: ", "))" }
  }
}
