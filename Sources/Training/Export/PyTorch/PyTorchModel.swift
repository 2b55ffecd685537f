import NN
import Optim
import Tensor

/// The source of `model.py`: the model of a run as an `nn.Module` with the names of its weights.
///
/// A model of the catalog has a template in a file of its own.
struct PyTorchModel {
  let expression: ModelExpression
  let shape: ModelShape
  let description: ModelDescription

  init(_ description: ModelDescription) {
    self.description = description
    expression = description.model
    shape = description.shape
  }

  /// Returns the text of the file.
  ///
  /// - Throws: ``TrainingError`` of kind `data` for a model without a template.
  func source() throws(TrainingError) -> String {
    switch expression.name {
    case "mlp": mlp
    case "conv": conv
    case "gpt": gpt
    case "lstm", "gru", "rnn": recurrent
    default: throw .data("the model \(expression.name) has no counterpart in PyTorch")
    }
  }

  /// The model in a few words, with its sizes.
  var title: String { expression.description(for: shape) }

  /// The inputs in words, with their shape.
  var inputText: String {
    switch description.input.shape.count {
    case 3: "images \(axes(description.input.shape))"
    case _ where description.input.vocabulary != nil: "tokens [n, length]"
    default: "features \(axes(description.input.shape))"
    }
  }

  /// The outputs in words, with their shape.
  var outputText: String {
    if description.loss == .hinge { return "scores [n, 1], positive for the second class" }
    return switch description.input.target {
    case .number: "standardized numbers [n, 1]"
    case .classes: "scores of the classes [n, \(shape.outputs)]"
    case nil: "scores of the next token [n, length, \(shape.outputs)]"
    }
  }

  private func axes(_ sizes: [Int]) -> String {
    "[\((["n"] + sizes.map(String.init)).joined(separator: ", "))]"
  }

  /// The function after each layer.
  var activation: String {
    let activation: Activation = expression.choice("activation")
    return switch activation {
    case .relu: "F.relu"
    case .leakyRelu: "F.leaky_relu"
    case .elu: "F.elu"
    case .gelu: "F.gelu"
    case .silu: "F.silu"
    case .tanh: "torch.tanh"
    case .sigmoid: "torch.sigmoid"
    case .softplus: "F.softplus"
    }
  }

  /// The imports of a model with an activation.
  var activationImport: String {
    activation.hasPrefix("torch.") ? "import torch" : "import torch.nn.functional as F"
  }

  /// The rate of dropped elements.
  var dropout: Double { expression.number("dropout") }
}
