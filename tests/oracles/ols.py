"""Least-squares fits of embedded data by scikit-learn, NumPy and SciPy, for the tests of chapter `ols`.

    python -m venv ~/oracles && ~/oracles/bin/pip install -r tests/oracles/requirements.txt
    ~/oracles/bin/python tests/oracles/ols.py
"""

import json
import pathlib

import numpy
import scipy
import sklearn
from sklearn.datasets import load_diabetes, load_digits
from sklearn.linear_model import LinearRegression

diabetes = load_diabetes(scaled=False)
line = scipy.stats.linregress(diabetes.data[:, 2], diabetes.target)
plane = LinearRegression().fit(diabetes.data, diabetes.target)
digits = load_digits()
# Three pixels are white in every image: the columns depend on one another.
shortest, _, rank, _ = numpy.linalg.lstsq(digits.data, digits.target.astype(float), rcond=None)

values = {
    "versions": {"numpy": numpy.__version__, "scikit-learn": sklearn.__version__, "scipy": scipy.__version__},
    "diabetes": {"intercept": plane.intercept_, "coefficients": plane.coef_.tolist()},
    "bmi": {
        "intercept": line.intercept, "slope": line.slope,
        "intercept_error": line.intercept_stderr, "slope_error": line.stderr,
    },
    "digits": {"rank": int(rank), "coefficients": shortest.tolist()},
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(values, indent=1) + "\n")
