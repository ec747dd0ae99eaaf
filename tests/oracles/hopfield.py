"""Another Hopfield network, in NumPy, one dot product a unit: writes hopfield.json beside this file."""

import json
import pathlib

import numpy as np

rng = np.random.default_rng(1982)
n, count = 24, 4
patterns = rng.choice([-1.0, 1.0], size=(count, n))
weights = np.einsum("mi,mj->ij", patterns, patterns) / n
weights[np.arange(n), np.arange(n)] = 0.0
# Odd multiples of 1/(2n): a field is a multiple of 1/n less a threshold, so it is never zero.
thresholds = (2 * rng.integers(-6, 6, size=n) + 1) / (2 * n)


def rule(state, i):
    return 1.0 if weights[i] @ state >= thresholds[i] else -1.0


def settle(state):
    state = state.copy()
    while True:
        before = state.copy()
        for i in range(n):
            state[i] = rule(state, i)
        if np.array_equal(state, before):
            return state


projection = np.linalg.pinv(patterns) @ patterns
projection[np.arange(n), np.arange(n)] = 0.0
cues = []
for cue in rng.choice([-1.0, 1.0], size=(40, n)):
    cues.append(
        {
            "cue": cue.tolist(),
            "energy": float(-np.einsum("i,ij,j->", cue, weights, cue) / 2 + thresholds @ cue),
            "synchronous": [rule(cue, i) for i in range(n)],
            "settled": settle(cue).tolist(),
        }
    )

oracle = {
    "made_by": "tests/oracles/hopfield.py",
    "numpy": np.__version__,
    "patterns": patterns.tolist(),
    "thresholds": thresholds.tolist(),
    "projection": projection.tolist(),
    "cues": cues,
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(oracle) + "\n")
