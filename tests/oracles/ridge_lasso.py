"""Ridge, lasso and elastic net by scikit-learn, for tests/equations/ridge_lasso.rs.

    pip install -r requirements.txt && python ridge_lasso.py

scikit-learn's costs differ from the book's: Ridge has no 1/n, Lasso and ElasticNet have 1/(2n).
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.datasets import load_diabetes
from sklearn.linear_model import ElasticNet, Lasso, Ridge, lars_path

EXACT = {"fit_intercept": False, "tol": 1e-14, "max_iter": 1_000_000}


def ridge(x, y, lam):
    return Ridge(alpha=len(y) * lam, fit_intercept=False, solver="svd").fit(x, y).coef_.tolist()


def lasso(x, y, lam):
    return Lasso(alpha=lam / 2, **EXACT).fit(x, y).coef_.tolist()


def elastic_net(x, y, lam, mu):
    alpha = lam / 2 + mu
    return ElasticNet(alpha=alpha, l1_ratio=lam / 2 / alpha, **EXACT).fit(x, y).coef_.tolist()


def cases(x, y, lambdas, mu):
    return {
        "lambdas": lambdas,
        "mu": mu,
        "ridge": [ridge(x, y, lam) for lam in lambdas],
        "lasso": [lasso(x, y, lam) for lam in lambdas],
        "elastic_net": [elastic_net(x, y, lam, mu) for lam in lambdas],
    }


x, y = load_diabetes(return_X_y=True, scaled=False)
x, y = (x - x.mean(0)) / x.std(0), y - y.mean()
diabetes = cases(x, y, [0.1, 1.0, 10.0, 50.0], 0.3)
# The exact path: the features in the order in which LARS, in its lasso form, first moves them.
_, _, path = lars_path(x, y, method="lasso")
first = [(np.flatnonzero(path[j])[0], j) for j in range(x.shape[1])]
diabetes["order_of_entry"] = [int(j) for _, j in sorted(first)]

rng = np.random.default_rng(2004)
x, y = rng.standard_normal((8, 20)).round(3), rng.standard_normal(8).round(3)
wide = cases(x, y, [0.05, 0.2, 0.6], 0.1) | {"x": x.tolist(), "y": y.tolist()}

versions = {"scikit-learn": sklearn.__version__, "numpy": np.__version__}
result = {"versions": versions, "diabetes": diabetes, "wide": wide}
Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n")
