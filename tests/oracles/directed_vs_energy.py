"""Posteriors and marginals by NumPy's einsum and SciPy's functions, for the tests of chapter `directed-vs-energy`.

    python -m venv ~/oracles && ~/oracles/bin/pip install -r tests/oracles/requirements.txt
    ~/oracles/bin/python tests/oracles/directed_vs_energy.py
"""

import itertools
import json
import pathlib

import numpy
import scipy
from scipy import special, stats

priors, strengths, leak = [0.1, 0.2, 0.05, 0.3, 0.5], [0.9, 0.7, 0.99, 0.2, 0.05], 0.01

# One axis a cause; the tables are contracted, not written out by hand.
silent = (1 - leak) * numpy.einsum("a,b,c,d,e->abcde", *[numpy.array([1, 1 - s]) for s in strengths])
prior = numpy.einsum("a,b,c,d,e->abcde", *[numpy.array([1 - p, p]) for p in priors])


def posterior(joint):
    return [numpy.moveaxis(joint, k, 0)[1].sum() / joint.sum() for k in range(5)]


weights = numpy.array([[1.5, -2.0, 0.5], [-0.7, 1.2, 3.0], [0.1, 0.4, -1.1], [2.2, 0.0, -0.3]])
hidden_bias, visible_bias = numpy.array([-0.5, 0.2, 1.0]), numpy.array([0.3, -1.0, 0.0, -0.2])
hidden = numpy.array(list(itertools.product([0, 1], repeat=3)))
visible = [[0, 0, 0, 0], [1, 0, 1, 1], [1, 1, 1, 1], [0, 1, 0, 0]]
log_prior = stats.bernoulli.logpmf(hidden, special.expit(hidden_bias)).sum(axis=1)
log_marginal = [
    special.logsumexp(log_prior + stats.bernoulli.logpmf(v, special.expit(hidden @ weights.T + visible_bias)).sum(axis=1))
    for v in visible
]

values = {
    "versions": {"numpy": numpy.__version__, "scipy": scipy.__version__},
    "noisy or": {
        "priors": priors,
        "strengths": strengths,
        "leak": leak,
        "given the effect": posterior(prior * (1 - silent)),
        "given its absence": posterior(prior * silent),
    },
    "belief net": {
        "weights": weights.tolist(),
        "hidden bias": hidden_bias.tolist(),
        "visible bias": visible_bias.tolist(),
        "visible": visible,
        "log marginal": log_marginal,
    },
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(values, indent=1) + "\n")
