"""What AutoGluon learns of one table and says of another: run by an interpreter that has it, and nothing of Fairlead.

PYTHON benchmarks/autogluon_side.py EARLIER.parquet LATER.parquet MINUTES SAID.parquet
"""

from __future__ import annotations

import sys
import tempfile
import time

import pandas as pd
from autogluon.tabular import TabularPredictor  # type: ignore[import-not-found]

ASKED_ONE_BY_ONE = 20


def main(earlier: str, later: str, minutes: str, said: str) -> None:
    """Fit, predict and write the probabilities, with the median milliseconds of one answer."""
    taught, asked = pd.read_parquet(earlier), pd.read_parquet(later)
    with tempfile.TemporaryDirectory() as folder:
        predictor = TabularPredictor(label="y", eval_metric="log_loss", path=f"{folder}/models", verbosity=1)
        predictor.fit(taught, time_limit=60 * float(minutes), presets="best_quality", num_cpus=2)
        probability = predictor.predict_proba(asked)[1]
        predictor.persist()
        took = pd.Series([_seconds(predictor, asked.iloc[[row]]) for row in range(ASKED_ONE_BY_ONE)])
    pd.DataFrame({"probability": probability.to_numpy(), "ms": 1000 * took.median()}).to_parquet(said)


def _seconds(predictor: TabularPredictor, row: pd.DataFrame) -> float:
    begun = time.perf_counter()
    predictor.predict_proba(row)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main(*sys.argv[1:])
