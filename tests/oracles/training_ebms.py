"""Sparse codes by scikit-learn, for tests/equations/training_ebms.rs.

    pip install -r requirements.txt && python training_ebms.py

scikit-learn's cost is the book's: half the squared residual and alpha times the sum of the codes' magnitudes.
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.decomposition import sparse_encode

rng = np.random.default_rng(1996)
dictionary = rng.standard_normal((24, 16))
dictionary = (dictionary / np.linalg.norm(dictionary, axis=1, keepdims=True)).round(3)
samples = rng.standard_normal((6, 16)).round(3)
cases = []
for penalty in [0.05, 0.3, 1.0]:
    codes = {
        name: sparse_encode(samples, dictionary, algorithm=name, alpha=penalty, max_iter=100_000, check_input=True)
        for name in ["lasso_lars", "lasso_cd"]
    }
    cost = {
        name: 0.5 * ((samples - z @ dictionary) ** 2).sum() + penalty * np.abs(z).sum() for name, z in codes.items()
    }
    cases.append({
        "penalty": penalty, "codes": codes["lasso_lars"].tolist(),
        "energy": cost["lasso_lars"], "energy_coordinate_descent": cost["lasso_cd"],
    })

versions = {"scikit-learn": sklearn.__version__, "numpy": np.__version__}
result = {"versions": versions, "dictionary": dictionary.tolist(), "samples": samples.tolist(), "cases": cases}
Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n")
