"""A logistic network by SciPy and a broken line by NumPy, for the tests of chapter `universal-approximation`.

    python -m venv ~/oracles && ~/oracles/bin/pip install -r tests/oracles/requirements.txt
    ~/oracles/bin/python tests/oracles/universal_approximation.py
"""

import json
import pathlib

import numpy
import scipy
from scipy.special import expit

rng = numpy.random.default_rng(1989)
weights, biases, output = 4 * rng.normal(size=(7, 2)), rng.normal(size=7), rng.normal(size=7)
points = rng.uniform(-2, 2, size=(12, 2))
knots, heights = numpy.sort(rng.uniform(0, 5, size=9)), rng.normal(size=9)
between = numpy.sort(numpy.concatenate([knots, rng.uniform(knots[0], knots[-1], size=20)]))

values = {
    "versions": {"numpy": numpy.__version__, "scipy": scipy.__version__},
    "expit": {
        "weights": weights.ravel().tolist(), "biases": biases.tolist(), "output": output.tolist(),
        "x": points.ravel().tolist(), "values": (expit(points @ weights.T + biases) @ output).tolist(),
    },
    "interp": {
        "knots": knots.tolist(), "heights": heights.tolist(),
        "x": between.tolist(), "values": numpy.interp(between, knots, heights).tolist(),
    },
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(values, indent=1) + "\n")
