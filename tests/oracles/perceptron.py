"""Rosenblatt's rule by scikit-learn, samples in their order, for the tests of chapter `perceptron`.

    python -m venv ~/oracles && ~/oracles/bin/pip install -r tests/oracles/requirements.txt
    ~/oracles/bin/python tests/oracles/perceptron.py
"""

import json
import pathlib

import numpy
import sklearn
from sklearn.datasets import load_digits
from sklearn.linear_model import Perceptron

digits = load_digits()
chosen = numpy.isin(digits.target, [3, 8])
images, labels = digits.data[chosen], numpy.where(digits.target[chosen] == 8, 1, -1)

sweeps = []
for count in [1, 2, 5, 100]:
    model = Perceptron(penalty=None, shuffle=False, tol=None, max_iter=count, eta0=1.0).fit(images, labels)
    sweeps.append({"sweeps": count, "weights": model.coef_[0].tolist(), "bias": model.intercept_[0]})

values = {
    "versions": {"numpy": numpy.__version__, "scikit-learn": sklearn.__version__},
    "digits": [3, 8],
    "after": sweeps,
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(values, indent=1) + "\n")
