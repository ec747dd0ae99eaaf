"""Recall by a Hopfield network: a cue with a quarter of its bits flipped settles, unit after unit, in order."""

import numba
import numpy

TITLE = "Asynchronous recall from 25 % flipped bits, n units and P patterns"
# Powers of two: every field is then exact in floating point, and all sides break ties alike.
SIZES = [{"n": 2048, "P": 200}, {"n": 512, "P": 50}]
STATED = {"n": 2}
GROWTH = {"n": [{"n": n, "P": n // 10} for n in (512, 1024, 2048, 4096)]}
TOLERANCE = 0.0


def make(n, P):
    generator = numpy.random.default_rng(1982)
    patterns = generator.choice([-1.0, 1.0], size=(P, n))
    weights = patterns.T @ patterns / n
    numpy.fill_diagonal(weights, 0.0)
    cue = patterns[0].copy()
    cue[generator.permutation(n)[: n // 4]] *= -1
    return {"weights": weights, "cue": cue}


def by_rows(weights, state):
    """What one writes first: a unit asks its row of the weights."""
    state = state.copy()
    settled = False
    while not settled:
        settled = True
        for i in range(len(state)):
            preferred = 1.0 if weights[i] @ state >= 0.0 else -1.0
            if preferred != state[i]:
                state[i] = preferred
                settled = False
    return state


@numba.njit
def by_loops(weights, state):
    """The same, with the dot product as a loop, compiled."""
    state = state.copy()
    settled = False
    while not settled:
        settled = True
        for i in range(len(state)):
            field = 0.0
            for j in range(len(state)):
                field += weights[i, j] * state[j]
            preferred = 1.0 if field >= 0.0 else -1.0
            if preferred != state[i]:
                state[i] = preferred
                settled = False
    return state


@numba.njit
def by_fields(weights, state):
    """The library's own way, compiled: all fields once, then mended after each flip."""
    state = state.copy()
    field = weights @ state
    settled = False
    while not settled:
        settled = True
        for i in range(len(state)):
            preferred = 1.0 if field[i] >= 0.0 else -1.0
            if preferred != state[i]:
                state[i] = preferred
                for j in range(len(state)):
                    field[j] += 2.0 * preferred * weights[i, j]
                settled = False
    return state


PEERS = {
    "numpy, a row at a time": (
        numpy.__version__, lambda data: {"state": by_rows(data["weights"], data["cue"])},
    ),
    "numba, a row at a time": (
        numba.__version__, lambda data: {"state": by_loops(data["weights"], data["cue"])},
    ),
    "numba, fields kept": (
        numba.__version__, lambda data: {"state": by_fields(data["weights"], data["cue"])},
    ),
}


def disagreement(data, a, b):
    """The fraction of units in which two final states differ."""
    return numpy.mean(a["state"] != b["state"])
