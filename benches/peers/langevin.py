"""Langevin dynamics for many independent chains in a ring of eight bells of width 0.5 and radius 4 in the plane, η = 0.05, T = 1."""

import numpy
import torch

TITLE = "Langevin in a ring of eight bells in the plane, 1000 steps of C chains"
SIZES = [{"C": 10000}]
STATED = {"C": 1}
GROWTH = {"C": [{"C": C} for C in (1250, 2500, 5000, 10000)]}
# Each side draws its own random numbers; the disagreement is in standard errors.
TOLERANCE = 5.0
UNIT = "standard errors"
ROUNDS = 3
STEPS = 1000
RADIUS, WIDTH, ETA = 4.0, 0.5, 0.05
ANGLES = 2 * numpy.pi * numpy.arange(8) / 8
CENTRES = RADIUS * numpy.stack([numpy.cos(ANGLES), numpy.sin(ANGLES)], axis=1)


def make(C):
    generator = numpy.random.default_rng(1996)
    return {
        "starts": 4 * generator.standard_normal((C, 2)), "radius": RADIUS, "width": WIDTH, "step_size": ETA,
        "steps": float(STEPS),
    }


def by_hand(data):
    """The slope worked out on paper: the weighted mean of x - m, by products of matrices."""
    generator = numpy.random.default_rng()
    x = data["starts"].copy()
    squares = 0.5 * (CENTRES**2).sum(axis=1) / WIDTH**2
    for _ in range(STEPS):
        # But for |x|², which all share.
        exponent = x @ CENTRES.T / WIDTH**2 - squares
        exponent -= exponent.max(axis=1, keepdims=True)
        share = numpy.exp(exponent)
        share /= share.sum(axis=1, keepdims=True)
        slope = (x - share @ CENTRES) / WIDTH**2
        x += numpy.sqrt(ETA) * generator.standard_normal(x.shape) - 0.5 * ETA * slope
    return {"states": x}


def by_autograd(data):
    x = torch.tensor(data["starts"])
    centres = torch.tensor(CENTRES)
    for _ in range(STEPS):
        x.requires_grad_(True)
        energy = -torch.logsumexp(-((x[:, None, :] - centres) ** 2).sum(dim=2) / (2 * WIDTH**2), dim=1)
        (slope,) = torch.autograd.grad(energy.sum(), x)
        with torch.no_grad():
            x = x - 0.5 * ETA * slope + ETA**0.5 * torch.randn_like(x)
    return {"states": x.numpy()}


PEERS = {
    "numpy, slope by hand": (numpy.__version__, by_hand),
    "PyTorch, autograd": (torch.__version__, by_autograd),
}


def disagreement(data, a, b):
    """The largest difference of a first or second moment, in standard errors."""
    moments = [numpy.concatenate([s["states"], s["states"] ** 2], axis=1) for s in (a, b)]
    error = numpy.sqrt(sum(m.var(axis=0) for m in moments) / len(moments[0]))
    return numpy.max(numpy.abs(moments[0].mean(axis=0) - moments[1].mean(axis=0)) / error)
