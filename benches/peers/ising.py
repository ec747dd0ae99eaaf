"""Chessboard Gibbs sweeps of the two-dimensional Ising model, J = 1, without a field, on a torus of L × L spins at T = 2.5."""

import numba
import numpy

TITLE = "20 chessboard Gibbs sweeps of an Ising lattice, L × L spins"
SIZES = [{"L": 512}, {"L": 128}]
STATED = {"L": 2}
GROWTH = {"L": [{"L": L} for L in (128, 256, 512, 1024)]}
# Each side draws its own random numbers. Energy and magnetisation a spin have standard deviations of about 2.3/L and 6.2/L here.
TOLERANCE = 5.0
UNIT = "standard errors"
TEMPERATURE = 2.5
SWEEPS = 20


def make(L):
    generator = numpy.random.default_rng(1925)
    return {"spins": generator.choice([-1.0, 1.0], size=(L, L)), "temperature": TEMPERATURE, "sweeps": float(SWEEPS)}


CHANCES = (1 / (1 + numpy.exp(-2 * numpy.arange(-4, 5, 2) / TEMPERATURE))).astype(numpy.float32)


def summary(spins):
    bonds = spins * (numpy.roll(spins, 1, 0) + numpy.roll(spins, 1, 1))
    return {"energy": -bonds.mean(), "magnetisation": spins.mean()}


def whole(data):
    """What one writes first: all neighbours by rolling the lattice, all spins drawn, those of one colour kept."""
    generator = numpy.random.default_rng()
    spins = data["spins"].astype(numpy.int8)
    even = numpy.add.outer(numpy.arange(len(spins)), numpy.arange(len(spins))) % 2 == 0
    for _ in range(SWEEPS):
        for colour in (even, ~even):
            around = numpy.roll(spins, 1, 0) + numpy.roll(spins, -1, 0) + numpy.roll(spins, 1, 1) + numpy.roll(spins, -1, 1)
            up = generator.random(spins.shape, dtype=numpy.float32) < CHANCES[(around + 4) // 2]
            spins = numpy.where(colour, numpy.where(up, numpy.int8(1), numpy.int8(-1)), spins)
    return summary(spins)


def packed(data):
    """The library's own layout: the colours in arrays of their own, so that no spin is drawn in vain."""
    generator = numpy.random.default_rng()
    spins = data["spins"].astype(numpy.int8)
    L = len(spins)
    even = (numpy.arange(L) % 2 == 0)[:, None]
    # colours[c][r, k] is the k-th site of colour c in row r.
    colours = [numpy.where(even ^ (c == 1), spins[:, ::2], spins[:, 1::2]) for c in (0, 1)]
    for _ in range(SWEEPS):
        for c in (0, 1):
            other = colours[1 - c]
            beside = numpy.where(even ^ (c == 1), numpy.roll(other, 1, 1), numpy.roll(other, -1, 1))
            around = numpy.roll(other, 1, 0) + numpy.roll(other, -1, 0) + other + beside
            up = generator.random(other.shape, dtype=numpy.float32) < CHANCES[(around + 4) // 2]
            colours[c] = numpy.where(up, numpy.int8(1), numpy.int8(-1))
    spins[:, ::2] = numpy.where(even, colours[0], colours[1])
    spins[:, 1::2] = numpy.where(even, colours[1], colours[0])
    return summary(spins)


@numba.njit
def sweeps(spins, chances, count):
    L = len(spins)
    for _ in range(count):
        for colour in (0, 1):
            for i in range(L):
                above, below = spins[(i - 1) % L], spins[(i + 1) % L]
                row = spins[i]
                for j in range((i + colour) % 2, L, 2):
                    left = row[j - 1] if j > 0 else row[L - 1]
                    right = row[j + 1] if j + 1 < L else row[0]
                    chance = chances[(above[j] + below[j] + left + right + 4) // 2]
                    row[j] = 1 if numpy.random.random() < chance else -1


def loops(data):
    spins = data["spins"].astype(numpy.int8)
    sweeps(spins, CHANCES, SWEEPS)
    return summary(spins)


PEERS = {
    "numpy, the whole lattice": (numpy.__version__, whole),
    "numpy, a colour at a time": (numpy.__version__, packed),
    "numba": (numba.__version__, loops),
}


def disagreement(data, a, b):
    """The larger difference of energy and magnetisation, in standard deviations of a lattice."""
    L = len(data["spins"])
    return max(abs(a["energy"] - b["energy"]) * L / 2.3, abs(a["magnetisation"] - b["magnetisation"]) * L / 6.2) / 2**0.5
