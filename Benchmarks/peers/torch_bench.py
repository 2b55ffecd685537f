"""The benchmark rows in PyTorch on the CPU, eager or compiled; `--help` lists the options."""
import torch
import torch.nn.functional as F
from torch import nn

from torch_models import time_models
from torch_operations import time_operations
from timing import GEMM_SIZES, ODD_GEMM_SIZES, Bench, parse_options

options = parse_options(__doc__, ("--compile", "time torch.compile of each model (needs a C++ compiler)"),
                        ("--autocast", "time training steps under torch.autocast to bfloat16"))
torch.set_num_threads(options.threads)
torch.manual_seed(0)


def repeat(function, count):
    for _ in range(count):
        function()


def take_first_step():
    """The first step of an optimizer imports more of PyTorch, which is no memory of a row."""
    layer = nn.Linear(1, 1)
    layer(torch.ones(1, 1)).sum().backward()
    torch.optim.AdamW(layer.parameters(), fused=True).step()


take_first_step()
bench = Bench(options.only, repeat)


def matrix_products():
    for n in GEMM_SIZES + ODD_GEMM_SIZES:
        x, y, out = torch.randn(n, n), torch.randn(n, n), torch.empty(n, n)
        bench(f"gemm/{n}", lambda: torch.mm(x, y, out=out), 2 * n**3 / 1e9, "GFLOP/s")
    x, y = torch.randn(768, 128), torch.randn(128, 512)  # a skinny shape, as training has them
    bench("gemm/768x128x512", lambda: torch.mm(x, y), 2 * 768 * 128 * 512 / 1e9, "GFLOP/s")


def elementwise():
    rows = (("add", lambda x, y: x + y, 12), ("exp", lambda x, y: x.exp(), 8), ("tanh", lambda x, y: x.tanh(), 8),
            ("gelu", lambda x, y: F.gelu(x), 8), ("sum", lambda x, y: x.sum(), 4))
    for n, tag in ((1 << 20, "1M"), (1 << 24, "16M")):
        if not any(bench.wants(f"{name}/{tag}") for name, _, _ in rows):
            continue
        x, y = torch.randn(n), torch.randn(n)
        for name, function, bytes_an_element in rows:
            bench(f"{name}/{tag}", lambda: function(x, y), bytes_an_element * n / 1e9, "GB/s")


def rows_and_layouts():
    x, weight, bias = torch.randn(4096, 1024), torch.ones(1024), torch.zeros(1024)
    traffic = 8 * x.numel() / 1e9
    bench("softmax/4096x1024", lambda: F.softmax(x, -1), traffic, "GB/s")
    bench("layernorm/4096x1024", lambda: F.layer_norm(x, (1024,), weight, bias), traffic, "GB/s")
    square = torch.randn(2048, 2048)
    bench("transpose-copy/2048", lambda: square.t().contiguous(), 8 * square.numel() / 1e9, "GB/s")


def orders():
    x, rows, few = torch.randn(1 << 20), torch.randn(1024, 1024), torch.randn(100_000, 8)
    scores, count = torch.randn(50_000), (1 << 20) / 1e6
    bench("sort/1M", lambda: torch.sort(x), count, "Melement/s")
    bench("sort/1024x1024", lambda: torch.sort(rows), count, "Melement/s")
    bench("sort/100000x8", lambda: torch.sort(few), 0.8, "Melement/s")
    bench("argsort/1M", lambda: torch.argsort(x), count, "Melement/s")
    bench("argsort/1024x1024", lambda: torch.argsort(rows), count, "Melement/s")
    bench("topk40/1M", lambda: torch.topk(x, 40), count, "Melement/s")
    bench("topk40/50k", lambda: torch.topk(scores, 40), 0.05, "Melement/s")
    bench("permutation/1M", lambda: torch.randperm(1 << 20, dtype=torch.int32), count, "Melement/s")


def scans():
    def slope(x, axis):
        x = x.detach().requires_grad_()
        x.cumsum(axis).sum().backward()

    rows = (("cumsum", torch.cumsum), ("cumsum-gradient", slope), ("cumprod", torch.cumprod))
    for shape, axis, tag in (((1 << 20,), 0, "1M"), ((1024, 1024), 0, "1024x1024-axis0"),
                             ((1024, 1024), 1, "1024x1024-axis1")):
        x = torch.rand(shape) * 0.02 + 0.99
        for name, function in rows:
            bench(f"{name}/{tag}", lambda: function(x, axis), 8 * x.numel() / 1e9, "GB/s")


def overhead():
    """The cost of one recorded operation: a chain of 1000 adds on 4 elements, then its backward pass."""
    start, one = torch.randn(4, requires_grad=True), torch.ones(4)

    def chain():
        z = start
        for _ in range(1000):
            z = z + one
        z.sum().backward()

    bench("overhead/1000-adds-fwd-bwd", chain, 1000 / 1e6, "Mop/s")


def train(name, make, samples, variants=({"fused": True}, {})):
    """`make(**variant)` gives the model, the optimizer and a closure for the loss; each variant is a row."""
    if not bench.wants(name):
        return
    for variant in variants:
        model, optimizer, loss = make(**variant)
        row = "+".join([name, *variant])
        if options.autocast:
            loss = torch.autocast("cpu", torch.bfloat16)(loss)
        if options.compile:
            loss, row = torch.compile(loss), row + "+compile"

        def step():
            optimizer.zero_grad(set_to_none=True)
            loss().backward()
            optimizer.step()

        bench(row, step, samples, "samples/s", minimum_time=1.0)


def adamw(model, **settings):
    return torch.optim.AdamW(model.parameters(), lr=1e-3, **settings)


def mlp(*sizes, activation=nn.ReLU):
    layers = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        layers += [nn.Linear(inputs, outputs), activation()]
    return nn.Sequential(*layers[:-1])


def tiny_mlp(**settings):
    model, x, y = mlp(2, 16, 16, 1), torch.randn(32, 2), torch.randn(32, 1)
    return model, adamw(model, **settings), lambda: F.mse_loss(model(x), y)


def image_mlp(**settings):
    model, x, y = mlp(784, 512, 256, 10), torch.randn(64, 784), torch.randint(0, 10, (64,))
    return model, adamw(model, **settings), lambda: F.cross_entropy(model(x), y)


class Block(nn.Module):
    def __init__(self, width, heads, is_causal=True):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.projection = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.inner, self.outer = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.heads, self.is_causal = heads, is_causal

    def forward(self, x):
        batch, length, width = x.shape
        parts = self.qkv(self.norm1(x)).split(width, dim=2)
        q, k, v = (t.view(batch, length, self.heads, width // self.heads).transpose(1, 2) for t in parts)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=self.is_causal)
        x = x + self.projection(y.transpose(1, 2).contiguous().view(batch, length, width))
        return x + self.outer(F.gelu(self.inner(self.norm2(x))))


class GPT(nn.Module):
    def __init__(self, vocabulary, context, layers, heads, width):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocabulary, width), nn.Embedding(context, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, vocabulary, bias=False)

    def forward(self, indices):
        x = self.tokens(indices) + self.positions(torch.arange(indices.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


def gpt(layers, heads, width, context, batch, vocabulary=65, **settings):
    model = GPT(vocabulary, context, layers, heads, width)
    x, y = (torch.randint(0, vocabulary, (batch, context)) for _ in range(2))
    optimizer = adamw(model, betas=(0.9, 0.99), weight_decay=0.1, **settings)
    return model, optimizer, lambda: F.cross_entropy(model(x).view(-1, vocabulary), y.view(-1))


def recurrent(kind, width, layers, batch, **settings):
    model = kind(width, width, layers, batch_first=True)
    x, y = torch.randn(batch, 50, width), torch.randn(batch, 50, width)
    return model, adamw(model, **settings), lambda: F.mse_loss(model(x)[0], y)


def recurrent_cell(**settings):
    cell, inputs, y = nn.LSTMCell(128, 128), torch.randn(50, 32, 128), torch.randn(50, 32, 128)

    def loss():
        state, outputs = None, []
        for x in inputs:
            state = cell(x, state)
            outputs.append(state[0])
        return F.mse_loss(torch.stack(outputs), y)

    return cell, adamw(cell, **settings), loss


def recurrent_nets():
    sizes = (("lstm-128", nn.LSTM, 128, 1, 32), ("lstm-128", nn.LSTM, 128, 1, 1), ("lstm-128", nn.LSTM, 128, 1, 4),
             ("lstm-2x256", nn.LSTM, 256, 2, 32), ("gru-128", nn.GRU, 128, 1, 32), ("rnn-128", nn.RNN, 128, 1, 32))
    for tag, kind, width, layers, batch in sizes:
        name = f"{tag}-t50-b{batch}"
        train(f"train/{name}", lambda **settings: recurrent(kind, width, layers, batch, **settings), batch)
        if bench.wants(f"predict/{name}"):
            model, x = kind(width, width, layers, batch_first=True), torch.randn(batch, 50, width)
            with torch.no_grad():
                bench(f"predict/{name}", lambda: model(x), batch, "samples/s")
    train("train/lstm-cell-128-t50-b32", recurrent_cell, 32)


def optimizer_steps():
    """The step alone, on 10M parameters in 8 tensors; AdamW moves at least 28 bytes a parameter, momentum 20."""
    rows = (("adamw", lambda p: torch.optim.AdamW(p, lr=1e-3), 28),
            ("adamw-fused", lambda p: torch.optim.AdamW(p, lr=1e-3, fused=True), 28),
            ("sgd-momentum", lambda p: torch.optim.SGD(p, lr=1e-3, momentum=0.9), 20))
    if not any(bench.wants(f"optim/{name}-10M") for name, _, _ in rows):
        return
    parameters = [torch.randn(1_250_000, requires_grad=True) for _ in range(8)]
    for parameter in parameters:
        parameter.grad = torch.randn_like(parameter)
    for name, make, bytes_a_parameter in rows:
        bench(f"optim/{name}-10M", make(parameters).step, bytes_a_parameter * 1e7 / 1e9, "GB/s", minimum_time=1.0)


matrix_products()
elementwise()
rows_and_layouts()
orders()
scans()
overhead()
train("train/mlp-tiny-2-16-16-1-b32", tiny_mlp, 32)
train("train/mlp-784-512-256-10-b64", image_mlp, 64)
train("train/gpt-4x128-t64-b12", lambda **settings: gpt(4, 4, 128, 64, 12, **settings), 64 * 12)
train("train/gpt-6x384-t256-b4", lambda **settings: gpt(6, 6, 384, 256, 4, **settings), 256 * 4)
train("train/gpt-2x256-t128-b8-v50k", lambda **settings: gpt(2, 4, 256, 128, 8, 50257, **settings), 128 * 8)
time_models(bench, train, adamw, mlp, Block)
recurrent_nets()
optimizer_steps()
time_operations(bench)
