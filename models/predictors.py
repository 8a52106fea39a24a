"""Numbers to predictions with explanations: one class for every task, the label tasks and the risks.

The explanation is the prediction's own: contributions come from the same arrays that gave the raw score, they must
add up to it, and a calibration step leads from the raw score to the probability shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.amounts import percent
from data.case import AttributeKind, Case
from data.explanation import CalibrationStep, Contribution, ModelStep, Seen
from data.prediction import Predicted, PredictionFailed
from data.standing import Standing
from data.vocabulary import Task
from features.definition import NEW, UNHEARD, Feature
from models.conformal import with_no
from models.heeded_sets import heeded
from models.task_model import TaskModel
from models.track_record import Proven, keys_of, shift, shifted

LISTED = 8
"""How many contributions are listed; `others` sums the rest."""

DECIMALS = 9
"""Predictions and contributions are rounded before any decision, so answers do not depend on the kernel."""

TOLERANCE = 1e-9
"""The largest residual of an explanation that is still the prediction's own."""

YES = "yes"
"""The key of a risk's probability."""


class _Row(NamedTuple):
    """One case as the model sees it and as people do."""

    case: Case
    x: NDArray[np.float64]
    shown: dict[str, Seen]
    news: dict[str, str]
    standing: Standing


class ModelPredictor:
    """Answers one task from arrays; implements `data.prediction.Predictor`."""

    def __init__(self, model: TaskModel, version: str) -> None:
        self.model = model
        self.version = version
        self._features = model.features()
        self._labels = model.task.labels or (YES,)

    @property
    def task(self) -> Task:
        """What it predicts."""
        return self.model.task

    @property
    def declared_attributes(self) -> dict[str, AttributeKind]:
        """The attributes of the retailer's own that are features of this model, and how each is read."""
        return self.model.attributes.kinds

    def predict(self, case: Case, standing: Standing) -> Predicted:
        """Probabilities and the explanation of the likeliest label (of the event, for a risk)."""
        if self.task is Task.STOCKOUT and case.at_stake is None:
            raise PredictionFailed("no_stock_position", "the case names no stock position")
        x = self._features.vector(case, standing)
        raw = self.model.score.raw(x)
        probabilities = self._probabilities(raw)
        explained = int(np.argmax(probabilities))
        heard = [standing.record(*key) for key in keys_of(self.task, self.version, case.region)]
        level = shift(heard[0], self.model.record_share) if self.task.is_risk else 0.0
        row = self._row(case, standing, x)
        steps = (
            self._model_step(row, raw, explained),
            self._calibration_step(raw, float(probabilities[explained]), explained, level),
        )
        calibrated = {label: float(p) for label, p in zip(self._labels, probabilities, strict=True)}
        return Predicted(
            task=self.task,
            probabilities={label: shifted(p, level) for label, p in calibrated.items()},
            steps=steps,
            features=row.shown,
            horizon=self.model.horizon,
            leaves_at=heeded(self._leaves_at(calibrated, case.region), heard),
        )

    def proven(
        self,
        features: Mapping[str, Seen],
        region: str | None,
        truth: str,
        known_at: datetime,
        due_at: datetime | None = None,
        asked_at: datetime | None = None,
    ) -> Proven:
        """What a record learns of an answer of this model, given the features as they were shown, once truth is known.

        `due_at` is of the promise that it was about, `asked_at` when it was asked. See `models.track_record`.
        """
        probabilities = self._probabilities(self.model.score.raw(self._features.read(features)))
        calibrated = {label: float(p) for label, p in zip(self._labels, probabilities, strict=True)}
        said, left_at = calibrated.get(YES), self._leaves_at(calibrated, region).get(truth)
        return Proven(truth, known_at, said if self.task.is_risk else None, left_at, due_at, asked_at)

    def _leaves_at(self, calibrated: dict[str, float], region: str | None) -> dict[str, float]:
        """Where labels leave their sets as they were trained; nothing without sets.

        By the calibrated scores, whatever level is heeded: sets of a class hold where only its rate moves.
        """
        sets = self.model.conformal
        return {} if sets is None else sets.leaves_at(with_no(calibrated), region)

    def _probabilities(self, raw: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.task.is_risk:
            calibrated: NDArray[np.float64] = np.array([self.model.calibrator.probability(float(raw[0]))])  # type: ignore[arg-type]
        else:
            calibrated = np.asarray(self.model.calibrator.probability(raw))
        if not np.all(np.isfinite(calibrated)):
            raise PredictionFailed("model_failed", "the calibrated probability is not finite")
        return np.round(calibrated, DECIMALS)

    def _row(self, case: Case, standing: Standing, x: NDArray[np.float64]) -> _Row:
        return _Row(case, x, self._features.shown(x), self._features.news(case, standing), standing)

    def _model_step(self, row: _Row, raw: NDArray[np.float64], explained: int) -> ModelStep:
        phi = self.model.score.contributions(row.x, explained)
        base = self.model.score.base(explained)
        residual = float(raw[explained]) - base - float(phi.sum())
        if not abs(residual) <= TOLERANCE * max(1.0, abs(float(raw[explained]))):
            raise PredictionFailed("additivity_failed", f"contributions miss the raw score by {residual:.3g}")
        listed = self._listed(row, phi)
        told = round(base, DECIMALS) + sum(each.contribution for each in listed)
        return ModelStep(
            id=self.task.value,
            version=self.version,
            label=None if self.task.is_risk else self._labels[explained],
            space="log_odds" if self.task.is_risk else "log_softmax",
            base=round(base, DECIMALS),
            contributions=listed,
            others=round(float(raw[explained]) - told, DECIMALS),
            raw=round(float(raw[explained]), DECIMALS),
            residual=round(residual, DECIMALS) + 0.0,  # Never -0.0: its sign would be the kernel's.
            says=_summary(listed),
            news=tuple(dict.fromkeys(each for each in row.news.values() if NEW in each or UNHEARD in each)),
        )

    def _listed(self, row: _Row, phi: NDArray[np.float64]) -> tuple[Contribution, ...]:
        rounded = np.round(phi, DECIMALS)
        order = np.lexsort((np.arange(len(rounded)), -np.abs(rounded)))[:LISTED]
        return tuple(self._contribution(row, int(i), float(rounded[i])) for i in order if rounded[i] != 0)

    def _contribution(self, row: _Row, i: int, phi: float) -> Contribution:
        feature = self._features.features[i]
        usual = self.model.reference.get(feature.name)
        return Contribution(
            feature=feature.name,
            value=row.shown[feature.name],
            unit=feature.unit,
            contribution=phi,
            lever=feature.lever,
            says=self._words(row.case, feature.name)
            or self._guessed(row, feature)
            or row.news.get(feature.name)
            or self._features.sentence(i, float(row.x[i]), usual, self.model.plain_usual),
            called=feature.called,
        )

    def _guessed(self, row: _Row, feature: Feature) -> str | None:
        named = self.model.names_guesses and feature.guessed
        return named(row.case, row.standing) if named else None

    def _words(self, case: Case, name: str) -> str | None:
        """For a feature of the message's words: the words themselves, as far as they may be shown."""
        text = self.model.text
        if text is None or case.message is None or not name.startswith(MESSAGE_PREFIX):
            return None
        label = name.removeprefix(MESSAGE_PREFIX)
        if label not in text.labels:
            return None
        found = text.evidence(case.message, text.labels.index(label))
        words = ", ".join(f'"{word}"' for word in found) or "the wording"
        return f"in the message, {words} bear on {label.replace('_', ' ')}"

    def _calibration_step(
        self, raw: NDArray[np.float64], calibrated: float, explained: int, level: float
    ) -> CalibrationStep:
        before = _uncalibrated(raw, self.task.is_risk)[explained]
        saw: dict[str, Seen] = {
            "raw": round(float(raw[explained]), DECIMALS),
            "raw_probability": round(float(before), DECIMALS),
        }
        where = "on other cases" if self.model.timeless else "on later days"
        says = f"{where}, scores like this came true in {percent(calibrated)} of cases"
        concluded = shifted(calibrated, level)
        if level:
            saw |= {"calibrated": calibrated, "level": round(level, DECIMALS)}
            says += f"; {'fewer' if level < 0 else 'more'} came true of late: {percent(concluded)}"
        return CalibrationStep(id=self.task.value, version=self.version, saw=saw, concluded=concluded, says=says)


MESSAGE_PREFIX = "message."


def _uncalibrated(raw: NDArray[np.float64], risk: bool) -> NDArray[np.float64]:
    if risk:
        return np.asarray(1.0 / (1.0 + np.exp(-raw)))
    shifted = np.exp(raw - raw.max())
    return np.asarray(shifted / shifted.sum())


def _summary(listed: tuple[Contribution, ...]) -> str:
    if not listed:
        return "nothing known of this case moves it from the average"
    first = listed[0]
    favours = first.contribution > 0
    other = next((each for each in listed if (each.contribution > 0) != favours), None)
    told = f"most {'for' if favours else 'against'} it: {first.says}"
    return told if other is None else f"{told}. {'Against' if favours else 'For'} it: {other.says}"
