import Tensor

/// The source of `predict.py`, which applies the model to new data as `train predict` does.
///
/// Each kind of input has a template in a file of its own.
struct PyTorchPrediction {
  let description: ModelDescription
  let model: TrainedModel

  init(_ model: TrainedModel) {
    self.model = model
    description = model.description
  }

  /// Returns the text of the file.
  func source() -> String {
    switch model.input {
    case .row: rows(description.input.encoder?.columns ?? [])
    case .image(let channels, let height, let width): images(channels, height, width)
    case .text(let length): text(length)
    }
  }

  /// The table of the names of the classes, which the outputs of a classifier stand for.
  var classTable: String {
    Python.assignment("CLASSES", model.classes.map(Python.literal))
  }

  /// The names of the columns that the predictions add behind others, as a list.
  func columns(_ first: String...) -> String {
    let names = first + ["prediction"] + (model.isScored ? ["score"] : [])
    let list = "[\(names.map(Python.literal).joined(separator: ", "))]"
    return model.classes.isEmpty || model.isScored
      ? list : list + #" + [f"probability_{name}" for name in CLASSES]"#
  }

  /// What the predictions add to a table, in words.
  var addedText: String {
    if model.isScored { return "the prediction, and its score" }
    return model.classes.isEmpty
      ? "the prediction" : "the prediction, and the probability of each class"
  }

  /// The definition of `predict`, which returns the fields that the predictions of some inputs add.
  @PythonSource var predictFunction: String {
    """
    @torch.no_grad()
    def predict(model, inputs):
        \"""Returns the fields of the prediction for each input.\"""
    """
    if case .number(let mean, let deviation, let logarithm, _) = description.input.target {
      """
          values = model(inputs).squeeze(1).double() * \(deviation) + \(mean)
      """
      if let logarithm {
        """
            values = values.sign() * values.abs().expm1() * \(logarithm.unit)
        """
      }
      """
          return [[f"{value:.10g}"] for value in values.tolist()]
      """
    } else if model.isScored {
      """
          scores = model(inputs).squeeze(1).tolist()
          return [[CLASSES[score > 0], f"{score:.6g}"] for score in scores]
      """
    } else {
      """
          probabilities = model(inputs).softmax(dim=1)
          best = probabilities.argmax(dim=1).tolist()
          return [
              [CLASSES[i], *(f"{p:.6g}" for p in row)]
              for i, row in zip(best, probabilities.tolist())
          ]
      """
    }
  }

  /// The start of `main`: the arguments and the model.
  func mainStart(_ data: String) -> String {
    """
    def main():
        parser = argparse.ArgumentParser(description="Applies the model to new data.")
        parser.add_argument("--data", metavar="FILE", required=True, help="\(data)")
        parser.add_argument("--out", metavar="FILE", default="-", help="the table to write")
        arguments = parser.parse_args()

        model = Model()
        weights = load_file(Path(__file__).with_name("weights.safetensors"))
        model.load_state_dict(weights)
        model.eval()
    """
  }

  /// The imports of the model and its weights.
  let modelImports = """
    import torch
    from safetensors.torch import load_file

    from model import Model
    """

  /// The end of the file.
  let mainEnd = """


    if __name__ == "__main__":
        main()

    """

  /// The statement that opens the output as `file`.
  let openingOutput =
    #"with open(1 if arguments.out == "-" else arguments.out, "w", encoding="utf-8") as file:"#
}
