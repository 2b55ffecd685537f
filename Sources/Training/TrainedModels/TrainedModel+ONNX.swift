import Autograd
import NN
import Tensor

extension TrainedModel {
  /// Returns the model in the ONNX format, with the encoding of its inputs included.
  ///
  /// The inputs and outputs are
  ///
  /// - for rows of a table those of ``ONNXModel/init(_:reading:predicting:)``; with the hinge loss
  ///   the output `score` [n] takes the place of `probabilities`;
  /// - for images `pixels`, float32 [batch, channels, height, width] from 0 to 255, and
  ///   `probabilities` [batch, classes];
  /// - for texts `tokens`, int64 [batch, length], the positions of characters in the vocabulary,
  ///   and `scores`: [batch, length, characters], or [batch, classes] of a classifier, whose length
  ///   is that of its training sequences.
  ///
  /// The names of classes and the characters of a vocabulary are in the metadata, under `classes`
  /// and `vocabulary`, as lists in JSON.
  ///
  /// - Throws: ``TrainingError`` that names an operation without a counterpart in ONNX.
  public func onnx() throws -> ONNXModel {
    var model =
      switch input {
      case .row: try rowModel(layer)
      case .image(let channels, let height, let width):
        try imageModel([.fixed(channels), .fixed(height), .fixed(width)])
      case .text(let length): try textModel(length)
      }
    model.metadata["producer"] = "adjoint"
    model.metadata["task"] = task
    if !classes.isEmpty { model.metadata["classes"] = try JSONText.encode(classes) }
    if let vocabulary { model.metadata["vocabulary"] = try JSONText.encode(vocabulary) }
    return model
  }

  private func rowModel(_ layer: some Layer) throws -> ONNXModel {
    guard let encoder = description.input.encoder, let target = description.input.target else {
      fail("a model of rows has an encoder and a target")
    }
    return try ONNXModel(layer, reading: encoder, predicting: target, isScore: isScored)
  }

  private func imageModel(_ sizes: [ONNXModel.AxisSize]) throws -> ONNXModel {
    let scale = description.input.pixels ?? PixelScale(mean: 0, deviation: 1)
    return try ONNXModel(
      tracing: module,
      inputs: [.init("pixels", .float32, ["batch"] + sizes, values: 0...255)],
      outputs: ["probabilities"]
    ) { inputs in
      [softmax(layer((inputs[0] - scale.mean) / scale.deviation))]
    }
  }

  private func textModel(_ length: Int) throws -> ONNXModel {
    // A model of completions scores the positions that it completes, so it needs as many.
    let least = min(max(description.input.predictedLength ?? 1, 1), length)
    let lengths = Set([least, (least + length) / 2, length]).sorted()
    // A recurrent net is written down step by step, for the length of its training sequences.
    let isClassifier = description.input.predictedLength == 1
    let axis: ONNXModel.AxisSize =
      lengths.count > 1 && !isClassifier ? .named("length", examples: lengths) : .fixed(length)
    return try ONNXModel(
      tracing: module,
      inputs: [
        .init(
          "tokens", .int32, ["batch", axis], values: 0...Double((vocabulary?.count ?? 1) - 1),
          wideIntegers: true)
      ], outputs: ["scores"]
    ) { [layer($0[0])] }
  }
}
