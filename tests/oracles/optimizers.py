"""Walks of PyTorch's optimizers and minimisers found by SciPy: writes optimizers.json beside this file."""

import json
import pathlib

import numpy as np
import scipy
import scipy.optimize
import torch


def rosenbrock(t):
    return (1 - t[0]) ** 2 + 100 * (t[1] - t[0] ** 2) ** 2


def himmelblau(t):
    return (t[0] ** 2 + t[1] - 11) ** 2 + (t[0] + t[1] ** 2 - 7) ** 2


def beale(t):
    return (
        (1.5 - t[0] + t[0] * t[1]) ** 2
        + (2.25 - t[0] + t[0] * t[1] ** 2) ** 2
        + (2.625 - t[0] + t[0] * t[1] ** 3) ** 2
    )


STEPS = 100
surfaces = {"rosenbrock": (rosenbrock, [-1.2, 1.0]), "himmelblau": (himmelblau, [0.3, -0.4])}
optimizers = {
    "gradient descent": lambda p: torch.optim.SGD(p, lr=5e-4),
    "momentum": lambda p: torch.optim.SGD(p, lr=5e-4, momentum=0.9),
    "nesterov": lambda p: torch.optim.SGD(p, lr=5e-4, momentum=0.9, nesterov=True),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.3, eps=1e-8),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.95, eps=1e-8),
    "adam": lambda p: torch.optim.Adam(p, lr=0.05),
    "adam, other decays": lambda p: torch.optim.Adam(p, lr=0.05, betas=(0.8, 0.9), eps=1e-3),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.05, weight_decay=0.1),
}

walks = []
for surface, (loss, start) in surfaces.items():
    for name, make in optimizers.items():
        theta = torch.tensor(start, dtype=torch.float64, requires_grad=True)
        optimizer = make([theta])
        points = [theta.tolist()]
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss(theta).backward()
            optimizer.step()
            points.append(theta.tolist())
        walks.append({"surface": surface, "optimizer": name, "points": points[::10]})

# A logistic regression with a ridge penalty: strictly convex, its minimum in no closed form.
rng = np.random.default_rng(1847)
x = rng.normal(size=(20, 3)).round(2)
labels = (rng.random(20) < 1 / (1 + np.exp(-x @ [1.0, -2.0, 0.5]))).astype(float)


def logistic(t):
    z = x @ t
    return np.mean(np.logaddexp(0, z) - labels * z) + 0.05 * t @ t


minima = []
problems = {
    "rosenbrock": (rosenbrock, [-1.2, 1.0]),
    "himmelblau": (himmelblau, [1.0, 1.0]),
    "beale": (beale, [1.0, 1.0]),
    "rosenbrock in ten dimensions": (scipy.optimize.rosen, [0.5] * 10),
    "logistic": (logistic, [0.0, 0.0, 0.0]),
}
for name, (loss, start) in problems.items():
    # SciPy's own derivatives by central differences are good to about 1e-10 here.
    result = scipy.optimize.minimize(loss, start, method="BFGS", jac="3-point", options={"gtol": 1e-8})
    other = scipy.optimize.minimize(
        loss, start, method="L-BFGS-B", jac="3-point", options={"gtol": 1e-9, "ftol": 1e-16}
    )
    assert np.allclose(result.x, other.x, atol=1e-5), (name, result, other)
    minima.append({"problem": name, "start": start, "theta": list(result.x), "value": float(result.fun)})

answer = {
    "made_by": "tests/oracles/optimizers.py",
    "torch": torch.__version__,
    "scipy": scipy.__version__,
    "numpy": np.__version__,
    "walks": walks,
    "logistic": {"x": x.tolist(), "labels": labels.tolist(), "penalty": 0.05},
    "minima": minima,
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(answer) + "\n")
