import Training

/// What a run made of its data, which applying the model to other data needs.
struct InputEncoding: Codable, Sendable, Equatable {
  /// The characters or tokens of the inputs, where the inputs are such.
  var vocabulary: Vocabulary?
  /// How features are made from the columns of a table.
  var encoder: FeatureEncoder?
  /// What the outputs stand for, where there are rows with targets.
  var target: TargetEncoding?
  /// A number that tells, in all likelihood, whether the data is still the same.
  var fingerprint: String

  init(_ data: TaskData) {
    switch data {
    case .examples(let data):
      vocabulary = data.vocabulary
      encoder = data.encoder
      target = data.target
    case .text(let data, _): vocabulary = data.vocabulary
    }
    fingerprint = data.fingerprint
  }
}
