/// Whether a model picks one of several classes or predicts a number.
public enum TaskKind: String, Codable, Sendable, CaseIterable {
  /// One of several classes; trained with the cross-entropy.
  case classification
  /// A number; trained with the mean squared error.
  case regression
}

/// What a model is to predict for each of several rows.
public enum Targets: Sendable, Equatable {
  /// The index of each row's class.
  case classes([Int32])
  /// The number of each row, standardised as its ``TargetEncoding`` says.
  case values([Float])
}

/// Rows of features, each with its target.
public struct Examples: Sendable, Equatable {
  /// The features, row after row.
  public let features: [Float]
  /// The number of features in a row.
  public let columns: Int
  /// One target a row.
  public let targets: Targets

  /// Examples from features laid out row after row.
  public init(features: [Float], columns: Int, targets: Targets) {
    self.features = features
    self.columns = columns
    self.targets = targets
  }

  /// The number of rows.
  public var rows: Int {
    switch targets {
    case .classes(let classes): classes.count
    case .values(let values): values.count
    }
  }
}

/// How targets become what a model is trained on, and back.
public enum TargetEncoding: Codable, Sendable, Equatable {
  /// Class `i` is the `i`th name.
  case classes([String])
  /// A number `y` is trained on as `(y - mean) / deviation`.
  case number(mean: Double, deviation: Double)

  /// The kind of task that such a target makes.
  public var kind: TaskKind {
    switch self {
    case .classes: .classification
    case .number: .regression
    }
  }

  /// What a number is trained on; the index of a class stays as it is.
  public func standardised(_ value: Double) -> Double {
    switch self {
    case .classes: value
    case .number(let mean, let deviation): (value - mean) / deviation
    }
  }

  /// The number of outputs of a model: one a class, or one.
  public var outputs: Int {
    switch self {
    case .classes(let names): names.count
    case .number: 1
    }
  }
}

/// What one run trains and validates on.
public struct TrainingData: Sendable {
  /// The examples to train on.
  public let training: Examples
  /// The examples to judge the model by; it never trains on them.
  public let validation: Examples
  /// What the targets stand for.
  public let target: TargetEncoding
  /// How the features were made from the columns of a table; nil for generated data.
  public let encoder: FeatureEncoder?
  /// What a user should know about the choices that were made, one sentence each.
  public let notes: [String]

  /// Data from its parts.
  public init(
    training: Examples, validation: Examples, target: TargetEncoding,
    encoder: FeatureEncoder? = nil, notes: [String] = []
  ) {
    self.training = training
    self.validation = validation
    self.target = target
    self.encoder = encoder
    self.notes = notes
  }

  /// A number that differs, in all likelihood, between different data (64-bit FNV-1a).
  ///
  /// A run records it, so that resuming on a file that has changed is noticed.
  package var fingerprint: String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func add(_ word: UInt32) { hash = (hash ^ UInt64(word)) &* 0x100_0000_01b3 }
    for examples in [training, validation] {
      add(UInt32(truncatingIfNeeded: examples.columns))
      for feature in examples.features { add(feature.bitPattern) }
      switch examples.targets {
      case .classes(let classes): for value in classes { add(UInt32(bitPattern: value)) }
      case .values(let values): for value in values { add(value.bitPattern) }
      }
    }
    return String(hash, radix: 16)
  }
}
