"""Reference figures of logistic and Poisson regression over the pooled rows of the extracts, by statsmodels.

    PYTHONPATH=.:tests/support python benchmarks/generalised_reference.py > tests/vectors/generalised.json

statsmodels is no dependency of the project; the figures are kept with its version.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import statsmodels
import statsmodels.api as sm
from extracts import CREDIT, DIABETES, Extract


def fit(extract: Extract, family: object, y: str, on: list[str]) -> dict[str, object]:
    """Fit a generalised linear model with a constant."""
    design = np.column_stack([np.ones(len(extract.rows)), *(extract.numbers(name) for name in on)])
    found = sm.GLM(np.array(extract.numbers(y)), design, family=family).fit(tol=1e-14, maxiter=100)
    columns = zip(["constant", *on], found.params, found.bse, found.pvalues, strict=True)
    terms = [{"name": n, "coefficient": float(b), "error": float(e), "p": float(p)} for n, b, e, p in columns]
    return {"terms": terms, "deviance": float(found.deviance)}


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        credit, diabetes = Extract(Path(one), *CREDIT), Extract(Path(other), *DIABETES)
        figures = {
            "source": f"statsmodels {statsmodels.__version__}, GLM; the extracts of credit and diabetes in data",
            "defaults": fit(credit, sm.families.Binomial(), "defaulted", ["age", "limit_bal"]),
            "medications": fit(
                diabetes, sm.families.Poisson(), "num_medications", ["num_lab_procedures", "number_diagnoses"]
            ),
        }
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
