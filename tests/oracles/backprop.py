"""PyTorch's answer to one batch: forward, backward and three steps of Adam, for small networks with fixed weights.

    python tests/oracles/backprop.py        # writes tests/oracles/backprop.json
"""

import json
import pathlib
import platform

import numpy
import torch
from torch import nn

ACTIVATIONS = {
    "Identity": nn.Identity(),
    "Sigmoid": nn.Sigmoid(),
    "Tanh": nn.Tanh(),
    "Relu": nn.ReLU(),
    "LeakyRelu": nn.LeakyReLU(0.1),
    # PyTorch leaves out ln(1 + e⁻ᶻ) beyond a threshold, of 20 unless told: 2e-9.
    "Softplus": nn.Softplus(threshold=700),
    "Gelu": nn.GELU(),
    "Softmax": nn.Softmax(dim=1),
}
# The library's loss of a batch is the mean over its samples of a sum over the outputs.
LOSSES = {
    "SquaredError": lambda a, y: 0.5 * nn.functional.mse_loss(a, y, reduction="sum") / len(a),
    "LogisticCrossEntropy": lambda a, y: nn.functional.binary_cross_entropy_with_logits(a, y, reduction="sum") / len(a),
    "SoftmaxCrossEntropy": nn.functional.cross_entropy,
}
CASES = [(name, "Identity", "SquaredError") for name in ACTIVATIONS] + [
    ("Tanh", "Softmax", "SquaredError"),
    ("Tanh", "Identity", "LogisticCrossEntropy"),
    ("Gelu", "Identity", "SoftmaxCrossEntropy"),
]
SIZES, ROWS = [3, 5, 4, 2], 6


def run(hidden, output, loss, generator):
    layers = [nn.Linear(m, n, dtype=torch.float64) for m, n in zip(SIZES, SIZES[1:])]
    stages = [ACTIVATIONS[hidden]] * (len(layers) - 1) + [ACTIVATIONS[output]]
    parameters = [p for layer in layers for p in (layer.weight, layer.bias)]
    with torch.no_grad():
        for p in parameters:
            p.copy_(torch.from_numpy(generator.standard_normal(p.shape).round(3)))
    x = torch.from_numpy(generator.standard_normal((ROWS, SIZES[0])).round(3))
    y = torch.from_numpy(generator.random((ROWS, SIZES[-1])).round(3))
    if loss == "SoftmaxCrossEntropy":
        y = torch.eye(2, dtype=torch.float64)[torch.arange(ROWS) % 2]
    flat = lambda tensors: torch.cat([t.detach().reshape(-1) for t in tensors]).tolist()

    def cost():
        a = x
        for layer, stage in zip(layers, stages):
            a = stage(layer(a))
        return a, LOSSES[loss](a, y)

    record = {"hidden": hidden, "output": output, "loss": loss, "theta": flat(parameters), "x": x.tolist(), "y": y.tolist()}
    a, c = cost()
    c.backward()
    record |= {"a": a.tolist(), "cost": c.item(), "gradient": flat(p.grad for p in parameters)}
    adam = torch.optim.Adam(parameters, lr=0.01)
    for _ in range(3):
        adam.zero_grad()
        cost()[1].backward()
        adam.step()
    return record | {"after": flat(parameters)}


generator = numpy.random.default_rng(1986)
answer = {
    "made_by": {"python": platform.python_version(), "torch": torch.__version__, "numpy": numpy.__version__},
    "sizes": SIZES,
    "cases": [run(*case, generator) for case in CASES],
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(answer) + "\n")
