import Training
import Foundation

/// What `config.json` holds: the configuration, and what the run made of its data.
struct ConfigurationFile: Codable, Sendable, Equatable {
  /// The key of the task's name.
  static let taskKey = TrainingConfiguration.CodingKeys.task.rawValue
  /// The key of what the run made of its data.
  static let inputKey = "input"

  /// What the run made of its data, which applying the model to other data needs.
  struct Input: Codable, Sendable, Equatable {
    /// What the characters or tokens stand for, where the inputs are such.
    var vocabulary: Vocabulary?
    /// How features are made from the columns of a table.
    var encoder: FeatureEncoder?
    /// What the outputs stand for, where there are rows with targets.
    var target: TargetEncoding?
    /// Tells whether the data is still the same.
    var fingerprint: String

    init(_ data: TaskData) {
      switch data {
      case .examples(let data):
        vocabulary = data.vocabulary
        encoder = data.encoder
        target = data.target
      case .text(let data): vocabulary = data.vocabulary
      }
      fingerprint = data.fingerprint
    }
  }

  /// Everything that decides the run.
  var configuration: TrainingConfiguration
  /// What the run made of its data.
  var input: Input

  init(configuration: TrainingConfiguration, input: Input) {
    self.configuration = configuration
    self.input = input
  }

  private enum CodingKeys: String, CodingKey { case input }

  init(from decoder: any Decoder) throws {
    configuration = try TrainingConfiguration(from: decoder)
    input = try decoder.container(keyedBy: CodingKeys.self).decode(Input.self, forKey: .input)
  }

  func encode(to encoder: any Encoder) throws {
    try configuration.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(input, forKey: .input)
  }

  /// The data of the run, made again.
  ///
  /// - Throws: ``TrainingError`` when it cannot be read, or has changed since the run began.
  func data(of folder: RunFolder) throws -> TaskData {
    let data = try configuration.source().data(seed: configuration.seed)
    guard data.fingerprint == input.fingerprint else {
      let source = configuration.data ?? configuration.task
      throw TrainingError.data("\(source): the data has changed since \(folder.path) began")
    }
    return data
  }

  /// Reads the file of a run.
  ///
  /// - Throws: ``TrainingError`` that names the file when it cannot be read or is not one.
  init(contentsOf path: String) throws {
    do {
      self = try JSONDecoder().decode(Self.self, from: Data(FileAccess.read(path)))
    } catch let error as TrainingError {
      throw error
    } catch {
      throw TrainingError.data("\(path): is not the configuration of a run")
    }
  }
}
