"""Numbers near the ends of the range, and small differences of large ones, by mpmath, for `tests/properties/`.

    python -m venv ~/oracles && ~/oracles/bin/pip install -r tests/oracles/requirements.txt
    ~/oracles/bin/python tests/oracles/extremes.py

The differences of up to 600 orders of magnitude need the 1,400 digits. Every input is the double that the test reads; what is written is the exact value there, rounded once.
"""

import itertools
import json
import pathlib

import mpmath
from mpmath import mp, mpf

mp.dps = 1400


def wasserstein(p, q, order):
    """Of points with weights, each sorted: mass is carried from the left."""
    p, q = [[x, mpf(w)] for x, w in p], [[x, mpf(w)] for x, w in q]
    i = j = 0
    cost = mpf(0)
    while i < len(p) and j < len(q):
        mass = min(p[i][1], q[j][1])
        cost += mass * abs(mpf(p[i][0]) - mpf(q[j][0])) ** order
        p[i][1] -= mass
        q[j][1] -= mass
        i += p[i][1] == 0
        j += q[j][1] == 0
    return cost ** (1 / mpf(order))


@mpmath.workdps(120)
def bath(e, n, q):
    return mpmath.exp(mpmath.loggamma(q - e + n - 1) - mpmath.loggamma(q - e + 1) - mpmath.loggamma(n - 1)
                      - mpmath.loggamma(q + n) + mpmath.loggamma(q + 1) + mpmath.loggamma(n))


def onsager(t):
    a = 2 / mpf(t)
    slant = 2 * mpmath.tanh(a) ** 2 - 1
    modulus = 2 * mpmath.sinh(a) / mpmath.cosh(a) ** 2
    return -mpmath.coth(a) * (1 + 2 / mp.pi * slant * mpmath.ellipk(modulus**2))


def phi(z):
    # So far out the error function's series has no terms that mpmath can count, and nothing is left of the tail.
    return mpf(z > 0) if abs(z) > 1e6 else mpmath.erfc(-z / mpmath.sqrt(2)) / 2


@mpmath.workdps(120)
def gelu(z):
    z = mpf(z)
    return z * phi(z), phi(z) + z * (0 if abs(z) > 1e6 else mpmath.npdf(z))


GENERATORS = {
    "KullbackLeibler": lambda t: t * mpmath.log(t) - t + 1,
    "ReverseKullbackLeibler": lambda t: t - 1 - mpmath.log(t),
    "JensenShannon": lambda t: (t * mpmath.log(t) - (1 + t) * mpmath.log((1 + t) / 2)) / 2,
    "SquaredHellinger": lambda t: (mpmath.sqrt(t) - 1) ** 2 / 2,
    "Pearson": lambda t: (t - 1) ** 2,
    "Neyman": lambda t: (t - 1) ** 2 / t,
}


def kl(m, s, n, r):
    m, s, n, r = map(mpf, (m, s, n, r))
    return mpmath.log(r / s) + (s**2 + (m - n) ** 2) / (2 * r**2) - mpf(1) / 2


def log_sum_exp(v):
    return mpmath.log(sum(mpmath.exp(mpf(x)) for x in v))


def thermodynamics(energies, beta):
    """Mean energy, entropy and heat capacity."""
    weights = [mpmath.exp(-mpf(beta) * (mpf(e) - mpf(energies[0]))) for e in energies]
    p = [w / sum(weights) for w in weights]
    mean = sum(p * mpf(e) for p, e in zip(p, energies))
    variance = sum(p * (mpf(e) - mean) ** 2 for p, e in zip(p, energies))
    return mean, -sum(p * mpmath.log(p) for p in p if p > 0), mpf(beta) ** 2 * variance


def load(y):
    y = mpf(y)
    return (mpmath.erf(y) / y - 2 / mpmath.sqrt(mp.pi) * mpmath.exp(-y * y)) ** 2 / 2


def most_exact(n, degree):
    return mpf(n) ** (degree - 1) / (2 * mpmath.fac2(2 * degree - 3) * mpmath.log(n))


def correlation_length(beta):
    return -1 / mpmath.log(mpmath.tanh(mpf(beta)))


def softmax_surprise(z, label):
    return mpmath.log(sum(mpmath.exp(mpf(x) - mpf(z[label])) for x in z))


def rows(function, inputs):
    """Each input with its value; a value that no double holds, 0 excepted, has no place here."""
    table = []
    for arguments in inputs:
        value = function(*arguments)
        value = [float(v) for v in value] if isinstance(value, tuple) else float(value)
        table.append([*arguments, value])
    return table


def even(points):
    return [[x, 1 / mpf(len(points))] for x in points]


def flat(points):
    return [x for x, _ in points]


transports = []
for p, q, order in [
    ([1.0, 2.0, 3.0, 54.0], [1.0, 2.0, 3.0, 4.0], 540.0), ([0.0], [0.1], 400.0), ([0.0], [1e200], 2.0), ([0.0], [1e-200], 2.0),
    ([0.0, 1e-170], [1e-170, 3e-170], 3.0), ([0.0, 1.0], [2.0, 7e250], 1.5), ([0.0, 1.0, 2.0], [0.5, 1.5, 9.0], 1e6),
    ([-1e300, 1e300], [0.0, 5e-324], 1.0), ([0.25, 0.5], [0.75, 1.25], 1e300), ([5e-324], [0.0], 7.0),
]:
    transports.append([p, q, order, float(wasserstein(even(p), even(q), order))])

NEAR_ONE = [1 + s * d for d in (0.3, 1e-1, 1e-2, 1e-4, 1e-6, 1e-8, 1e-11) for s in (-1, 1)]
values = {
    "versions": {"mpmath": mpmath.__version__},
    "wasserstein": transports,
    "bath": rows(bath, [
        (3, 10**9, 10**9), (0, 2, 3), (3, 2, 3), (1, 2, 10**15), (10**6, 3, 10**12), (50, 10**12, 10**13), (10**4, 10**9, 10**12),
        (7, 10**15, 10**3), (0, 10**15, 10**15), (1000, 1000, 10**6), (200_000, 5, 200_000), (100_000, 100_000, 10**12)]),
    "onsager": rows(onsager, [(t,) for t in (1e-3, 0.05, 0.3, 1.0, 2.0, 2.26, 2.28, 3.0, 10.0, 1e2, 1e4, 1e6, 1e9, 1e20, 1e100, 1e300)]),
    "gelu": rows(gelu, [(s * z,) for z in (5e-324, 1e-310, 1e-200, 1e-20, 1e-3, 1.0, 6.0, 20.0, 37.0, 38.0, 1e3, 1e200, 1.7e308) for s in (1, -1)]),
    "generator": {name: rows(lambda t, f=f: f(mpf(t)), [(t,) for t in NEAR_ONE + [1e-300, 1e-5, 0.5, 2.0, 1e5, 1e100]]) for name, f in GENERATORS.items()},
    "kl": rows(kl, [
        (0.0, 1.0, 0.0, 1.0 + 1e-9), (0.0, 1.0, 0.0, 1.0 - 1e-6), (1.0, 2.0, 1.0, 2.1), (0.0, 1e-200, 0.0, 1e200), (0.0, 3e-320, 5.0, 1.0),
        (0.0, 1.5e-300, 0.0, 1e10), (0.0, 1.0, 1e-9, 1.0), (1e200, 1e200, 0.0, 1e200), (0.0, 2.0, 0.0, 1.0), (0.0, 1e100, 0.0, 1.0)]),
    "log_sum_exp": rows(log_sum_exp, [(v,) for v in (
        [0.0, -50.0], [-50.0, 0.0, -60.0], [0.0, -700.0], [0.0, 0.0], [1e300, -1e300], [-1e-20, -45.0], [3.0, 2.0, 1.0], [-800.0, -801.0])]),
    "levels": rows(thermodynamics, [(e, b) for e, b in itertools.product(
        ([0.0, 1.0], [0.0, 1.0, 3.0], [1e8, 1e8 + 0.5]), (1e-12, 1.0, 40.0, 600.0))]),
    "load": rows(load, [(y,) for y in (1e-150, 1e-60, 1e-12, 1e-8, 1e-5, 1e-3, 0.1, 0.5, 0.9, 1.0, 1.51, 3.0, 6.0, 30.0, 1e100)]),
    "most_exact": rows(most_exact, [(100.0, 2), (100.0, 3), (1e6, 64), (1e5, 64), (2.0, 64), (1e9, 40)]),
    "correlation_length": rows(correlation_length, [(b,) for b in (1e-300, 1e-100, 1e-12, 1e-6, 0.01, 0.3, 0.8, 5.0, 100.0, 350.0)]),
    "softmax": rows(softmax_surprise, [
        ([50.0, 0.0], 0), ([0.0, 50.0, 1.0], 1), ([0.0, 700.0], 1), ([2e4, 0.0], 1), ([1.0, 2.0, 3.0], 2), ([1e300, -1e300], 0)]),
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(values, indent=1) + "\n")
