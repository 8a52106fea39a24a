"""Whether a person is worth asking where no gate demands one: when the saving expected is more than asking costs.

A reviewer sometimes notices that the cause is another one, and would then do what helps against that. This is worth

    P(reviewer notices) x P(cause is another one) x (effect the option then lacks + cash spent in vain)

and asking costs the reviewer's minutes and what waiting does to the promise.
"""

from __future__ import annotations

from decimal import Decimal

from data.amounts import amount
from data.prediction import Predictions
from data.record import Unit
from data.vocabulary import Disposition
from policies.costs import Price, Remains, Stakes, breach_after
from policies.gates import Finding
from policies.money import in_cents
from policies.policy import Policy
from policies.situation import RATIO_PLACES

WORTH_ASKING = "review.worth_asking"
UNPRICED = "review.unpriced"


def worth_asking(
    alone: Price, reviewed: Price, at_stake: Stakes, predictions: Predictions, policy: Policy
) -> Finding | None:
    """The finding that a person should be asked; None where it would cost more than it saves, or has no price."""
    if alone.expected is None or reviewed.expected is None:
        return None
    doubt = Decimal(1) - Decimal(repr(predictions.root_cause.probability or 0.0))
    saving = in_cents(policy.settings.review.finds * doubt * _loss_if_wrong(alone, at_stake, policy))
    cost = reviewed.expected - alone.expected
    if saving <= cost:
        return None
    return Finding(
        WORTH_ASKING,
        policy.version,
        Disposition.REVIEW,
        policy.settings.review.role,
        until=None,
        saw={"doubt": round(float(doubt), RATIO_PLACES), "saving": f"{saving:.2f}", "cost": f"{cost:.2f}"},
        says=(
            f"the cause is in doubt by {amount(float(doubt), Unit.RATIO)}: "
            f"asking costs {cost:.2f} and saves {saving:.2f} on average"
        ),
    )


def unpriced(price: Price, policy: Policy) -> Finding:
    """The finding that nobody can tell what an option costs: a person looks."""
    return Finding(
        UNPRICED,
        policy.version,
        Disposition.REVIEW,
        policy.settings.review.role,
        until=None,
        saw=dict.fromkeys(price.missing),
        says="the option has no price: a person must look",
        missing=price.missing,
    )


def _loss_if_wrong(alone: Price, at_stake: Stakes, policy: Policy) -> Decimal:
    """What is lost where the option was chosen for another cause: the effect it then lacks, the cash spent in vain."""
    remains = alone.remains
    if remains is None or remains.otherwise <= remains.likely:
        return Decimal(0)
    lacking = remains.otherwise - remains.likely
    spent = sum((alone.parts.get(name, Decimal(0)) for name in ("cash", "amount", "goodwill")), Decimal(0))
    vain = min(1.0, lacking / (1.0 - remains.likely)) if remains.likely < 1 else 1.0
    solved = _share(lacking) * (at_stake.unsolved or Decimal(0))
    return _share(vain) * spent + solved + _averted(alone, remains, at_stake, policy)


def _averted(alone: Price, remains: Remains, at_stake: Stakes, policy: Policy) -> Decimal:
    slack = float(policy.settings.time.slack)
    right = breach_after(at_stake, remains.likely, alone.minutes, slack)
    wrong = breach_after(at_stake, remains.otherwise, alone.minutes, slack)
    if right is None or wrong is None:
        return Decimal(0)
    return _share(wrong - right) * (at_stake.broken_promise or Decimal(0))


def _share(number: float) -> Decimal:
    return Decimal(repr(max(0.0, number)))
