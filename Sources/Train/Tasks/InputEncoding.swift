import Training

/// How a run encodes its data, as needed to apply the model to other data.
struct InputEncoding: Codable, Sendable, Equatable {
  /// The characters that input tokens stand for; nil for inputs of numbers.
  var vocabulary: Vocabulary?
  /// How the columns of a table become features; nil for other data.
  var encoder: FeatureEncoder?
  /// The meaning of the outputs; nil for a text.
  var target: TargetEncoding?
  /// A hash of the data, by which a resumed run notices that it has changed.
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
