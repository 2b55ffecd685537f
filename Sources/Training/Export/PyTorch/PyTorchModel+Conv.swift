extension PyTorchModel {
  /// Two convolutions and two linear layers.
  @PythonSource var conv: String {
    let width = expression.count("width")
    let (channels, rows, columns) = (shape.input[0], shape.input[1], shape.input[2])
    let joined = 2 * width * (rows / 4) * (columns / 4)
    """
    \"""The model of the run: \(title).\"""

    """
    if activation.hasPrefix("torch.") { "import torch" }
    """
    import torch.nn.functional as F
    from torch import nn


    class Model(nn.Module):
        \"""Two convolutions and two linear layers.

        \(inputText) -> \(outputText)
        \"""

        def __init__(self):
            super().__init__()
            self.convolutions = nn.ModuleList(
                [
                    nn.Conv2d(\(channels), \(width), kernel_size=3, padding=1),
                    nn.Conv2d(\(width), \(2 * width), kernel_size=3, padding=1),
                ]
            )
            self.layers = nn.ModuleList(
                [nn.Linear(\(joined), \(8 * width)), nn.Linear(\(8 * width), \(shape.outputs))]
            )
    """
    if dropout > 0 {
      "        self.dropout = nn.Dropout(\(dropout))"
    }
    """

        def forward(self, x):
            for convolution in self.convolutions:
                x = F.max_pool2d(\(activation)(convolution(x)), 2)
            x = \(activation)(self.layers[0](x.flatten(1)))
            return self.layers[1](\(dropout > 0 ? "self.dropout(x)" : "x"))

    """
  }
}
