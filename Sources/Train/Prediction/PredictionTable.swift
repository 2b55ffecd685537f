import CLibrary
import Training

/// Writes a table with the predictions of a model: the columns of the data, `prediction`, and for a
/// classifier the probability of each class.
///
/// The data is read, predicted and written in parts, so it may be larger than memory.
struct PredictionTable {
  private let model: TrainedModel
  private let sink: ByteSink
  private let appearsOnTerminal: Bool

  init(_ model: TrainedModel, writingTo sink: ByteSink) {
    self.model = model
    appearsOnTerminal = sink.isStandardOutput && isatty(STDOUT_FILENO) == 1
    self.sink = sink
  }

  /// Writes the predictions for a file, or for standard input.
  ///
  /// - Throws: ``TrainingError`` that names file and line; then there is no new file.
  func write(_ path: String) throws {
    switch model.input {
    case .row: try writeRows(path)
    case .image: try writeImages(path)
    case .text: try writeLines(path)
    }
    try sink.finish()
  }

  private func writeRows(_ path: String) throws {
    var reader = try CSVReader(contentsOf: path)
    try writeHeader(reader.names)
    while let table = try reader.next() {
      for (row, prediction) in try model.predict(table).enumerated() {
        try write(table.texts(row: row), prediction)
      }
    }
  }

  private func writeImages(_ path: String) throws {
    let images = try ImageFile.images(contentsOf: path)
    let predictions: [Prediction]
    do {
      predictions = try model.predict(images: images)
    } catch let error as TrainingError {
      throw TrainingError.data("\(ByteSource.name(of: path)): \(error.message)")
    }
    try writeHeader(["image"])
    for (index, prediction) in predictions.enumerated() {
      try write([String(index)], prediction)
    }
  }

  private func writeLines(_ path: String) throws {
    let reader = try LineReader(contentsOf: path)
    try writeHeader(["text"])
    while let line = try reader.next() {
      guard !line.isEmpty else { continue }
      do {
        try write([line], model.predict(text: line))
      } catch let error as TrainingError where error.kind == .data {
        throw TrainingError.data("\(reader.name):\(reader.line): \(error.message)")
      }
    }
  }

  // MARK: - Fields

  /// Whether each class has a column, as for a classifier whose classes are not characters of a
  /// text.
  private var hasClassColumns: Bool { !model.classes.isEmpty && !model.predictsText }

  private func writeHeader(_ names: [String]) throws {
    var added = ["prediction"]
    if model.isScored {
      added.append("score")
    } else if hasClassColumns {
      added += model.classes.map { "probability_\($0)" }
    } else if model.predictsText {
      added.append("probability")
    }
    // The table may have been predicted before.
    for index in added.indices {
      while names.contains(added[index]) { added[index] += "_2" }
    }
    try writeLine(names + added)
  }

  private func write(_ fields: [String], _ prediction: Prediction) throws {
    var fields = fields
    if let value = prediction.value {
      fields.append(Format.number(value, digits: 10))
    } else {
      fields.append(prediction.label)
      if let score = prediction.score {
        fields.append(Format.number(score, digits: 6))
      } else if hasClassColumns {
        fields += prediction.probabilities.map { Format.number($0, digits: 6) }
      } else if let probability = prediction.probability {
        fields.append(Format.number(probability, digits: 6))
      }
    }
    try writeLine(fields)
  }

  private func writeLine(_ fields: [String]) throws {
    let line = fields.map(CSVField.text).joined(separator: ",") + "\n"
    try sink.write(appearsOnTerminal ? PrintableText.text(line) : line)
  }
}
