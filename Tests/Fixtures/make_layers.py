"""Golden outputs and gradients of layers and models, in float64.

Run `python3 make_layers.py`; it writes layers.safetensors beside itself.
Made with Python 3.11.7, PyTorch 2.15.0 and safetensors 0.8.0.

A case has the tensors `NAME/input`, `NAME/output`, `NAME/cotangent`, `NAME/weights/...` (the state_dict before the call),
`NAME/gradients/...` (of the parameters), `NAME/gradient` (of a floating-point input) and, in training mode,
`NAME/buffers/...` (after the call). `gpt/output32` is the output that PyTorch computes in float32.
"""
from pathlib import Path

import torch
import torch.nn as nn
from safetensors.torch import save_file

from nanogpt import GPT

torch.set_default_dtype(torch.float64)
torch.manual_seed(4)
TENSORS = {}


def case(name, module, *inputs, call=None, train=False):
    module.train(train)
    module.zero_grad()
    for parameter in module.parameters():  # initial ones and zeros would hide errors
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
    case(f"encoder-layer-{'pre' if first else 'post'}-norm",
         nn.TransformerEncoderLayer(6, 2, 10, dropout=0.0, activation="gelu", norm_first=first, batch_first=True),
         torch.randn(2, 4, 6), train=True)
case("gpt", GPT(11, 37, 2, 3, 24, bias=True), tokens(11, 2, 37))
case("gpt-no-bias", GPT(9, 8, 1, 2, 8, bias=False), tokens(9, 1, 5))
case("rms-norm", nn.RMSNorm(5, eps=1e-6), torch.randn(2, 3, 5))
case("batch-norm-1d-sequences", nn.BatchNorm1d(3, momentum=0.3, eps=1e-3), torch.randn(4, 3, 5), train=True)
case("embedding-plain", nn.Embedding(5, 4), tokens(5, 6))
for name, kind in (("rnn", nn.RNN), ("gru", nn.GRU), ("lstm", nn.LSTM)):
    state_module = kind(3, 4, num_layers=2, bidirectional=True, batch_first=True)

    def run(x, *state, module=state_module, lengths=None):
        state = state if len(state) > 1 else state[0]
        if lengths is None:
            return module(x, state)[0]
        packed = nn.utils.rnn.pack_padded_sequence(x, torch.tensor(lengths), batch_first=True)
        return nn.utils.rnn.pad_packed_sequence(module(packed, state)[0], batch_first=True, total_length=x.shape[1])[0]

    states = [torch.randn(4, 3, 4) for _ in range(2 if kind is nn.LSTM else 1)]
    case(f"{name}-state", state_module, torch.randn(3, 4, 3), *states, call=run)
    case(f"{name}-state-lengths", state_module, torch.randn(3, 5, 3), *states,
         call=lambda *inputs, module=state_module: run(*inputs, module=module, lengths=[4, 3, 1]))
padded = torch.tensor([[True, True, True, False, False], [True, True, True, True, True]])  # True for positions that are not padding
masked = nn.MultiheadAttention(6, 2, batch_first=True)
case("attention-masked", masked, torch.randn(2, 5, 6),
     call=lambda x: masked(x, x, x, key_padding_mask=~padded, need_weights=False)[0])
causal = nn.MultiheadAttention(6, 2, bias=False, batch_first=True)
case("attention-causal", causal, torch.randn(2, 5, 6), call=lambda x: causal(
    x, x, x, attn_mask=nn.Transformer.generate_square_subsequent_mask(5), need_weights=False)[0])
for first in (False, True):
    position = "pre-norm" if first else "post-norm"
    encoder = nn.TransformerEncoder(
        nn.TransformerEncoderLayer(6, 2, 10, dropout=0.0, activation="gelu", norm_first=first, batch_first=True), 2,
        norm=nn.LayerNorm(6) if first else None, enable_nested_tensor=False)
    case(f"encoder-{position}", encoder, torch.randn(2, 5, 6), train=True,
         call=lambda x: encoder(x, src_key_padding_mask=~padded))
    case(f"encoder-causal-{position}", encoder, torch.randn(2, 5, 6), train=True, call=lambda x: encoder(
        x, mask=nn.Transformer.generate_square_subsequent_mask(5), is_causal=True))
    decoder = nn.TransformerDecoder(
        nn.TransformerDecoderLayer(6, 2, 10, dropout=0.0, activation="gelu", norm_first=first, batch_first=True), 2,
        norm=nn.LayerNorm(6) if first else None)
    case(f"decoder-{position}", decoder, torch.randn(2, 3, 6), torch.randn(2, 5, 6), train=True, call=lambda x, y: decoder(
        x, y, tgt_mask=nn.Transformer.generate_square_subsequent_mask(3), tgt_is_causal=True, memory_key_padding_mask=~padded))
    pair = nn.Transformer(6, 2, 1, 1, 10, dropout=0.0, norm_first=first, batch_first=True)
    case(f"transformer-{position}", pair, torch.randn(2, 5, 6), torch.randn(2, 3, 6), train=True, call=lambda x, y: pair(
        x, y, tgt_mask=nn.Transformer.generate_square_subsequent_mask(3), tgt_is_causal=True,
        src_key_padding_mask=~padded, memory_key_padding_mask=~padded))
single = GPT(11, 37, 2, 3, 24, bias=True)
single.load_state_dict({key.removeprefix("gpt/weights/"): value for key, value in TENSORS.items() if key.startswith("gpt/weights/")})
TENSORS["gpt/output32"] = single.float()(TENSORS["gpt/input"]).detach()
for name, module in (
    ("conv1d-same", nn.Conv1d(2, 3, 4, padding="same", dilation=2)),
    ("conv1d-reflect", nn.Conv1d(2, 3, 3, padding=2, padding_mode="reflect")),
):
    case(name, module, torch.randn(1, 2, 5))
case("conv2d-replicate", nn.Conv2d(2, 2, (3, 2), stride=2, padding=(1, 2), padding_mode="replicate"), torch.randn(1, 2, 3, 4))
case("conv2d-circular-same", nn.Conv2d(1, 2, (2, 3), padding="same", padding_mode="circular"), torch.randn(1, 1, 4, 3))
case("conv-transpose1d", nn.ConvTranspose1d(4, 2, 3, stride=2, padding=1, output_padding=1, dilation=2, groups=2), torch.randn(1, 4, 3))
case("instance-norm", nn.InstanceNorm1d(3), torch.randn(2, 3, 4), train=True)
for train in (True, False):
    case("instance-norm-tracked" + ("" if train else "-inference"), nn.InstanceNorm2d(
        2, momentum=0.3, eps=1e-3, affine=True, track_running_stats=True), torch.randn(2, 2, 2, 3), train=train)
cumulative = nn.BatchNorm1d(2, momentum=None)
case("batch-norm-cumulative", cumulative, torch.randn(3, 2), train=True, call=lambda x: cumulative(2 * x + 1) + cumulative(x))
case("batch-norm-plain", nn.BatchNorm2d(2, affine=False), torch.randn(2, 2, 1, 2), train=True)
case("batch-norm-untracked", nn.BatchNorm1d(2, track_running_stats=False), torch.randn(4, 2))
case("group-norm-plain", nn.GroupNorm(2, 4, affine=False), torch.randn(1, 4, 3))
case("layer-norm-plain", nn.LayerNorm(4, elementwise_affine=False), torch.randn(2, 4))
case("layer-norm-axes", nn.LayerNorm([2, 3]), torch.randn(2, 2, 3))
case("rms-norm-axes", nn.RMSNorm([2, 3], eps=1e-6), torch.randn(2, 2, 3))
relu = nn.RNN(3, 2, nonlinearity="relu", num_layers=2, batch_first=True)
case("rnn-relu", relu, torch.randn(2, 3, 3), call=lambda x: relu(x)[0])
plain = nn.GRU(3, 2, bias=False, batch_first=True)
case("gru-no-bias", plain, torch.randn(1, 3, 3), call=lambda x: plain(x)[0])
final = nn.LSTM(3, 2, num_layers=2, bidirectional=True, batch_first=True)
case("lstm-final-states", final, torch.randn(3, 4, 3), call=lambda x: torch.cat(final(
    nn.utils.rnn.pack_padded_sequence(x, torch.tensor([2, 4, 1]), batch_first=True, enforce_sorted=False))[1]))
for name, cell in (("rnn-cell", nn.RNNCell(3, 2)), ("rnn-cell-relu", nn.RNNCell(3, 2, nonlinearity="relu")), ("gru-cell", nn.GRUCell(3, 2))):
    case(name, cell, torch.randn(2, 3), torch.randn(2, 2))
lstm_cell = nn.LSTMCell(3, 2)
case("lstm-cell", lstm_cell, torch.randn(2, 3), torch.randn(2, 2), torch.randn(2, 2), call=lambda x, h, c: torch.cat(lstm_cell(x, (h, c))))
weight_norm, spectral_norm = nn.utils.parametrizations.weight_norm, nn.utils.parametrizations.spectral_norm
case("weight-norm", weight_norm(nn.Linear(3, 2)), torch.randn(2, 3))
case("weight-norm-whole", weight_norm(nn.Conv1d(2, 2, 3), dim=None), torch.randn(1, 2, 4))
case("weight-norm-transposed", weight_norm(nn.ConvTranspose2d(2, 3, 2), dim=1), torch.randn(1, 2, 2, 3))
case("spectral-norm", spectral_norm(nn.Linear(4, 3)), torch.randn(2, 4), train=True)
case("spectral-norm-inference", spectral_norm(nn.Conv2d(2, 3, 2, bias=False)), torch.randn(1, 2, 3, 3))
case("spectral-norm-transposed", spectral_norm(nn.ConvTranspose1d(2, 3, 2), n_power_iterations=3), torch.randn(1, 2, 3), train=True)
case("prelu", nn.PReLU(3), torch.randn(2, 3, 2))
case("prelu-single", nn.PReLU(), torch.randn(5))
case("bilinear", nn.Bilinear(2, 3, 4), torch.randn(2, 2), torch.randn(2, 3))
for mode in ("sum", "mean", "max"):
    case(f"embedding-bag-{mode}", nn.EmbeddingBag(5, 3, mode=mode, padding_idx=1), torch.tensor([[0, 1, 3], [1, 1, 1], [4, 2, 4]], dtype=torch.int32))
case("pixel-shuffle", nn.PixelShuffle(2), torch.randn(1, 8, 1, 3))
case("pixel-unshuffle", nn.PixelUnshuffle(2), torch.randn(1, 1, 4, 2))
projected = nn.LSTM(3, 5, num_layers=2, bidirectional=True, batch_first=True, proj_size=2)
case("lstm-projection", projected, torch.randn(3, 4, 3), call=lambda x: projected(x)[0])
single = nn.LSTM(3, 4, bias=False, batch_first=True, proj_size=3)
case("lstm-projection-no-bias", single, torch.randn(1, 3, 3), call=lambda x: single(x)[0])


def projection_with_state(x, h, c):
    sequences = nn.utils.rnn.pack_padded_sequence(x, torch.tensor([2, 4, 1]), batch_first=True, enforce_sorted=False)
    output, (hidden, cell) = projected(sequences, (h, c))
    output = nn.utils.rnn.pad_packed_sequence(output, batch_first=True)[0]
    return torch.cat([part.flatten() for part in (output, hidden, cell)])


case("lstm-projection-state-lengths", projected, torch.randn(3, 4, 3), torch.randn(4, 3, 2), torch.randn(4, 3, 5),
     call=projection_with_state)
save_file({key: value.contiguous() for key, value in TENSORS.items()}, Path(__file__).with_name("layers.safetensors"))
