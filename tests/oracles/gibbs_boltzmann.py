"""Partition functions, entropies and a calibrated temperature by SciPy, for the tests of chapter `gibbs-boltzmann`.

    python -m venv ~/oracles && ~/oracles/bin/pip install -r tests/oracles/requirements.txt
    ~/oracles/bin/python tests/oracles/gibbs_boltzmann.py
"""

import json
import pathlib

import numpy
import scipy
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, logsumexp, softmax
from scipy.stats import entropy

ENERGIES = {
    "quartic": lambda x: 0.5 * x**2 + x**4,
    "double well": lambda x: 2.0 * (x**2 - 1.0) ** 2 + 0.5 * x,
    "cosh": lambda x: numpy.cosh(min(abs(x), 700.0)),
    "log": lambda x: numpy.log1p(x * x),
}


def integral(f):
    pieces = [(-numpy.inf, -1.0), (-1.0, 0.0), (0.0, 1.0), (1.0, numpy.inf)]
    return sum(quad(f, a, b, epsabs=1e-13, epsrel=1e-12, limit=500)[0] for a, b in pieces)


line = []
for name, beta in [("quartic", 0.5), ("quartic", 3.0), ("double well", 1.0), ("double well", 8.0), ("cosh", 1.0), ("log", 2.0)]:
    energy = ENERGIES[name]
    z = integral(lambda x: numpy.exp(-beta * energy(x)))
    mean = integral(lambda x: energy(x) * numpy.exp(-beta * energy(x))) / z
    density = lambda x: numpy.exp(-beta * energy(x)) / z
    surprise = integral(lambda x: density(x) * (beta * energy(x) + numpy.log(z)))
    line.append({"energy": name, "beta": beta, "log_partition": numpy.log(z), "mean_energy": mean, "entropy": surprise})

generator = numpy.random.default_rng(1)
energies = generator.normal(size=12) * 3.0
at = []
for beta in [0.0, 0.4, 1.0, 20.0]:
    p = softmax(-beta * energies)
    at.append({"beta": beta, "log_partition": logsumexp(-beta * energies), "entropy": entropy(p), "probabilities": p.tolist()})

rows = generator.normal(size=(60, 5))
answers = [int(generator.choice(5, p=softmax(-1.5 * row))) for row in rows]
loss = lambda beta: -sum(log_softmax(-beta * row)[y] for row, y in zip(rows, answers))
best = minimize_scalar(loss, bounds=(0.0, 10.0), method="bounded", options={"xatol": 1e-10})

values = {
    "versions": {"numpy": numpy.__version__, "scipy": scipy.__version__},
    "line": line,
    "table": {"energies": energies.tolist(), "at": at},
    "calibration": {"energies": rows.tolist(), "answers": answers, "beta": best.x},
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(values, indent=1) + "\n")
