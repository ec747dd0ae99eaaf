"""Entropies, divergences and distances by SciPy, for the tests of chapter `divergences`.

    python -m venv ~/oracles && ~/oracles/bin/pip install -r tests/oracles/requirements.txt
    ~/oracles/bin/python tests/oracles/divergences.py
"""

import json
import pathlib

import numpy
import scipy
from scipy.optimize import linprog
from scipy.spatial import cKDTree
from scipy.spatial.distance import jensenshannon
from scipy.special import digamma, gammaln
from scipy.stats import entropy, wasserstein_distance

rng = numpy.random.default_rng(1951)

categorical = []
for size in [2, 3, 10, 100]:
    for concentration in [0.1, 1.0]:
        p, q = rng.dirichlet(numpy.full(size, concentration), 2)
        p, q = p + 1e-12, q + 1e-12
        categorical.append({
            "p": p.tolist(), "q": q.tolist(), "entropy": entropy(p), "kl": entropy(p, q),
            "js": jensenshannon(p, q) ** 2, "js_base_2": jensenshannon(p, q, base=2) ** 2,
        })


def transport(x, y, p, q, order):
    """The cost of the best plan by a linear programme, a variable for each pair of points."""
    cost = numpy.abs(x[:, None] - y[None, :]) ** order
    rows = numpy.kron(numpy.eye(len(x)), numpy.ones(len(y)))
    columns = numpy.kron(numpy.ones(len(x)), numpy.eye(len(y)))
    plan = linprog(cost.ravel(), A_eq=numpy.vstack([rows, columns]), b_eq=numpy.concatenate([p, q]), method="highs")
    return plan.fun ** (1 / order)


line = []
for n, m in [(1, 1), (2, 5), (7, 7), (12, 9)]:
    x, y = rng.normal(size=n), rng.normal(1, 2, size=m)
    p, q = rng.dirichlet(numpy.ones(n)), rng.dirichlet(numpy.ones(m))
    line.append({
        "x": x.tolist(), "y": y.tolist(), "p": p.tolist(), "q": q.tolist(),
        "equal_weights": wasserstein_distance(x, y),
        "weighted": wasserstein_distance(x, y, p, q),
        "transport": [{"order": order, "distance": transport(x, y, p, q, order)} for order in [1, 1.5, 2, 3]],
    })

neighbours = []
for dimension, k in [(1, 1), (1, 4), (2, 3), (3, 2)]:
    x, y = rng.normal(size=(40, dimension)), rng.normal(0.5, 1.5, size=(50, dimension))
    rho = cKDTree(x).query(x, k + 1)[0][:, -1]
    nu = cKDTree(y).query(x, [k])[0][:, -1]
    ball = dimension / 2 * numpy.log(numpy.pi) - gammaln(dimension / 2 + 1)
    neighbours.append({
        "k": k, "x": x.tolist(), "y": y.tolist(),
        "entropy": digamma(40) - digamma(k) + ball + dimension * numpy.log(rho).mean(),
        "kl": dimension * numpy.log(nu / rho).mean() + numpy.log(50 / 39),
    })

values = {
    "versions": {"numpy": numpy.__version__, "scipy": scipy.__version__},
    "categorical": categorical, "line": line, "neighbours": neighbours,
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(values, indent=1) + "\n")
