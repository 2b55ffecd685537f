"""Golden values and gradients of the losses, in float64.

Run `python3 make_losses.py`; it writes losses.json beside itself.
Made with Python 3.11.7 and PyTorch 2.15.0.

The gradients are those of sum(output * cotangent) with respect to the prediction, and for a mean squared error without options
also with respect to the target.
"""
import torch
import torch.nn.functional as F

from goldens import sample, tensor, values, write

REDUCTIONS = ("mean", "sum", "none")


def finish(case, output, inputs, generator):
    cotangent = sample(generator, *output.shape)
    gradients = torch.autograd.grad(output, inputs, cotangent)
    return {**case, "output": tensor(output), "cotangent": values(cotangent), "gradients": [values(g) for g in gradients]}


def mean_squared_error(generator):
    cases = []
    for shape in ((1,), (1, 1), (4,), (3, 2), (2, 2, 3)):
        for reduction in REDUCTIONS:
            prediction = sample(generator, *shape).requires_grad_()
            target = sample(generator, *shape).requires_grad_()
            case = {"name": f"{list(shape)}", "loss": "mse", "reduction": reduction,
                    "prediction": tensor(prediction), "target": tensor(target)}
            cases.append(finish(case, F.mse_loss(prediction, target, reduction=reduction), (prediction, target), generator))
    return cases


def cross_entropy(generator):
    inf = float("inf")
    inputs = [
        ("one row", sample(generator, 1, 3), [2]),
        ("one class", sample(generator, 2, 1), [0, 0]),
        ("four rows", sample(generator, 4, 3), [0, 2, 1, 2]),
        ("many classes", sample(generator, 2, 9), [8, 3]),
        ("large logits", torch.tensor([[1e4, -1e4, 0.0], [1e4, -1e4, 0.0], [-1e4, -1e4, -1e4], [1e4, 1e4, 9999.0]]), [0, 1, 2, 1]),
        ("equal logits", torch.zeros(2, 4), [0, 3]),
        ("masked class", torch.tensor([[0.5, -inf, 1.5], [-inf, 2.0, -inf]]), [2, 1]),
    ]
    cases = []
    for name, logits, labels in inputs:
        for reduction in REDUCTIONS:
            prediction, target = logits.clone().requires_grad_(), torch.tensor(labels)
            case = {"name": name, "loss": "crossEntropy", "reduction": reduction,
                    "prediction": tensor(prediction), "target": tensor(target.to(torch.int32))}
            cases.append(finish(case, F.cross_entropy(prediction, target, reduction=reduction), (prediction,), generator))
    return cases


def optional(generator):
    """Every loss with its options, which the case lists under `options`."""
    def numbers(low=-2.0, high=2.0):
        return sample(generator, 4, 3, low=low, high=high).requires_grad_()

    labels = torch.tensor([2, 0, 1, 1])
    masked = torch.tensor([[0.5, -1.0, 1.5], [-float("inf"), 2.0, 0.0], [1.0, -0.5, 0.25], [2.0, 1.0, 0.0]])
    weights = torch.tensor([0.5, 2.0, 1.25])
    elements = sample(generator, 4, 3, low=0.1, high=2)
    probabilities = torch.softmax(sample(generator, 4, 3), -1).detach()
    truths = torch.tensor([[1, 0, 1], [0, 0, 1], [1, 1, 0], [0.25, 0.5, 1]])
    extreme = torch.tensor([[0.0, 1.0, 0.5], [1.0, 0.0, 0.2], [0.9, 0.1, 1e-30], [0.3, 0.6, 0.99]])
    with_zeros = torch.tensor([[0.0, 0.5, 0.5], [1.0, 0.0, 0.0], [0.2, 0.3, 0.5], [0.0, 0.0, 1.0]])
    signs = torch.tensor([[1.0, -1, 1], [-1, -1, 1], [1, 1, -1], [-1, 1, 1]])
    cases = []
    for reduction in REDUCTIONS:
        def add(loss, name, prediction, target, output, **options):
            if target.dtype == torch.int64:
                target = target.to(torch.int32)
            case = {"name": name, "loss": loss, "reduction": reduction, "prediction": tensor(prediction), "target": tensor(target),
                    "options": {key: tensor(v) if isinstance(v, torch.Tensor) else v for key, v in options.items()}}
            cases.append(finish(case, output, (prediction,), generator))

        def each(value):  # the reduction of losses that PyTorch does not have
            return value.mean() if reduction == "mean" else value.sum() if reduction == "sum" else value

        x, y = numbers(), sample(generator, 4, 3)
        add("mse", "weights", x, y, F.mse_loss(x, y, weight=elements, reduction=reduction), weights=elements)
        add("l1", "plain", x, y, F.l1_loss(x, y, reduction=reduction))
        add("l1", "weights", x, y, F.l1_loss(x, y, weight=elements, reduction=reduction), weights=elements)
        add("huber", "plain", x, y, F.huber_loss(x, y, reduction=reduction))
        add("huber", "delta 0.3", x, y, F.huber_loss(x, y, delta=0.3, reduction=reduction), delta=0.3)
        add("huber", "weights", x, y, F.huber_loss(x, y, delta=0.7, weight=elements, reduction=reduction), delta=0.7, weights=elements)
        add("smoothL1", "plain", x, y, F.smooth_l1_loss(x, y, reduction=reduction))
        add("smoothL1", "beta 0.3", x, y, F.smooth_l1_loss(x, y, beta=0.3, reduction=reduction), beta=0.3)
        for name, options in (("class weights", dict(weight=weights)), ("smoothing", dict(label_smoothing=0.1)),
                              ("ignored", dict(ignore_index=1)),
                              ("all", dict(weight=weights, label_smoothing=0.2, ignore_index=0)),
                              ("weights and ignored", dict(weight=weights, ignore_index=1)),
                              ("smoothing and ignored", dict(label_smoothing=0.3, ignore_index=-100)),
                              ("all ignored but one", dict(ignore_index=1, weight=weights))):
            x = numbers()
            target = torch.tensor([1, 1, 2, 1]) if "but one" in name else labels
            if options.get("ignore_index") == -100:
                target = torch.tensor([2, -100, 1, -100])
            ours = {"weight": "classWeights", "label_smoothing": "labelSmoothing", "ignore_index": "ignoredLabel"}
            ours = {ours[key]: value for key, value in options.items()}
            add("crossEntropy", name, x, target, F.cross_entropy(x, target, reduction=reduction, **options), **ours)
            if "label_smoothing" not in options:
                y = torch.log_softmax(numbers(), -1).detach().requires_grad_()
                add("nll", name, y, target, F.nll_loss(y, target, reduction=reduction, **options), **ours)
        x = masked.clone().requires_grad_()
        add("crossEntropy", "an ignored example of an impossible class", x, torch.tensor([2, -100, 1, 0]),
            F.cross_entropy(x, torch.tensor([2, -100, 1, 0]), reduction=reduction), ignoredLabel=-100)
        x = torch.log_softmax(numbers(), -1).detach().requires_grad_()
        add("nll", "plain", x, labels, F.nll_loss(x, labels, reduction=reduction))
        x = numbers()
        add("probabilities", "plain", x, probabilities, F.cross_entropy(x, probabilities, reduction=reduction))
        add("probabilities", "all", x, probabilities, F.cross_entropy(
            x, probabilities, weight=weights, label_smoothing=0.1, reduction=reduction), classWeights=weights, labelSmoothing=0.1)
        p = numbers(0.05, 0.95)
        add("bce", "plain", p, truths, F.binary_cross_entropy(p, truths, reduction=reduction))
        add("bce", "weights", p, truths, F.binary_cross_entropy(p, truths, weight=elements, reduction=reduction), weights=elements)
        q = extreme.clone().requires_grad_()
        case = {"name": "probabilities of 0 and 1", "loss": "bce", "reduction": reduction, "prediction": tensor(q),
                "target": tensor(truths), "options": {}}
        cases.append({**case, "output": tensor(F.binary_cross_entropy(q, truths, reduction=reduction))})
        x = numbers(-40, 40)
        add("bceLogits", "plain", x, truths, F.binary_cross_entropy_with_logits(x, truths, reduction=reduction))
        add("bceLogits", "positive weight", x, truths, F.binary_cross_entropy_with_logits(
            x, truths, pos_weight=weights, reduction=reduction), positiveWeight=weights)
        add("bceLogits", "one positive weight", x, truths, F.binary_cross_entropy_with_logits(
            x, truths, pos_weight=torch.tensor(3.0), reduction=reduction), positiveWeight=torch.tensor(3.0))
        add("bceLogits", "both weights", x, truths, F.binary_cross_entropy_with_logits(
            x, truths, weight=elements, pos_weight=weights, reduction=reduction), positiveWeight=weights, weights=elements)
        x = torch.log_softmax(numbers(), -1).detach().requires_grad_()
        add("kl", "plain", x, probabilities, F.kl_div(x, probabilities, reduction=reduction))
        add("kl", "zeros", x, with_zeros, F.kl_div(x, with_zeros, reduction=reduction))
        x = numbers()
        add("hinge", "plain", x, signs, each(torch.clamp(1 - x * signs, min=0)))
    return cases


def several(generator):
    """Losses of several inputs, with gradients for all floating-point ones."""
    signs = torch.tensor([1.0, -1, -1, 1])
    cases = []

    def rows(*shape, low=-2.0, high=2.0):
        return sample(generator, *(shape or (4, 3)), low=low, high=high)

    def focal(x, t, alpha, gamma, reduction):
        p = torch.sigmoid(x)
        wrong = 1 - (p * t + (1 - p) * (1 - t))
        losses = F.binary_cross_entropy_with_logits(x, t, reduction="none") * wrong**gamma
        if alpha is not None:
            losses = losses * (alpha * t + (1 - alpha) * (1 - t))
        return {"mean": losses.mean(), "sum": losses.sum(), "none": losses}[reduction]

    for reduction in REDUCTIONS:
        def add(loss, function, *inputs, options=None, **theirs):
            inputs = [i.requires_grad_() if i.is_floating_point() else i for i in inputs]
            sources = [i for i in inputs if i.requires_grad]
            case = {"loss": loss, "reduction": reduction, "inputs": [tensor(i) for i in inputs], "options": options or {}}
            cases.append(finish(case, function(*inputs, reduction=reduction, **theirs), sources, generator))

        add("softMargin", F.soft_margin_loss, rows(4), signs.to(torch.int32))
        add("marginRanking", F.margin_ranking_loss, rows(4), rows(4), signs.to(torch.int32), options={"margin": 0.5}, margin=0.5)
        add("hingeEmbedding", F.hinge_embedding_loss, rows(4, low=0.1), signs.to(torch.int32))
        add("cosineEmbedding", F.cosine_embedding_loss, rows(), rows(), signs.to(torch.int32), options={"margin": -0.5}, margin=-0.5)
        add("triplet", F.triplet_margin_loss, rows(), rows(), rows())
        add("triplet", F.triplet_margin_loss, rows(), rows(), rows(), options={"norm": 1, "margin": 2, "swaps": True}, p=1, margin=2,
            swap=True)
        add("gaussian", F.gaussian_nll_loss, rows(), rows(), rows(low=0.1))
        add("gaussian", F.gaussian_nll_loss, rows(), rows(), rows(4, 1, low=0.1, high=0.9), options={"full": True, "epsilon": 0.5},
            full=True, eps=0.5)
        add("poisson", F.poisson_nll_loss, rows(), rows(low=0.0, high=4.0))
        add("poisson", F.poisson_nll_loss, rows(low=0.5, high=3.0), rows(low=1.5, high=4.0),
            options={"rate": True, "full": True, "epsilon": 0.1}, log_input=False, full=True, eps=0.1)
        add("focal", focal, rows(), rows(low=0.0, high=1.0), options={"alpha": 0.25}, alpha=0.25, gamma=2)
        add("focal", focal, rows(), rows(low=0.0, high=1.0), options={"gamma": 1.5}, alpha=None, gamma=1.5)

        def ctc(x, targets, lengths, counts, blank, zero, reduction):
            return F.ctc_loss(x.log_softmax(-1).transpose(0, 1), targets, lengths, counts, blank, reduction, zero)

        labels = torch.tensor([[1, 2, 2], [3, 1, 1], [2, 0, 0]], dtype=torch.int32)
        whole = torch.tensor([[1, 2], [3, 3], [2, 1]], dtype=torch.int32)
        add("ctc", ctc, rows(3, 5, 4), whole, options={}, lengths=(5, 5, 5), counts=(2, 2, 2), blank=0, zero=False)
        add("ctc", ctc, rows(3, 6, 4), labels, options={"inputs": [6, 3, 4], "targets": [3, 2, 0]}, lengths=(6, 3, 4),
            counts=(3, 2, 0), blank=0, zero=False)
        add("ctc", ctc, rows(3, 3, 5), torch.tensor([[1, 1, 2], [0, 1, 2], [3, 3, 3]], dtype=torch.int32),
            options={"blank": 4, "zero": True}, lengths=(3, 3, 3), counts=(3, 3, 3), blank=4, zero=True)
    for name, function in (("cosineSimilarity", F.cosine_similarity), ("pairwiseDistance", F.pairwise_distance)):
        inputs = [rows().requires_grad_(), rows().requires_grad_()]
        case = {"loss": name, "reduction": "none", "inputs": [tensor(i) for i in inputs], "options": {}}
        cases.append(finish(case, function(*inputs, **({"dim": -1} if "cos" in name else {})), inputs, generator))
    return cases


if __name__ == "__main__":
    random = torch.Generator().manual_seed(0)
    write("losses.json", {"cases": mean_squared_error(random) + cross_entropy(random) + optional(random),
                           "several": several(random)})
