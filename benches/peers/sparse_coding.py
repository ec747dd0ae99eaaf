"""Sparse codes of 8 × 8 digits over a given dictionary, all samples at once, at one objective.

Ours runs 100 iterations of FISTA. The peers are scikit-learn's two exact ways, coordinate descent at its default tolerance and
least-angle regression; what is compared is how far the energies differ, relative to that of codes of zero.
"""

import numpy
import sklearn
from sklearn.datasets import load_digits
from sklearn.decomposition import sparse_encode

TITLE = "Sparse codes of n digits of 64 pixels over K atoms"
SIZES = [{"n": 1_000, "K": 256}]
STATED = {"n": 1, "K": 1}
GROWTH = {
    "n": [{"n": n, "K": 256} for n in (400, 800, 1_600)],
    "K": [{"n": 1_000, "K": k} for k in (256, 512, 1_024)],
}
# A hundred iterations leave a small part of the energy; the tolerance says how small.
TOLERANCE = 1e-4
PENALTY = 0.15


def make(n, K):
    generator = numpy.random.default_rng(1996)
    samples = load_digits().data[:n] / 16
    samples -= samples.mean(1, keepdims=True)
    # Atoms are pieces of the samples' own kind: sums of two digits' differences, of length 1.
    picks = generator.integers(0, len(samples), (3, K))
    dictionary = samples[picks[0]] - samples[picks[1]] + 0.5 * generator.standard_normal((K, 64))
    dictionary /= numpy.linalg.norm(dictionary, axis=1, keepdims=True)
    return {"samples": samples, "dictionary": dictionary, "penalty": numpy.array([PENALTY])}


def encode(algorithm):
    return lambda data: {"codes": sparse_encode(
        data["samples"], data["dictionary"], algorithm=algorithm, alpha=PENALTY, max_iter=1_000)}


PEERS = {
    "sklearn sparse_encode, lasso_cd": (sklearn.__version__, encode("lasso_cd")),
    "sklearn sparse_encode, lasso_lars": (sklearn.__version__, encode("lasso_lars")),
}


def disagreement(data, a, b):
    """The difference of the energies over the energy of codes of zero."""
    def energy(codes):
        residual = data["samples"] - codes @ data["dictionary"]
        return 0.5 * (residual**2).sum() + PENALTY * numpy.abs(codes).sum()
    return abs(energy(a["codes"]) - energy(b["codes"])) / (0.5 * (data["samples"] ** 2).sum())
