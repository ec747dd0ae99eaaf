"""Ridge regression for a hundred penalties: one factorisation serves them all."""

import numpy

TITLE = "Ridge, n samples, p coefficients, 100 penalties"
SIZES = [{"n": 20_000, "p": 200}, {"n": 2_000, "p": 50}, {"n": 200, "p": 1_000}]
STATED = {"n": 1, "p": 2}
GROWTH = {
    "n": [{"n": n, "p": 100} for n in (5_000, 10_000, 20_000, 40_000)],
    "p": [{"n": 20_000, "p": p} for p in (50, 100, 200, 400)],
}
TOLERANCE = 1e-10


def make(n, p):
    generator = numpy.random.default_rng(1970)
    x = generator.standard_normal((n, p))
    y = x @ generator.standard_normal(p) + generator.standard_normal(n)
    return {"x": x, "y": y, "lambdas": numpy.geomspace(1e2, 1e-4, 100)}


def svd(data):
    """The factorisation of the design, then a shrinkage for each penalty."""
    u, d, vt = numpy.linalg.svd(data["x"], full_matrices=False)
    weights = d / (d**2 + len(data["y"]) * data["lambdas"][:, None]) * (u.T @ data["y"])
    return {"theta": weights @ vt}


PEERS = {"numpy.linalg.svd": (numpy.__version__, svd)}


def disagreement(data, a, b):
    """The largest relative difference of the coefficients for one penalty."""
    difference = numpy.linalg.norm(a["theta"] - b["theta"], axis=1)
    return (difference / numpy.linalg.norm(b["theta"], axis=1)).max()
