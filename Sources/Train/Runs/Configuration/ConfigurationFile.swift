import Training

/// The content of `config.json`: the configuration, and how the run encodes its data.
struct ConfigurationFile: Codable, Sendable, Equatable {
  /// The key of the name of the task.
  static let taskKey = "task"
  /// The key of the encoding of the data.
  static let inputKey = "input"
  /// The key of the hash of the data.
  static let fingerprintKey = "fingerprint"

  /// Everything that decides the run.
  var configuration: TrainingConfiguration
  /// How the run encodes its data.
  let input: InputEncoding
  /// A hash of the data, by which a resumed run notices that it has changed.
  let fingerprint: String

  /// The file of a new run.
  init(configuration: TrainingConfiguration, data: TaskData) {
    self.configuration = configuration
    input = configuration.input(of: data)
    fingerprint = data.fingerprint
  }

  private enum CodingKeys: String, CodingKey { case input, fingerprint }

  init(from decoder: any Decoder) throws {
    configuration = try TrainingConfiguration(from: decoder)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    input = try container.decode(InputEncoding.self, forKey: .input)
    fingerprint = try container.decode(String.self, forKey: .fingerprint)
  }

  func encode(to encoder: any Encoder) throws {
    try configuration.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(input, forKey: .input)
    try container.encode(fingerprint, forKey: .fingerprint)
  }

  /// Reads the file of a run.
  ///
  /// - Throws: ``TrainingError`` that names the file and what is wrong with it.
  init(contentsOf path: String) throws {
    let bytes = try FileAccess.read(path)
    do {
      self = try JSONText.decode(Self.self, from: bytes)
    } catch let error as DecodingError where error.isAboutValue {
      throw TrainingError.data("\(path): \(JSONText.description(of: error))")
    } catch let error as UsageError {
      throw TrainingError.data("\(path): \(error.message)")
    } catch {
      throw TrainingError.data(
        "\(path): is not the configuration of a run: \(JSONText.description(of: error))")
    }
  }

  /// Loads or generates the data of the run again.
  ///
  /// - Throws: ``TrainingError`` when it cannot be read, or has changed since the run began.
  func data(of folder: RunFolder) throws -> TaskData {
    let data = try configuration.task.data(seed: configuration[FitOptions.seed])
    guard data.fingerprint == fingerprint else {
      throw TrainingError.data(
        "\(configuration.task.source): the data has changed since \(folder.path) began")
    }
    do {
      try configuration.check(on: data)
    } catch let error as UsageError {
      throw TrainingError.data("\(folder.configuration): \(error.message)")
    }
    return data
  }

  /// The keys and values of a file of options, such as the `config.json` of a run.
  ///
  /// - Throws: ``UsageError`` for a file that is not a JSON object, or says where to write.
  static func entries(ofFile file: String) throws -> [(key: String, value: String)] {
    let bytes = try FileAccess.read(file)
    let entries: [String: JSONValue]
    do {
      entries = try JSONText.decode([String: JSONValue].self, from: bytes)
    } catch {
      throw UsageError(
        "\(file): is not a JSON object of options: \(JSONText.description(of: error))")
    }
    if let option = FitOptions.placing.first(where: { entries[$0.name] != nil }) {
      throw UsageError("\(file): --\(option.name) can only be given on the command line")
    }
    return entries.sorted { $0.key < $1.key }.compactMap { key, value in
      // The encoding is derived from the data again; null stands for an option that is not set.
      guard key != inputKey, key != fingerprintKey, let text = value.text else { return nil }
      return (key, text)
    }
  }
}
