import NN
import Optim
import Tensor

extension ModelCatalog {
  /// Two convolutions and two linear layers.
  static let conv = Entry(
    "conv", "two convolutions and two linear layers",
    settings: [.width("16"), .activation, .dropout],
    traits: ModelTraits(
      describe: { model, shape in
        let width = model.count("width")
        return
          "conv \(width)-\(2 * width)-\(8 * width)-\(shape.outputs), \(model.word("activation"))"
      },
      weightCount: { model, shape in
        // The linear layer joins 2 · width channels of a sixteenth of the pixels to 8 · width
        // numbers.
        let width = Double(model.count("width"))
        return width * width * Double(shape.inputSize + 18)
      },
      sizeSetting: "width",
      problem: { shape in
        let (height, width) = (shape.input[1], shape.input[2])
        return height >= ConvNet.smallestSide && width >= ConvNet.smallestSide
          ? nil : "an image of \(height) x \(width) is too small for two poolings"
      })
  ) { request in
    let image = request.context.input
    return ConvNet(
      channels: image[0], height: image[1], width: image[2], classes: request.context.outputs,
      features: request.count("width"), activation: request.choice("activation"),
      dropout: request.number("dropout"))
  }
}
