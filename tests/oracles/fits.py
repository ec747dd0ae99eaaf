"""Fits at the edge of what numbers carry, in 60 digits by mpmath, for tests/properties/fits.rs.

    pip install -r requirements.txt && python fits.py

Every problem is that of the floating-point data, so that rounding of the data is no part of the answer.
"""

import json
from fractions import Fraction
from pathlib import Path

import mpmath as mp
import numpy as np

mp.mp.dps = 60


def floats(values):
    return [float(v) for v in values]


def shortest():
    """The shortest least-squares solution where the third column is the sum of the first two."""
    x = mp.matrix([[1, 2], [4, -1], [2, 5], [-3, 1], [0, 2], [5, -2]])
    y = mp.matrix([3, 1, -2, 4, 0, 5])
    share = mp.matrix([[1, 0, 1], [0, 1, 1]])
    two = mp.lu_solve(x.T * x, x.T * y)
    return floats(share.T * mp.lu_solve(share * share.T, two))


def logistic(x, y, lam, start):
    """Bias and weight, where the slope of mean surprise + lam/2 w^2 is zero."""
    sigma = lambda z: 1 / (1 + mp.exp(-z))
    signs = [2 * label - 1 for label in y]
    n, lam = len(x), mp.mpf(lam)

    def slope(b, w):
        errors = [-s * sigma(-s * (b + w * v)) / n for s, v in zip(signs, x)]
        return mp.fsum(errors), mp.fsum(e * v for e, v in zip(errors, x)) + lam * w

    return floats(mp.findroot(slope, start, tol=mp.mpf(10) ** -100, maxsteps=100))


def lasso(x, y, lam):
    """The lowest cost, by Newton's step on a pattern of signs, and its conditions checked."""
    n, p = x.rows, x.cols
    gram, moments, tau = x.T * x, x.T * y, n * lam / 2
    theta = mp.zeros(p, 1)
    for _ in range(2000):
        r = moments - gram * theta
        outside = [(abs(r[j]) - tau, j) for j in range(p) if theta[j] == 0]
        on = [j for j in range(p) if theta[j] != 0]
        signs = {j: mp.sign(theta[j]) for j in on}
        inside = max([abs(r[j] - tau * signs[j]) for j in on], default=0)
        if inside < mp.mpf(10) ** -40:
            if not outside or max(outside)[0] <= mp.mpf(10) ** -40:
                break
            j = max(outside)[1]
            on.append(j)
            signs[j] = mp.sign(r[j])
        rhs = mp.matrix([r[j] - tau * signs[j] for j in on])
        step = mp.lu_solve(mp.matrix([[gram[i, j] for j in on] for i in on]), rhs)
        length, first = mp.mpf(1), None
        for part, j in zip(step, on):
            if theta[j] * part < 0 and -theta[j] / part < length:
                length, first = -theta[j] / part, j
        for part, j in zip(step, on):
            theta[j] += length * part
        if first is not None:
            theta[first] = mp.mpf(0)
    else:
        raise RuntimeError("no solution")
    miss = y - x * theta
    cost = mp.fsum(v * v for v in miss) / n + lam * mp.fsum(abs(t) for t in theta)
    return float(cost), [j for j in range(p) if theta[j] != 0]


def polynomial():
    t = np.arange(80) / 79
    x = np.stack([t**k for k in range(1, 13)], axis=1)
    x = mp.matrix(x.tolist())
    y = [mp.mpf(float(v)) for v in np.sin(6 * t)]
    mean = mp.fsum(y) / 80
    y = mp.matrix([v - mean for v in y])
    for j in range(12):
        mean = mp.fsum(x[:, j]) / 80
        scale = mp.sqrt(mp.fsum((v - mean) ** 2 for v in x[:, j]) / 80)
        for i in range(80):
            x[i, j] = (x[i, j] - mean) / scale
    largest = max(abs(v) for v in x.T * y) / 40
    ratios = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6]
    found = [lasso(x, y, mp.mpf(ratio) * largest) for ratio in ratios]
    return {
        "lambda_max": float(largest),
        "ratios": ratios,
        "costs": [cost for cost, _ in found],
        "supports": [support for _, support in found],
    }


def meyer():
    y = [34780, 28610, 23650, 19630, 16370, 13720, 11540, 9744]
    y += [8261, 7030, 6005, 5147, 4427, 3820, 3307, 2872]
    t = [45 + 5 * (i + 1) for i in range(16)]
    p = mp.matrix(["0.0056", "6181.3", "345.22"])
    for _ in range(60):
        jacobian, miss = mp.matrix(16, 3), mp.matrix(16, 1)
        for i in range(16):
            e = mp.exp(p[1] / (t[i] + p[2]))
            miss[i] = p[0] * e - y[i]
            jacobian[i, 0] = e
            jacobian[i, 1] = p[0] * e / (t[i] + p[2])
            jacobian[i, 2] = -p[0] * p[1] * e / (t[i] + p[2]) ** 2
        p -= mp.lu_solve(jacobian.T * jacobian, jacobian.T * miss)
    assert mp.norm(jacobian.T * miss) < 1e-30
    return {"value": float(mp.fsum(m * m for m in miss)), "place": floats(p)}


def variance(n):
    """Of seconds since 1970 a tenth of a second apart, as floating-point numbers."""
    x = [Fraction(1.7e9 + ((7919 * i % n) / n - 0.5) * 0.1) for i in range(n)]
    mean = sum(x) / n
    return float(sum((v - mean) ** 2 for v in x) / n)


parted = ([-3, -2, -1, 1, 2, 4], [0, 0, 0, 1, 1, 1])
touching = ([-1, 0, 0, 1], [0, 0, 1, 1])
weak = [1e-9, 1e-10, 1e-11, 1e-12, 1e-13, 1e-20, 1e-40]
# Near the root ln(1/lam) less the logarithm of itself.
start = lambda lam: (0, -mp.log(lam) - mp.log(-mp.log(lam)) - 1)
result = {
    "versions": {"mpmath": mp.__version__, "numpy": np.__version__},
    "shortest": shortest(),
    "logistic": {
        "lambdas": weak,
        "parted": [logistic(*parted, lam, start(lam)) for lam in weak],
        "touching": [logistic(*touching, lam, start(lam)) for lam in weak],
    },
    "polynomial": polynomial(),
    "meyer": meyer(),
    "variances": {str(n): variance(n) for n in (50_000, 200_000)},
}
Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n")
