"""Golden outputs and gradients of layers and models, in float64.

Run `python3 make_layers.py`; it writes layers.safetensors beside itself.
Made with Python 3.11.7, PyTorch 2.15.0 and safetensors 0.8.0.

A case has tensors `NAME/input`, `NAME/output`, `NAME/cotangent`, `NAME/weights/...` (the state_dict before the call),
`NAME/gradients/...` (of the parameters) and `NAME/gradient` (of the input, where it is no integer).  GPT is written here
after nanoGPT's structure, with its names.
"""
import math
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import save_file

torch.set_default_dtype(torch.float64)
torch.manual_seed(4)
TENSORS = {}


def case(name, module, *inputs, call=None, train=False):
    module.train(train)
    for parameter in module.parameters():  # defaults such as ones and zeros would hide errors
        parameter.data += 0.1 * torch.randn_like(parameter)
    for key, value in module.state_dict().items():
        TENSORS[f"{name}/weights/{key}"] = value.clone()
    first = inputs[0]
    if first.is_floating_point():
        first.requires_grad_(True)
    output = (call or module)(*inputs)
    cotangent = torch.randn_like(output)
    (output * cotangent).sum().backward()
    for i, value in enumerate(inputs):
        TENSORS[f"{name}/input" + ("" if i == 0 else str(i))] = value.detach().clone()
    TENSORS[f"{name}/output"] = output.detach().clone()
    TENSORS[f"{name}/cotangent"] = cotangent
    if first.is_floating_point():
        TENSORS[f"{name}/gradient"] = first.grad.clone()
    for key, parameter in module.named_parameters():
        TENSORS[f"{name}/gradients/{key}"] = parameter.grad.clone()
    if train:
        for key, value in module.named_buffers():
            TENSORS[f"{name}/buffers/{key}"] = value.clone()


class Attention(nn.Module):
    def __init__(self, width, heads, bias):
        super().__init__()
        self.c_attn = nn.Linear(width, 3 * width, bias=bias)
        self.c_proj = nn.Linear(width, width, bias=bias)
        self.heads = heads

    def forward(self, x):
        n, t, c = x.shape
        q, k, v = (part.view(n, t, self.heads, c // self.heads).transpose(1, 2) for part in self.c_attn(x).split(c, dim=2))
        scores = q @ k.transpose(-2, -1) / math.sqrt(k.size(-1))
        scores = scores.masked_fill(torch.tril(torch.ones(t, t)) == 0, -math.inf)
        return self.c_proj((F.softmax(scores, dim=-1) @ v).transpose(1, 2).reshape(n, t, c))


class LayerNorm(nn.Module):
    def __init__(self, width, bias):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width)) if bias else None

    def forward(self, x):
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, 1e-5)


class MLP(nn.Module):
    def __init__(self, width, bias):
        super().__init__()
        self.c_fc = nn.Linear(width, 4 * width, bias=bias)
        self.c_proj = nn.Linear(4 * width, width, bias=bias)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x)))


class Block(nn.Module):
    def __init__(self, width, heads, bias):
        super().__init__()
        self.ln_1, self.attn = LayerNorm(width, bias), Attention(width, heads, bias)
        self.ln_2, self.mlp = LayerNorm(width, bias), MLP(width, bias)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    def __init__(self, vocabulary, context, layers, heads, width, bias):
        super().__init__()
        self.transformer = nn.ModuleDict(dict(
            wte=nn.Embedding(vocabulary, width), wpe=nn.Embedding(context, width),
            h=nn.ModuleList(Block(width, heads, bias) for _ in range(layers)), ln_f=LayerNorm(width, bias)))
        self.lm_head = nn.Linear(width, vocabulary, bias=False)
        self.transformer.wte.weight = self.lm_head.weight

    def forward(self, tokens):
        x = self.transformer.wte(tokens) + self.transformer.wpe(torch.arange(tokens.shape[1]))
        for block in self.transformer.h:
            x = block(x)
        return self.lm_head(self.transformer.ln_f(x))


def tokens(high, *shape):
    return torch.randint(0, high, shape, dtype=torch.int32)


case("linear", nn.Linear(5, 3), torch.randn(4, 5))
case("linear-no-bias", nn.Linear(5, 3, bias=False), torch.randn(1, 5))
case("embedding", nn.Embedding(7, 3, padding_idx=2), tokens(7, 2, 4))
case("layer-norm", nn.LayerNorm(6), torch.randn(2, 3, 6))
case("batch-norm", nn.BatchNorm1d(3), torch.randn(5, 3), train=True)
case("batch-norm-inference", nn.BatchNorm1d(3), torch.randn(1, 3))
case("batch-norm-2d", nn.BatchNorm2d(3), torch.randn(2, 3, 4, 2), train=True)
case("group-norm", nn.GroupNorm(2, 6), torch.randn(2, 6, 3, 2))
case("conv1d", nn.Conv1d(4, 6, 3, stride=2, padding=1, dilation=2, groups=2), torch.randn(2, 4, 9))
case("conv2d", nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2), torch.randn(2, 4, 7, 6))
case("conv-transpose2d", nn.ConvTranspose2d(4, 6, (3, 2), stride=(2, 3), padding=(1, 0), output_padding=(1, 2), groups=2),
     torch.randn(2, 4, 3, 4))
for name, kind in (("rnn", nn.RNN), ("gru", nn.GRU), ("lstm", nn.LSTM)):
    for layers, two in ((1, False), (2, True)):
        module = kind(3, 4, num_layers=layers, bidirectional=two, batch_first=True)
        case(f"{name}-{layers}-{2 if two else 1}", module, torch.randn(2, 5, 3), call=lambda x: module(x)[0])
packed = nn.LSTM(3, 4, bidirectional=True, batch_first=True)
case("lstm-lengths", packed, torch.randn(2, 5, 3), call=lambda x: nn.utils.rnn.pad_packed_sequence(packed(
    nn.utils.rnn.pack_padded_sequence(x, torch.tensor([5, 3]), batch_first=True))[0], batch_first=True)[0])
attention = nn.MultiheadAttention(6, 3, batch_first=True)
case("attention", attention, torch.randn(2, 5, 6), call=lambda x: attention(x, x, x, need_weights=False)[0])
cross = nn.MultiheadAttention(6, 2, batch_first=True)
case("attention-cross", cross, torch.randn(2, 3, 6), torch.randn(2, 5, 6), call=lambda x, y: cross(x, y, y, need_weights=False)[0])
for first in (False, True):
    case(f"encoder-layer-{'before' if first else 'behind'}",
         nn.TransformerEncoderLayer(6, 2, 10, dropout=0.0, activation="gelu", norm_first=first, batch_first=True),
         torch.randn(2, 4, 6), train=True)
case("gpt", GPT(11, 37, 2, 3, 24, bias=True), tokens(11, 2, 37))
case("gpt-no-bias", GPT(9, 8, 1, 2, 8, bias=False), tokens(9, 1, 5))
save_file({key: value.contiguous() for key, value in TENSORS.items()}, Path(__file__).with_name("layers.safetensors"))
