"""Least squares: many rows, some hundred independent columns."""

import numpy
import scipy
import sklearn
from sklearn.linear_model import LinearRegression

TITLE = "Least squares, n samples and p coefficients"
SIZES = [{"n": 20_000, "p": 200}, {"n": 2_000, "p": 50}, {"n": 100_000, "p": 20}]
STATED = {"n": 1, "p": 2}
GROWTH = {
    "n": [{"n": n, "p": 100} for n in (5_000, 10_000, 20_000, 40_000)],
    "p": [{"n": 20_000, "p": p} for p in (50, 100, 200, 400)],
}
TOLERANCE = 1e-10


def make(n, p):
    generator = numpy.random.default_rng(1809)
    x = generator.standard_normal((n, p))
    return {"x": x, "y": x @ generator.standard_normal(p) + generator.standard_normal(n)}


PEERS = {
    "numpy.linalg.lstsq": (
        numpy.__version__,
        lambda data: {"theta": numpy.linalg.lstsq(data["x"], data["y"], rcond=None)[0]},
    ),
    "scipy.linalg.lstsq, gelsy": (
        scipy.__version__,
        lambda data: {"theta": scipy.linalg.lstsq(data["x"], data["y"], lapack_driver="gelsy")[0]},
    ),
    "sklearn LinearRegression": (
        sklearn.__version__,
        lambda data: {"theta": LinearRegression(fit_intercept=False).fit(data["x"], data["y"]).coef_},
    ),
}


def disagreement(data, a, b):
    """The larger of the relative differences of the residual's length and of the coefficients."""
    length = [numpy.linalg.norm(data["y"] - data["x"] @ answer["theta"]) for answer in (a, b)]
    coefficients = numpy.linalg.norm(a["theta"] - b["theta"]) / numpy.linalg.norm(b["theta"])
    return max(abs(length[0] / length[1] - 1), coefficients)
