"""Models of images, small models and a translator in PyTorch, with the names of our rows."""
import torch
import torch.nn.functional as F
from torch import nn

FUSED = ({"fused": True}, {})
IMAGES = ({"channels_last": True, "fused": True}, {"fused": True}, {})


def conv_net():
    return nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Flatten(), nn.Linear(32 * 49, 10))


def le_net():
    return nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(),
                         nn.MaxPool2d(2), nn.Flatten(), nn.Linear(256, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(),
                         nn.Linear(84, 10))


def convolution(inputs, outputs, size=3, stride=1, folded=False):
    layer = nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=folded)
    return [layer] if folded else [layer, nn.BatchNorm2d(outputs)]


class ResidualBlock(nn.Module):
    def __init__(self, inputs, outputs, folded):
        super().__init__()
        stride = 1 if inputs == outputs else 2
        self.inner = nn.Sequential(*convolution(inputs, outputs, 3, stride, folded), nn.ReLU(inplace=True),
                                   *convolution(outputs, outputs, folded=folded))
        self.shortcut = nn.Sequential(*convolution(inputs, outputs, 1, stride, folded) if stride > 1 else [])

    def forward(self, x):
        return F.relu(self.inner(x) + self.shortcut(x), inplace=True)


def res_net(widths, blocks, folded=False):
    layers, inputs = [*convolution(3, widths[0], folded=folded), nn.ReLU(inplace=True)], widths[0]
    for width in widths:
        for _ in range(blocks):
            layers.append(ResidualBlock(inputs, width, folded))
            inputs = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 10))


class VisionTransformer(nn.Module):
    def __init__(self, block):
        super().__init__()
        self.patches, self.positions = nn.Conv2d(3, 192, 4, 4), nn.Parameter(torch.randn(64, 192) * 0.02)
        self.blocks = nn.Sequential(*(block(192, 3, is_causal=False) for _ in range(12)))
        self.norm, self.head = nn.LayerNorm(192), nn.Linear(192, 10)

    def forward(self, x):
        tokens = self.patches(x).flatten(2).transpose(1, 2) + self.positions
        return self.head(self.norm(self.blocks(tokens)).mean(1))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()

        def block(inputs, outputs):
            return nn.Sequential(*convolution(inputs, outputs), nn.ReLU(inplace=True), *convolution(outputs, outputs),
                                 nn.ReLU(inplace=True))

        self.down = nn.ModuleList([block(3, 16), block(16, 32), block(32, 64)])
        self.widen = nn.ModuleList([nn.ConvTranspose2d(64, 32, 2, 2), nn.ConvTranspose2d(32, 16, 2, 2)])
        self.up = nn.ModuleList([block(64, 32), block(32, 16)])
        self.head = nn.Conv2d(16, 1, 1)

    def forward(self, x):
        fine = self.down[0](x)
        middle = self.down[1](F.max_pool2d(fine, 2))
        x = self.down[2](F.max_pool2d(middle, 2))
        for widen, up, skip in zip(self.widen, self.up, (middle, fine)):
            x = up(torch.cat([skip, widen(x)], 1))
        return self.head(x)


class Translator(nn.Module):
    def __init__(self, vocabulary, width):
        super().__init__()
        self.source_words, self.words = nn.Embedding(vocabulary, width), nn.Embedding(vocabulary, width)
        self.encoder, self.decoder = (nn.GRU(width, width, batch_first=True) for _ in range(2))
        self.head = nn.Linear(width, vocabulary)

    def forward(self, source, previous):
        _, state = self.encoder(self.source_words(source))
        return self.head(self.decoder(self.words(previous), state)[0])


def time_models(bench, train, adamw, mlp, block):
    """`train` times a step; `adamw`, `mlp` and `block` make an optimizer, perceptrons and a block of a transformer."""

    def image_model(make, loss, x, target, channels_last=False, **settings):
        model = make()
        if channels_last:
            model, x = (value.to(memory_format=torch.channels_last) for value in (model, x))
        return model, adamw(model, **settings), lambda: loss(model(x), target)

    def classify(name, make, *shape):
        train(f"train/{name}", lambda **settings: image_model(
            make, F.cross_entropy, torch.randn(*shape), torch.randint(0, 10, shape[:1]), **settings), shape[0], IMAGES)

    classify("cnn-28x28-b64", conv_net, 64, 1, 28, 28)
    classify("lenet5-28x28-b2048", le_net, 2048, 1, 28, 28)
    classify("resnet20-32x32-b32", lambda: res_net((16, 32, 64), 3), 32, 3, 32, 32)
    classify("resnet18-32x32-b32", lambda: res_net((64, 128, 256, 512), 2), 32, 3, 32, 32)
    classify("vit-tiny-32x32-b32", lambda: VisionTransformer(block), 32, 3, 32, 32)
    train("train/unet-64x64-b8", lambda **settings: image_model(
        UNet, F.binary_cross_entropy_with_logits, torch.randn(8, 3, 64, 64), torch.rand(8, 1, 64, 64), **settings), 8,
          IMAGES)

    folded = "predict/resnet20-folded-32x32-b32"
    if bench.wants(folded):
        for name, layout in ((folded, torch.contiguous_format), (folded + "+channels_last", torch.channels_last)):
            model = res_net((16, 32, 64), 3, folded=True).eval().to(memory_format=layout)
            x = torch.randn(32, 3, 32, 32).to(memory_format=layout)
            with torch.no_grad():
                bench(name, lambda: model(x), 32, "samples/s")

    def dense(model, loss, x, target):
        return lambda **settings: (model, adamw(model, **settings), lambda: loss(model(x), target))

    train("train/mlp-784-128-10-b1",
          dense(mlp(784, 128, 10), F.cross_entropy, torch.randn(1, 784), torch.tensor([3])), 1, FUSED)
    train("train/logistic-20-b256", dense(nn.Linear(20, 1), F.binary_cross_entropy_with_logits, torch.randn(256, 20),
                                          torch.arange(256.0).reshape(-1, 1) % 2), 256, FUSED)
    train("train/mlp-4-32-16-4-tanh-b10000", dense(mlp(4, 32, 16, 4, activation=nn.Tanh), F.mse_loss,
                                                   torch.randn(10_000, 4), torch.randn(10_000, 4)), 10_000, FUSED)

    gradient = "gradient/mlp-24-8-2-dropout-float64-b200"
    if bench.wants(gradient):
        model = nn.Sequential(nn.Linear(24, 8), nn.Tanh(), nn.Dropout(0.2), nn.Linear(8, 2)).double()
        x, y = torch.randn(200, 24).double(), torch.randn(200, 2).double()
        parameters = list(model.parameters())
        bench(gradient, lambda: torch.autograd.grad(F.mse_loss(model(x), y), parameters), 200, "samples/s")

    product = "hessian-vector/mlp-1-13-1-b32"
    if bench.wants(product):
        model, x, y = mlp(1, 13, 1, activation=nn.Tanh), torch.randn(32, 1), torch.randn(32, 1)
        parameters = list(model.parameters())
        vector = [torch.randn_like(parameter) for parameter in parameters]

        def hessian_vector():
            slopes = torch.autograd.grad(F.mse_loss(model(x), y), parameters, create_graph=True)
            return torch.autograd.grad(slopes, parameters, vector)

        bench(product, hessian_vector, 1, "products/s")

    def translation(**settings):
        model = Translator(1000, 128)
        source, previous, following = (torch.randint(0, 1000, (32, 20)) for _ in range(3))
        return model, adamw(model, **settings), lambda: F.cross_entropy(
            model(source, previous).flatten(0, 1), following.flatten())

    train("train/seq2seq-gru-128-t20-b32", translation, 32, FUSED)
