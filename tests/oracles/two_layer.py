"""Gradients and training of a network with one hidden layer by PyTorch, for the tests of chapter `two-layer`.

    python -m venv ~/oracles && ~/oracles/bin/pip install -r tests/oracles/requirements.txt
    ~/oracles/bin/python tests/oracles/two_layer.py
"""

import json
import pathlib

import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(1986)
n, p, m, k = 6, 3, 4, 2
x, y = torch.randn(n, p), torch.randn(n, k)
w_1, b_1, w_2, b_2 = torch.randn(p, m), torch.randn(m), torch.randn(m, k), torch.randn(k)
parameters = [w_1, b_1, w_2, b_2]
for parameter in parameters:
    parameter.requires_grad_()


def flat(tensors):
    return torch.cat([tensor.detach().reshape(-1) for tensor in tensors]).tolist()


def cost():
    return 0.5 * ((torch.sigmoid(x @ w_1 + b_1) @ w_2 + b_2 - y) ** 2).sum()


values = {
    "versions": {"torch": torch.__version__},
    "sizes": [p, m, k],
    "x": x.tolist(),
    "y": y.tolist(),
    "theta": flat(parameters),
    "cost": cost().item(),
    "gradient": flat(torch.autograd.grad(cost(), parameters)),
    "rate": 0.05,
    "steps": 100,
}
descent = torch.optim.SGD(parameters, lr=values["rate"])
for _ in range(values["steps"]):
    descent.zero_grad()
    cost().backward()
    descent.step()
values["trained"] = flat(parameters)
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(values, indent=1) + "\n")
