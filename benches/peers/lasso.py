"""The path of the lasso: a hundred penalties, many more columns than rows, fifty that matter.

All stop at a duality gap of at most 1e-6 times the mean square of y. The peers' cost is half ours, so is their gap, and they
compare it with `tol` times the mean square of y: their `tol` is 5e-7.
"""

import celer
import numpy
import sklearn
from celer import celer_path
from sklearn.linear_model import lasso_path

TITLE = "Lasso path, n samples, p coefficients, 100 penalties down to a hundredth of the largest"
SIZES = [{"n": 1_000, "p": 5_000}, {"n": 2_000, "p": 500}]
STATED = {"p": 1}
GROWTH = {"p": [{"n": 1_000, "p": p} for p in (10_000, 20_000, 40_000)]}
ROUNDS = 5
# Two gaps of 1e-6 allow costs that differ by as much.
TOLERANCE = 1e-6


def make(n, p):
    generator = numpy.random.default_rng(1996)
    x = generator.standard_normal((n, p))
    theta = numpy.zeros(p)
    theta[generator.choice(p, 50, replace=False)] = generator.standard_normal(50)
    y = x @ theta
    y += generator.standard_normal(n) * numpy.linalg.norm(y) / n**0.5 / 3  # a third of the signal's size
    largest = 2 / n * numpy.abs(x.T @ y).max()
    # Both peers want columns contiguous; ours takes rows, and its time includes turning them.
    columns = numpy.asfortranarray(x)
    return {"x": columns, "y": y, "lambdas": numpy.geomspace(largest, largest / 100, 100)}


PEERS = {
    "sklearn lasso_path": (
        sklearn.__version__,
        lambda data: {"theta": lasso_path(
            data["x"], data["y"], alphas=data["lambdas"] / 2, tol=5e-7, max_iter=100_000)[1].T},
    ),
    "celer_path": (
        celer.__version__,
        lambda data: {"theta": celer_path(
            data["x"], data["y"], "lasso", alphas=data["lambdas"] / 2, tol=5e-7, max_iter=1_000)[1].T},
    ),
}


def disagreement(data, a, b):
    """The largest difference of the costs for one penalty, over the cost of coefficients of zero."""
    def cost(theta):
        residual = data["y"][:, None] - data["x"] @ theta.T
        return (residual**2).mean(0) + data["lambdas"] * numpy.abs(theta).sum(1)
    return (numpy.abs(cost(a["theta"]) - cost(b["theta"]))).max() / (data["y"] ** 2).mean()
