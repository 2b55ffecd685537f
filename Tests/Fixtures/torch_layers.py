"""The PyTorch counterparts of Adjoint's layers and models, under the names that the tests of both sides use.

`modules()` creates them; `call(name, module, *inputs)` runs one of them as the tests of Adjoint do.
"""
import torch
import torch.nn as nn

from nanogpt import GPT


class Tied(nn.Module):
    """An embedding with tied weights as the output layer, as in language models."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(7, 4)
        self.head = nn.Linear(4, 7, bias=False)
        self.head.weight = self.table.weight

    def forward(self, tokens):
        return self.head(self.table(tokens))


def modules():
    result = {
        "linear": nn.Linear(5, 3),
        "linear-no-bias": nn.Linear(5, 3, bias=False),
        "embedding": nn.Embedding(7, 4, padding_idx=2),
        "layer-norm": nn.LayerNorm(6),
        "layer-norm-no-bias": nn.LayerNorm(6, bias=False),
        "rms-norm": nn.RMSNorm(6, eps=1e-6),
        "batch-norm-1d": nn.BatchNorm1d(3),
        "batch-norm-2d": nn.BatchNorm2d(3),
        "group-norm": nn.GroupNorm(2, 6),
        "conv1d": nn.Conv1d(4, 6, 3, groups=2),
        "conv2d": nn.Conv2d(4, 6, (3, 2), groups=2),
        "conv-transpose2d": nn.ConvTranspose2d(4, 6, (3, 2), groups=2),
        "attention": nn.MultiheadAttention(6, 2, batch_first=True),
        "attention-no-bias": nn.MultiheadAttention(6, 2, bias=False, batch_first=True),
        "encoder-layer": nn.TransformerEncoderLayer(6, 2, 10, activation="gelu", norm_first=True, batch_first=True),
        "decoder-layer": nn.TransformerDecoderLayer(6, 2, 10, activation="gelu", norm_first=True, batch_first=True),
        "encoder": nn.TransformerEncoder(
            nn.TransformerEncoderLayer(6, 2, 10, activation="gelu", norm_first=True, batch_first=True), 2, norm=nn.LayerNorm(6),
            enable_nested_tensor=False),
        "transformer": nn.Transformer(6, 2, 2, 2, 10, batch_first=True),
        "sequential": nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3)),
        "tied": Tied(),
        "nanogpt": GPT(11, 37, 2, 3, 24, bias=True),
        "nanogpt-no-bias": GPT(9, 8, 1, 2, 8, bias=False),
    }
    for name, kind in (("rnn", nn.RNN), ("gru", nn.GRU), ("lstm", nn.LSTM)):
        result[name] = kind(3, 4, num_layers=2, bidirectional=True, batch_first=True)
    result["lstm-projection"] = nn.LSTM(3, 4, num_layers=2, bidirectional=True, batch_first=True, proj_size=2)
    return result


def call(name, module, *inputs):
    if name.startswith("attention"):
        return module(inputs[0], inputs[0], inputs[0], need_weights=False)[0]
    if name in ("decoder-layer", "transformer"):
        # The decoder is causal.
        target = inputs[0] if name == "decoder-layer" else inputs[1]
        mask = nn.Transformer.generate_square_subsequent_mask(target.shape[1])
        return module(*inputs, tgt_mask=mask, tgt_is_causal=True)
    output = module(*inputs)
    return output[0] if isinstance(output, tuple) else output
