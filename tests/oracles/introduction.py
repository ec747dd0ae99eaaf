"""Classifiers and clusters of embedded data by scikit-learn, for the tests of chapter `introduction`.

    python -m venv ~/oracles && ~/oracles/bin/pip install -r tests/oracles/requirements.txt
    ~/oracles/bin/python tests/oracles/introduction.py
"""

import json
import pathlib

import numpy
import sklearn
from sklearn.cluster import KMeans
from sklearn.covariance import EmpiricalCovariance
from sklearn.datasets import load_diabetes, load_digits
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB

diabetes = load_diabetes(scaled=False)
x = (diabetes.data - diabetes.data.mean(axis=0)) / diabetes.data.std(axis=0)
y = (diabetes.target > 140.5).astype(int)

free = LogisticRegression(C=numpy.inf, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(x, y)
# scikit-learn's C is 1/(nλ) for a penalty λ on the mean surprise.
held = LogisticRegression(C=1 / (0.05 * len(y)), solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(x, y)
# Covariances of greatest likelihood, divided by n and not by n - 1, as the library's.
linear = LinearDiscriminantAnalysis(solver="lsqr", covariance_estimator=EmpiricalCovariance()).fit(x, y)
quadratic = QuadraticDiscriminantAnalysis(solver="eigen", covariance_estimator=EmpiricalCovariance()).fit(x, y)

digits = load_digits()
start = digits.data[:10]
lloyd = KMeans(10, init=start, n_init=1, algorithm="lloyd", tol=0, max_iter=1000).fit(digits.data)

values = {
    "versions": {"numpy": numpy.__version__, "scikit-learn": sklearn.__version__},
    "logistic": {
        "weights": free.coef_[0].tolist(), "bias": free.intercept_[0], "loss": log_loss(y, free.predict_proba(x)),
    },
    "penalised": {"weights": held.coef_[0].tolist(), "bias": held.intercept_[0]},
    "linear": {"weights": linear.coef_[0].tolist(), "bias": linear.intercept_[0]},
    "quadratic": {"probabilities": quadratic.predict_proba(x)[:20, 1].tolist()},
    "naive": {"variances": GaussianNB(var_smoothing=0).fit(x, numpy.zeros(len(y))).var_[0].tolist()},
    "k-means": {
        "distortion": lloyd.inertia_, "sizes": numpy.bincount(lloyd.labels_).tolist(),
        "first_centre": lloyd.cluster_centers_[0].tolist(),
    },
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(values, indent=1) + "\n")
