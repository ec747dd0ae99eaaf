"""Sums of exponentials, entropies, Ising lattices and mean fields by NumPy and SciPy, for the tests of chapter `free-energy`.

    python -m venv ~/oracles && ~/oracles/bin/pip install -r tests/oracles/requirements.txt
    ~/oracles/bin/python tests/oracles/free_energy.py
"""

import json
import pathlib

import numpy as np
import scipy
from scipy.optimize import brentq, minimize_scalar
from scipy.special import entr, logsumexp

rng = np.random.default_rng(1873)
vectors = [rng.normal(size=5), 1e4 + rng.normal(size=50), -1e4 * rng.random(20), np.array([-745.0, -746.0, -800.0]), np.zeros(1000)]
distributions = [rng.dirichlet(np.ones(k)) for k in (2, 7, 40)]

# Every state of the 4 × 4 torus, J = 1: the bonds to the right and downward, by rolling the lattice.
bits = (np.arange(2**16)[:, None] >> np.arange(16)) & 1
spins = (2 * bits - 1).reshape(-1, 4, 4)
bonds = sum((spins * np.roll(spins, 1, axis)).sum((1, 2)) for axis in (1, 2))
magnetisation = spins.sum((1, 2))


def thermodynamics(beta, field):
    energy = -bonds - field * magnetisation
    log_weight = -beta * energy
    log_z = logsumexp(log_weight)
    p = np.exp(log_weight - log_z)
    mean = p @ energy
    return {
        "beta": beta, "field": field, "log_partition": log_z, "mean_energy": mean,
        "heat_capacity": beta**2 * (p @ (energy - mean) ** 2), "entropy": entr(p).sum(), "magnetisation": p @ magnetisation,
    }


def capacity(temperature):
    return thermodynamics(1 / temperature, 0.0)["heat_capacity"]


peak = minimize_scalar(lambda t: -capacity(t), bounds=(1.5, 4.0), method="bounded", options={"xatol": 1e-9})
settled = []
# The last number is the lower end of the bracket: below T = 4 without a field there are two solutions, and we want the positive one.
for beta, field, low in [(0.2, 0.0, -1.0), (0.3, 0.0, 0.1), (0.5, 0.0, 0.1), (0.2, 0.4, 0.0), (1.0, 0.1, 0.0)]:
    m = brentq(lambda m: m - np.tanh(beta * (4 * m + field)), low, 1.0, xtol=1e-15)
    free = -2 * m * m - field * m - (entr((1 + m) / 2) + entr((1 - m) / 2)) / beta
    settled.append({"beta": beta, "field": field, "mean": m, "free_energy_per_spin": free})

oracle = {
    "made_by": "tests/oracles/free_energy.py",
    "versions": {"numpy": np.__version__, "scipy": scipy.__version__},
    "log_sum_exp": [{"v": v.tolist(), "value": logsumexp(v)} for v in vectors],
    "entropy": [{"q": q.tolist(), "value": entr(q).sum()} for q in distributions],
    "ising": [thermodynamics(beta, field) for beta in (0.1, 0.44, 1.0) for field in (0.0, 0.3)],
    "peak": {"temperature": peak.x, "heat_capacity": -peak.fun},
    "mean_field": settled,
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(oracle) + "\n")
