"""What chains are worth, by Fourier transforms, and Onsager's formulas by SciPy, for the tests of chapter `sampling`.

    python -m venv ~/oracles && ~/oracles/bin/pip install -r tests/oracles/requirements.txt
    ~/oracles/bin/python tests/oracles/sampling.py

The formulas are those of Vehtari, Gelman, Simpson, Carpenter and Bürkner, Bayesian Analysis 16 (2021) 667, equations 1 to 4, 10 and
11, on the halves of the chains; without ranks, and with those of section 4. The R-hat of ranks is that of ArviZ.
"""

import json
import pathlib

import arviz
import numpy
import scipy
import scipy.stats
from scipy.special import ellipk


def autocovariance(x):
    """Divided by the number of values, at all lags, by the Fourier transform of the padded values."""
    n = x.shape[-1]
    f = numpy.fft.rfft(x - x.mean(axis=-1, keepdims=True), 2 * n)
    return numpy.fft.irfft(numpy.abs(f) ** 2, 2 * n)[..., :n] / n


def time(rho):
    """Geyer's initial monotone sequence."""
    pairs = rho[: len(rho) // 2 * 2].reshape(-1, 2).sum(axis=1)
    end = numpy.argmax(pairs <= 0) if (pairs <= 0).any() else len(pairs)
    return 2 * numpy.minimum.accumulate(pairs[:end]).sum() - 1


def halves(chains):
    half = chains.shape[1] // 2
    return numpy.concatenate([chains[:, :half], chains[:, -half:]])


def summary(chains):
    split = halves(chains)
    m, n = split.shape
    within = split.var(axis=1, ddof=1).mean()
    total = (n - 1) / n * within + split.mean(axis=1).var(ddof=1)
    # Stan's and ArviZ's autocovariance at lag 0 is the variance that divides by n; scaled to the one that divides by n - 1.
    rho = 1 - (within - autocovariance(split).mean(axis=0) * n / (n - 1)) / total
    return numpy.sqrt(total / within), m * n / max(time(rho), 1 / numpy.log10(m * n))


def scores(split):
    """Normal quantiles of the fractional ranks, Blom's."""
    ranks = scipy.stats.rankdata(split).reshape(split.shape)
    return scipy.stats.norm.ppf((ranks - 0.375) / (split.size + 0.25))


def ranked(chains):
    """R-hat and bulk effective size by ArviZ, and the latter by the formulas."""
    split = scores(halves(chains))
    # The halves of which `summary` would make quarters are joined again.
    m = len(split) // 2
    return {
        "chains": chains.tolist(), "r_hat": float(arviz.rhat(chains)), "arviz_size": float(arviz.ess(chains, method="bulk")),
        "size": float(summary(numpy.concatenate([split[:m], split[m:]], axis=1))[1]),
    }


def walk(generator, phi, n):
    x = [generator.standard_normal()]
    for _ in range(n - 1):
        x.append(phi * x[-1] + numpy.sqrt(1 - phi**2) * generator.standard_normal())
    return numpy.array(x)


def energy(t):
    tanh = numpy.tanh(2 / t)
    # SciPy's argument is the square of the modulus.
    modulus = 2 * numpy.sinh(2 / t) / numpy.cosh(2 / t) ** 2
    return -(1 + 2 / numpy.pi * (2 * tanh**2 - 1) * ellipk(modulus**2)) / tanh


def magnetisation(t):
    return (1 - numpy.sinh(2 / t) ** -4) ** 0.125 if numpy.sinh(2 / t) > 1 else 0.0


generator = numpy.random.default_rng(1992)
chains = numpy.round([walk(generator, 0.6, 61) for _ in range(3)], 6)
stuck = numpy.round(chains + numpy.array([[0.0], [0.0], [4.0]]), 6)
r_hat, size = summary(chains)
stuck_r_hat, stuck_size = summary(stuck)
rho = autocovariance(chains[0]) / autocovariance(chains[0])[0]

frozen = generator.standard_normal((4, 200))
frozen[3] = 0
wide = generator.standard_normal((4, 200))
wide[2] *= 4
ties = generator.poisson(1.5, (3, 101)).astype(float)
heavy = numpy.array([walk(generator, 0.5, 150) for _ in range(2)]) ** 9

values = {
    "versions": {"numpy": numpy.__version__, "scipy": scipy.__version__, "arviz": arviz.__version__},
    "ranked": [ranked(numpy.round(c, 4)) for c in (chains, stuck, frozen, wide, ties, heavy)],
    "chains": chains.tolist(), "autocorrelation": rho[:20].tolist(), "autocorrelation_time": time(rho),
    "split_r_hat": r_hat, "effective_size": size,
    "stuck": stuck.tolist(), "stuck_split_r_hat": stuck_r_hat, "stuck_effective_size": stuck_size,
    "onsager": [(t, energy(t), magnetisation(t)) for t in (0.7, 1.5, 2.1, 2.25, 2.3, 3.0, 8.0)],
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(values, indent=1) + "\n")
