"""Products and a mixture by NumPy and SciPy, for the tests of chapter `combining-densities`.

    python -m venv ~/oracles && ~/oracles/bin/pip install -r tests/oracles/requirements.txt
    ~/oracles/bin/python tests/oracles/combining_densities.py
"""

import json
import pathlib

import numpy
import scipy
from scipy import integrate, special, stats

narrow, wide = stats.norm(0, 0.3), stats.norm(0, 3)
density = lambda x: 0.9 * narrow.pdf(x) + 0.1 * wide.pdf(x)
entropy = integrate.quad(lambda x: -density(x) * numpy.log(density(x)), -36, 36, points=[-1, 0, 1], epsabs=1e-13, limit=500)[0]

first, second = numpy.array([0.1, 0.25, 0.3, 0.35]), numpy.array([0.4, 0.05, 0.15, 0.4])
log_product = 0.7 * numpy.log(first) + 1.6 * numpy.log(second)

precisions = [numpy.array([[2, 0.5], [0.5, 1]]), numpy.array([[1, -0.3], [-0.3, 4]])]
means = [numpy.array([1.0, 0.0]), numpy.array([-1.0, 2.0])]
shift = sum(precision @ mean for precision, mean in zip(precisions, means))

values = {
    "versions": {"numpy": numpy.__version__, "scipy": scipy.__version__},
    "mixture entropy": entropy,
    "first": first.tolist(),
    "second": second.tolist(),
    "product": special.softmax(log_product).tolist(),
    "log partition": special.logsumexp(log_product),
    "gaussian mean": numpy.linalg.solve(sum(precisions), shift).tolist(),
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(values, indent=1) + "\n")
