"""Conformal sets at the policy's error rate: which labels a case cannot rule out, and the step that says so."""

from __future__ import annotations

from data.amounts import amount
from data.explanation import CheckStep
from data.prediction import Predicted
from data.record import Unit
from policies.policy import Policy


def conformal_set(predicted: Predicted | None, policy: Policy) -> tuple[str, ...] | None:
    """The labels that stay at the policy's error rate; None where the predictor or the policy has no sets."""
    settings = policy.settings.conformal
    if predicted is None or not predicted.leaves_at or settings is None:
        return None
    return tuple(label for label, rate in predicted.leaves_at.items() if rate > float(settings.error_rate))


def conformal_step(predicted: Predicted | None, policy: Policy) -> CheckStep | None:
    """The step from the probabilities to the set: it saw the error rate and, per label, where the label leaves."""
    stays = conformal_set(predicted, policy)
    if predicted is None or stays is None or policy.settings.conformal is None:
        return None
    rate = float(policy.settings.conformal.error_rate)
    near = sorted(predicted.leaves_at.items(), key=lambda each: -each[1])[: max(1, len(stays))]
    return CheckStep(
        kind="conformal",
        id=predicted.task.value,
        version=policy.version,
        saw={"error_rate": rate, **{f"leaves_at.{label}": leaves for label, leaves in near}},
        concluded=", ".join(stays),
        says=_sentence(stays, _told(predicted), len(predicted.leaves_at), rate),
    )


def _told(predicted: Predicted) -> str | None:
    """The label that is the answer; a risk's is a probability."""
    likeliest = max(predicted.probabilities, key=predicted.probabilities.__getitem__)
    return likeliest if likeliest in predicted.leaves_at and len(predicted.probabilities) > 1 else None


def _sentence(stays: tuple[str, ...], answer: str | None, of: int, rate: float) -> str:
    """What is promised holds for the cases of an answer, not for those of a set: of the cases in which it was true."""
    names = [_words(each) for each in stays]
    unlikely = f"less likely here than in {amount(1.0 - rate, Unit.RATIO)} of the cases in which it was true"
    if not names:
        return f"unusual: every answer is {unlikely}"
    if len(names) == of:
        return f"none of the {of} answers can be ruled out at an error rate of {amount(rate, Unit.RATIO)}"
    told = f"only {names[0]}" if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
    other = "any other answer" if answer is None or answer in stays else f"any other answer, {_words(answer)} too,"
    return f"{told} cannot be ruled out: {other} is {unlikely}"


def _words(label: str) -> str:
    return label.replace("_", " ")
