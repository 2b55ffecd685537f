extension PyTorchModel {
  /// A classifier of sequences by the final state of a recurrent net.
  @PythonSource var recurrent: String {
    let (width, layers) = (expression.count("width"), expression.count("layers"))
    let type = expression.name.uppercased()
    // Between layers only, so one layer drops nothing.
    let dropped = dropout > 0 && layers > 1
    """
    \"""The model of the run: \(title).\"""

    from torch import nn


    class Model(nn.Module):
        \"""A classifier of sequences by the final state of a recurrent net.

        \(inputText) -> \(outputText)
        \"""

        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(\(shape.vocabularySize), \(width))
    """
    if dropped {
      """
              self.recurrent = nn.\(type)(
                  \(width), \(width), num_layers=\(layers), batch_first=True, dropout=\(dropout)
              )
      """
    } else {
      """
              self.recurrent = nn.\(type)(\(width), \(width), num_layers=\(layers), \
      batch_first=True)
      """
    }
    """
            self.output = nn.Linear(\(width), \(shape.outputs))

        def forward(self, tokens):
    """
    if expression.name == "lstm" {
      "        _, (hidden, _) = self.recurrent(self.embedding(tokens))"
    } else {
      "        _, hidden = self.recurrent(self.embedding(tokens))"
    }
    """
            return self.output(hidden[-1])

    """
  }
}
