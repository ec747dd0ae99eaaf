"""Metropolis's rule for many independent chains in the plane: the double well 3 (x² - 1)² + y²/2 at T = 1, reach 0.7."""

import numpy

TITLE = "Metropolis in a double well in the plane, 1000 steps of C chains"
SIZES = [{"C": 10000}]
STATED = {"C": 1}
GROWTH = {"C": [{"C": C} for C in (1250, 2500, 5000, 10000)]}
# Each side draws its own random numbers; the disagreement is in standard errors.
TOLERANCE = 5.0
UNIT = "standard errors"
ROUNDS = 5
STEPS = 1000
HEIGHT, REACH = 3.0, 0.7


def make(C):
    generator = numpy.random.default_rng(1953)
    return {"starts": generator.standard_normal((C, 2)), "height": HEIGHT, "reach": REACH, "steps": float(STEPS)}


def energy(x):
    return HEIGHT * (x[0] ** 2 - 1) ** 2 + 0.5 * x[1] ** 2


def vectorised(data):
    generator = numpy.random.default_rng()
    # One array a coordinate, which NumPy walks through fastest.
    x = numpy.ascontiguousarray(data["starts"].T)
    here = energy(x)
    for _ in range(STEPS):
        y = x + REACH * generator.standard_normal(x.shape)
        there = energy(y)
        taken = there - here < generator.standard_exponential(len(here))
        x = numpy.where(taken, y, x)
        here = numpy.where(taken, there, here)
    return {"states": x.T}


PEERS = {"numpy, all chains at once": (numpy.__version__, vectorised)}


def disagreement(data, a, b):
    """The largest difference of a first or second moment, in standard errors."""
    moments = [numpy.concatenate([s["states"], s["states"] ** 2], axis=1) for s in (a, b)]
    error = numpy.sqrt(sum(m.var(axis=0) for m in moments) / len(moments[0]))
    return numpy.max(numpy.abs(moments[0].mean(axis=0) - moments[1].mean(axis=0)) / error)
