import Adjoint

extension Benchmarks {
  /// Training steps of models of images, and predictions of a residual network.
  static func imageModels(_ measurement: Measurement) {
    let classifiers: [(name: String, shape: Shape, make: () -> Sequential)] = [
      ("cnn-28x28-b64", [64, 1, 28, 28], convNet),
      ("lenet5-28x28-b2048", [2048, 1, 28, 28], leNet),
      ("resnet20-32x32-b32", [32, 3, 32, 32], { resNet(widths: [16, 32, 64], blocks: 3) }),
      (
        "resnet18-32x32-b32", [32, 3, 32, 32],
        { resNet(widths: [64, 128, 256, 512], blocks: 2) }
      ),
    ]
    for (name, shape, make) in classifiers where measurement.wants("train/" + name) {
      classify("train/" + name, make(), shape, measurement)
    }
    let folded = "predict/resnet20-folded-32x32-b32"
    if measurement.wants(folded) {
      let model = resNet(widths: [16, 32, 64], blocks: 3, isFolded: true)
      let images = Tensor.normal([32, 3, 32, 32])
      measurement.row(folded, work: 32, unit: "samples/s") { _ = model(images) }
    }
    let transformer = "train/vit-tiny-32x32-b32"
    if measurement.wants(transformer) {
      classify(transformer, VisionTransformer(), [32, 3, 32, 32], measurement)
    }
    let segmentation = "train/unet-64x64-b8"
    if measurement.wants(segmentation) {
      let (images, masks) = (Tensor.normal([8, 3, 64, 64]), Tensor.uniform([8, 1, 64, 64]))
      measurement.step(segmentation, UNet(), examples: 8) {
        binaryCrossEntropy(logits: $0(images), masks)
      }
    }
  }

  private static func classify<Model: Layer>(
    _ name: String, _ model: Model, _ shape: Shape, _ measurement: Measurement
  ) {
    let images = Tensor.normal(shape)
    let labels = Tensor((0..<shape[0]).map { Int32($0 % 10) }, shape: [shape[0]])
    measurement.step(name, model, examples: shape[0]) {
      crossEntropy($0(images), labels: labels)
    }
  }

  private static func convNet() -> Sequential {
    Sequential {
      Conv2d(1, 16, kernelSize: 3, padding: 1)
      ReLU()
      MaxPool2d(2)
      Conv2d(16, 32, kernelSize: 3, padding: 1)
      ReLU()
      MaxPool2d(2)
      Flatten()
      Linear(32 * 49, 10)
    }
  }

  /// LeNet-5 as SimpleChains.jl states it, with valid convolutions and ReLU.
  private static func leNet() -> Sequential {
    Sequential {
      Conv2d(1, 6, kernelSize: 5)
      ReLU()
      MaxPool2d(2)
      Conv2d(6, 16, kernelSize: 5)
      ReLU()
      MaxPool2d(2)
      Flatten()
      Linear(256, 120)
      ReLU()
      Linear(120, 84)
      ReLU()
      Linear(84, 10)
    }
  }

  /// A residual network of images of 32 × 32: a 3 × 3 convolution, then `blocks` blocks of each
  /// width. (He et al., 2015, 1512.03385)
  private static func resNet(widths: [Int], blocks: Int, isFolded: Bool = false) -> Sequential {
    Sequential {
      normalizedConvolution(3, widths[0], isFolded: isFolded)
      ReLU()
      for (stage, width) in widths.enumerated() {
        for block in 0..<blocks {
          ResidualBlock(
            block == 0 && stage > 0 ? widths[stage - 1] : width, width, isFolded: isFolded)
        }
      }
      GlobalAveragePool()
      Linear(widths[widths.count - 1], 10)
    }
  }
}

/// A convolution and a batch norm, or, folded, a convolution with a bias.
private func normalizedConvolution(
  _ inputs: Int, _ outputs: Int, kernelSize: Int = 3, stride: Int = 1, isFolded: Bool = false
) -> Sequential {
  Sequential {
    Conv2d(
      inputs, outputs, kernelSize: kernelSize, stride: stride, padding: kernelSize / 2,
      bias: isFolded)
    if !isFolded { BatchNorm(outputs) }
  }
}

/// Two convolutions and a connection around them, of 1 × 1 with stride 2 where the width changes.
private struct ResidualBlock: Layer {
  let inner: Sequential
  let shortcut: Sequential

  init(_ inputs: Int, _ outputs: Int, isFolded: Bool) {
    let stride = inputs == outputs ? 1 : 2
    inner = Sequential {
      normalizedConvolution(inputs, outputs, stride: stride, isFolded: isFolded)
      ReLU()
      normalizedConvolution(outputs, outputs, isFolded: isFolded)
    }
    shortcut = Sequential {
      if stride > 1 {
        normalizedConvolution(inputs, outputs, kernelSize: 1, stride: stride, isFolded: isFolded)
      }
    }
  }

  func callAsFunction(_ input: Tensor) -> Tensor { relu(inner(input) + shortcut(input)) }
}

/// ViT-Tiny with patches of 4 × 4 and the mean of the tokens in front of the classifier.
/// (Dosovitskiy et al., 2020, 2010.11929)
private struct VisionTransformer: Layer {
  let patches = Conv2d(3, 192, kernelSize: 4, stride: 4)
  let positions = Parameter(Tensor.normal([64, 192]) * 0.02)
  let encoder = TransformerEncoder(depth: 12, width: 192, heads: 3)
  let head = Linear(192, 10)

  func callAsFunction(_ input: Tensor) -> Tensor {
    let tokens = patches(input).flattened(from: 2).transposed()
    return head(encoder(tokens + positions.value).mean(along: 1))
  }
}

/// A U-Net with three resolutions. (Ronneberger et al., 2015, 1505.04597)
private struct UNet: Layer {
  let down = [Self.block(3, 16), Self.block(16, 32), Self.block(32, 64)]
  let widen = [
    ConvTranspose2d(64, 32, kernelSize: 2, stride: 2),
    ConvTranspose2d(32, 16, kernelSize: 2, stride: 2),
  ]
  let up = [Self.block(64, 32), Self.block(32, 16)]
  let head = Conv2d(16, 1, kernelSize: 1)
  private let pool = MaxPool2d(2)

  private static func block(_ inputs: Int, _ outputs: Int) -> Sequential {
    Sequential {
      normalizedConvolution(inputs, outputs)
      ReLU()
      normalizedConvolution(outputs, outputs)
      ReLU()
    }
  }

  func callAsFunction(_ input: Tensor) -> Tensor {
    let fine = down[0](input)
    let middle = down[1](pool(fine))
    var x = down[2](pool(middle))
    for (level, skip) in [middle, fine].enumerated() {
      x = up[level](concatenated([skip, widen[level](x)], along: 1))
    }
    return head(x)
  }
}
