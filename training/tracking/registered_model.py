"""The model that MLflow serves: rows of features in, calibrated probabilities and exact contributions out.

MLflow runs this file itself where it loads the model ("models from code"), so no object is stored, only the bundle's
arrays. `mlflow models serve` and `mlflow.pyfunc.spark_udf` answer what the service answers.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel
from numpy.typing import NDArray

from data.vocabulary import Task
from models.calibration import BinaryCalibrator
from models.task_model import TaskModel, describe, files_of, read

TOLD = "model.json"
ARTIFACT = "model"
DECIMALS = 9


def write(model: TaskModel, folder: Path) -> None:
    """The model's files, as `RegisteredModel` reads them."""
    for name, content in files_of(model).items():
        (folder / name).write_bytes(content)
    told = {"task": model.task.value, "described": describe(model)}
    (folder / TOLD).write_text(json.dumps(told), encoding="utf-8")


def answer(model: TaskModel, features: NDArray[np.float64]) -> pd.DataFrame:
    """A column `probability.LABEL` per label (`probability` for a risk), then base and contributions of the likeliest.

    Contributions stand in the space of the raw score, before calibration: log-odds for a risk.
    """
    raw = model.score.raw_batch(features)
    if isinstance(model.calibrator, BinaryCalibrator):
        told = {"probability": np.round(model.calibrator.probability(raw[:, 0]), DECIMALS)}
        likeliest = np.zeros(len(features), np.int64)
    else:
        each = np.round(model.calibrator.probability(raw), DECIMALS)
        told = {f"probability.{label}": each[:, k] for k, label in enumerate(model.task.labels)}
        likeliest = each.argmax(axis=1)
    bases = np.array([model.score.base(k) for k in range(model.score.n_classes)])
    phi = [model.score.contributions(row, int(k)) for row, k in zip(features, likeliest, strict=True)]
    names = [f"contribution.{name}" for name in model.features().names]
    contributions = pd.DataFrame(np.array(phi).reshape(len(features), len(names)), columns=names)
    return pd.concat([pd.DataFrame(told), pd.DataFrame({"base": bases[likeliest]}), contributions], axis=1)


class RegisteredModel(PythonModel):  # type: ignore[misc]
    """Reads the arrays once, then answers tables whose columns are the features by name."""

    def load_context(self, context: Any) -> None:
        """Read and check the files; `BundleError` where they make no model."""
        folder = Path(context.artifacts[ARTIFACT])
        told = json.loads((folder / TOLD).read_text(encoding="utf-8"))

        def fetch(name: str) -> bytes | None:
            return (folder / name).read_bytes() if (folder / name).is_file() else None

        self._model = read(Task(told["task"]), told["described"], fetch)

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """As `answer`; a feature that a row does not know is NaN."""
        names = list(self._model.features().names)
        return answer(self._model, model_input[names].to_numpy(np.float64))


set_model(RegisteredModel())
