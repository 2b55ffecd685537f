extension PyTorchModel {
  /// A decoder-only Transformer.
  @PythonSource var gpt: String {
    let bias = Python.literal(expression.flag("bias"))
    let drop = { (text: String) in dropout > 0 ? "self.dropout(\(text))" : text }
    let length = shape.predictedLength
    """
    \"""The model of the run: \(title).\"""

    import torch
    import torch.nn.functional as F
    from torch import nn

    TOKENS = \(shape.vocabularySize)
    CONTEXT = \(shape.inputSize)  # the most tokens that the model sees at once
    LAYERS = \(expression.count("layers"))
    HEADS = \(expression.count("heads"))
    WIDTH = \(expression.count("width"))
    """
    if dropout > 0 { "DROPOUT = \(dropout)" }
    if let length { "PREDICTED = \(length)  # positions at the end that are predicted" }
    """


    class Attention(nn.Module):
        \"""Causal self-attention.\"""

        def __init__(self):
            super().__init__()
            self.c_attn = nn.Linear(WIDTH, 3 * WIDTH, bias=\(bias))
            self.c_proj = nn.Linear(WIDTH, WIDTH, bias=\(bias))
    """
    if dropout > 0 { "        self.dropout = nn.Dropout(DROPOUT)" }
    """

        def forward(self, x):
            n, t, _ = x.shape
            q, k, v = (
                part.view(n, t, HEADS, WIDTH // HEADS).transpose(1, 2)
                for part in self.c_attn(x).split(WIDTH, dim=2)
            )
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            return \(drop("self.c_proj(y.transpose(1, 2).reshape(n, t, WIDTH))"))


    class FeedForward(nn.Module):
        \"""Two linear layers, applied to each position.\"""

        def __init__(self):
            super().__init__()
            self.c_fc = nn.Linear(WIDTH, 4 * WIDTH, bias=\(bias))
            self.c_proj = nn.Linear(4 * WIDTH, WIDTH, bias=\(bias))
    """
    if dropout > 0 { "        self.dropout = nn.Dropout(DROPOUT)" }
    """

        def forward(self, x):
            return \(drop("self.c_proj(F.gelu(self.c_fc(x)))"))


    class Block(nn.Module):
        \"""Attention and a feed-forward layer, each added to its input.\"""

        def __init__(self):
            super().__init__()
            self.ln_1 = nn.LayerNorm(WIDTH, bias=\(bias))
            self.attn = Attention()
            self.ln_2 = nn.LayerNorm(WIDTH, bias=\(bias))
            self.mlp = FeedForward()

        def forward(self, x):
            x = x + self.attn(self.ln_1(x))
            return x + self.mlp(self.ln_2(x))


    class Model(nn.Module):
        \"""A decoder-only Transformer with the structure of GPT-2.

        \(inputText) -> \(gptOutputText)
        \"""

        def __init__(self):
            super().__init__()
            self.transformer = nn.ModuleDict(
                {
                    "wte": nn.Embedding(TOKENS, WIDTH),
                    "wpe": nn.Embedding(CONTEXT, WIDTH),
                    "h": nn.ModuleList(Block() for _ in range(LAYERS)),
                    "ln_f": nn.LayerNorm(WIDTH, bias=\(bias)),
                }
            )
            self.lm_head = nn.Linear(WIDTH, TOKENS, bias=False)
            self.lm_head.weight = self.transformer.wte.weight
    """
    if dropout > 0 { "        self.dropout = nn.Dropout(DROPOUT)" }
    """

        def forward(self, tokens):
            positions = torch.arange(tokens.shape[1], device=tokens.device)
            x = \(drop("self.transformer.wte(tokens) + self.transformer.wpe(positions)"))
            for block in self.transformer.h:
                x = block(x)
    """
    if length != nil {
      "        return self.lm_head(self.transformer.ln_f(x[:, -PREDICTED:]))"
    } else {
      "        return self.lm_head(self.transformer.ln_f(x))"
    }
    ""
  }

  private var gptOutputText: String {
    shape.predictedLength == nil
      ? outputText : "scores of the tokens after the last positions [n, PREDICTED, TOKENS]"
  }
}
