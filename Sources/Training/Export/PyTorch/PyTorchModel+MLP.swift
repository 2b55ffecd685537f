extension PyTorchModel {
  /// A multi-layer perceptron.
  @PythonSource var mlp: String {
    let sizes = [shape.inputSize] + expression.counts("hidden") + [shape.outputs]
    """
    \"""The model of the run: \(title).\"""

    from itertools import pairwise

    \(activationImport)
    from torch import nn


    class Model(nn.Module):
        \"""A multi-layer perceptron.

        \(inputText) -> \(outputText)
        \"""

        def __init__(self):
            super().__init__()
            sizes = [\(sizes.map(String.init).joined(separator: ", "))]
            self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))

        def forward(self, x):
    """
    if shape.input.rank > 1 {
      "        x = x.flatten(1)"
    }
    """
            for layer in self.layers[:-1]:
                x = \(activation)(layer(x))
            return self.layers[-1](x)

    """
  }
}
