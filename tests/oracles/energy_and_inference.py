"""Gradient flows by SciPy's integrator and kernel densities of digits by scikit-learn, for the tests of chapter `energy-and-inference`.

    python -m venv ~/oracles && ~/oracles/bin/pip install -r tests/oracles/requirements.txt
    ~/oracles/bin/python tests/oracles/energy_and_inference.py
"""

import json
import pathlib

import numpy
import scipy
import sklearn
from scipy.integrate import solve_ivp
from sklearn.datasets import load_digits
from sklearn.neighbors import KernelDensity

centres = numpy.array([[-1.5, 0.5], [1.0, 1.0], [0.5, -1.5]])
weights = numpy.array([0.5, 0.3, 0.2])
width = 0.8


def slope(x):
    squares = ((x - centres) ** 2).sum(axis=1)
    shares = weights * numpy.exp(-squares / (2 * width**2))
    return (x - shares @ centres / shares.sum()) / width**2


starts = [[0.1, 0.2], [2.0, -2.0], [-0.3, 1.9]]
flows = [
    solve_ivp(lambda _, x: -slope(x), (0, 1.3), start, method="DOP853", rtol=1e-13, atol=1e-13).y[:, -1].tolist()
    for start in starts
]

digits = load_digits()
images, labels = digits.data / 16, digits.target
# The first 1200 images are remembered; the density of each class at the next 300.
densities = [
    KernelDensity(bandwidth=0.6).fit(images[:1200][labels[:1200] == k]).score_samples(images[1200:1500]) for k in range(10)
]
priors = numpy.log(numpy.bincount(labels[:1200]) / 1200)
answers = (numpy.array(densities) + priors[:, None]).argmax(axis=0)

values = {
    "versions": {"numpy": numpy.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__},
    "flow": {"time": 1.3, "starts": starts, "ends": flows},
    "digits": {"log_density_of_threes": densities[3][:20].tolist(), "answers": answers.tolist()},
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(values, indent=1) + "\n")
