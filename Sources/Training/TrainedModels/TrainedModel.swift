import Autograd
import NN
import Tensor

/// The trained model of a run, to predict with.
///
/// ```swift
/// let model = try TrainedModel(contentsOf: "runs/csv-1")
/// let prediction = try model.predict(["width": 3.1, "kind": "oak"])
/// print(prediction.label, prediction.probability ?? 0)
/// ```
/// It takes values as they are in the data of the run: columns by name, pixels, characters. They
/// are encoded with the statistics of the training data, which the run stored.
///
/// A model does not change, so any number of threads may predict with it. ``write(to:)`` packs it
/// into a single file.
public struct TrainedModel: Sendable {
  /// What a model takes.
  public enum Input: Sendable, Equatable {
    /// A row of a table with the given columns; see ``TrainedModel/predict(_:)-([String:_])``.
    case row(columns: [String])
    /// An image of so many channels, rows and columns of pixels.
    case image(channels: Int, height: Int, width: Int)
    /// A text: a sequence of characters, of which the model sees at most a number at once.
    case text(length: Int)
  }

  /// The module, in whose weights the training ended.
  public let module: any Module
  /// The name of the task that it was trained on.
  public var task: String { description.task }
  /// What the model takes.
  public let input: Input
  /// The names of the classes; empty for a regression.
  public let classes: [String]

  /// The characters that a model of texts knows, or `nil` for other models.
  public var vocabulary: Vocabulary? { description.input.vocabulary }
  /// The language model of a run on a text, which generates text, or `nil` for other models.
  ///
  /// ```swift
  /// let tokens = try model.vocabulary!.tokens(of: "Once upon")
  /// let text = model.languageModel!.generate(from: tokens, count: 100, using: &generator)
  /// ```
  public var languageModel: GPT? { description.input.target == nil ? module as? GPT : nil }

  /// The name of the column that it predicts, or `nil` if its targets are not those of a column.
  public var targetName: String? { description.input.targetName }

  /// Whether it predicts characters: the next one of a text, or those that complete a sequence.
  package var predictsText: Bool {
    description.input.vocabulary != nil && description.input.predictedLength != 1
  }

  /// Whether it tells two classes apart by a score that is not a probability.
  package var isScored: Bool { description.loss == .hinge }

  let description: ModelDescription
  let rows: RowEncoder?
  let layer: any Layer

  /// Reads the folder of a run, or a file that ``write(to:)`` or `train export` wrote.
  ///
  /// Of a run it takes the best weights, which are those with the lowest validation loss.
  ///
  /// - Throws: ``TrainingError`` that names a file that is missing or damaged.
  public init(contentsOf path: String) throws {
    if FileAccess.item(at: path) != .file {
      let folder = try RunFolder(existing: path)
      let bytes = try FileAccess.read(folder.configuration)
      let description: ModelDescription
      do {
        description = try JSONText.decode(ModelDescription.self, from: bytes)
      } catch let error as DecodingError where error.isAboutValue {
        throw TrainingError.data("\(folder.configuration): \(JSONText.description(of: error))")
      } catch {
        throw TrainingError.data(
          "\(folder.configuration): is not the configuration of a run: "
            + JSONText.description(of: error))
      }
      guard FileAccess.exists(folder.best) else {
        throw TrainingError.inputOutput(
          "\(path): has no weights yet; it was stopped before its first evaluation")
      }
      try self.init(description, weights: try Self.weights(folder.best).tensors, file: folder.best)
    } else {
      let file = try Self.weights(path)
      guard let text = file.metadata[Self.metadataKey] else {
        throw TrainingError.data(
          "\(path): holds weights alone; train export --format adjoint writes a model")
      }
      guard let description = try? JSONText.decode(ModelDescription.self, from: Array(text.utf8))
      else { throw TrainingError.data("\(path): the description of the model cannot be read") }
      try self.init(description, weights: file.tensors, file: path)
    }
  }

  /// Creates a model with given weights, which come from a file that errors name.
  private init(_ description: ModelDescription, weights: NamedTensors, file: String) throws {
    // A description that is not of these weights could ask for any amount of memory.
    let count = weights.names.reduce(0) { $0 + (weights[$1]?.elementCount ?? 0) }
    guard description.approximateWeightCount <= 2 * Double(count) + 10_000 else {
      throw TrainingError.data("\(file): holds fewer weights than the model that is described has")
    }
    if let problem = description.model.entry.traits.problem(description.shape) {
      throw TrainingError.data("\(file): \(problem)")
    }
    let model = description.makeModel()
    do {
      try model.load(weights)
    } catch {
      throw TrainingError.data("\(file): \(error)")
    }
    try model.checkIsFinite(in: file)
    try self.init(description, model)
  }

  /// Creates a model from a module that has its weights.
  package init(_ description: ModelDescription, _ module: any Module) throws {
    guard let layer = module as? any Layer else {
      throw TrainingError.data("the model \(description.model.name) cannot be applied to examples")
    }
    self.module = module
    self.description = description
    let encoding = description.input
    if case .classes(let names) = encoding.target {
      classes = names
    } else {
      classes = encoding.target == nil ? (encoding.vocabulary?.names ?? []) : []
    }
    rows = encoding.encoder.map(RowEncoder.init)
    if let encoder = encoding.encoder {
      input = .row(columns: encoder.columns.map(\.name))
    } else if encoding.vocabulary != nil {
      input = .text(length: encoding.shape[0])
    } else {
      let shape = encoding.shape
      guard shape.count == 3 else {
        throw TrainingError.data("examples of shape \(Shape(shape)) cannot be predicted")
      }
      input = .image(channels: shape[0], height: shape[1], width: shape[2])
    }
    self.layer = layer
  }

  /// Returns the outputs of the module for encoded inputs `[n, ...]`: scores of classes
  /// `[n, classes]`, standardized numbers `[n, 1]`, or scores of tokens `[n, length, tokens]`.
  package func outputs(_ inputs: Tensor) -> Tensor {
    // Opening a scope costs as much as a small layer, and is needed only inside of another one.
    LayerMode.current == .inference ? layer(inputs) : withMode(.inference) { layer(inputs) }
  }

  /// Writes the model into a single `.safetensors` file: the weights under the names that PyTorch
  /// gives them, and in the metadata all that is needed to apply them.
  ///
  /// - Throws: ``TrainingError`` of kind `inputOutput` that names the file.
  public func write(to path: String) throws {
    let description = try JSONText.encode(description)
    do {
      let metadata = ["format": "pt", Self.metadataKey: description]
      try Safetensors(module.weights, metadata: metadata).write(to: path, checksummed: true)
    } catch {
      throw TrainingError(error)
    }
  }

  /// The key of the description in the metadata of a file.
  private static let metadataKey = "adjoint.model"

  private static func weights(_ path: String) throws -> Safetensors {
    do {
      // A server may run for long, and its file be overwritten.
      return try Safetensors(contentsOf: path, copying: true)
    } catch {
      throw TrainingError(error)
    }
  }
}
