"""Why an option stands behind dearer ones (decision 0003), for whoever reads the order beside the costs.

Told where an answer is shown and not in the answer: the order is the answer's, these are words about it.
"""

from __future__ import annotations

from collections.abc import Sequence

from data.actions import ActionId
from data.recommendation import Option
from data.vocabulary import Disposition

INVESTIGATE_LAST = (
    "Letting a person find out (investigate) is cheaper on paper, but solves nothing by itself: "
    "it stands last whatever it costs."
)
HELD_BEHIND = (
    "An option on hold is cheaper on paper, but cannot be done yet: it stands behind those that can go on, "
    "whatever it costs."
)


def why_behind(options: Sequence[Option]) -> tuple[str, ...]:
    """A sentence for each kind of option that stands behind a dearer one; none where the order is that of cost."""
    behind = [option for place, option in enumerate(options) if _dearer_before(option, options[:place])]
    last = [option for option in behind if option.action is ActionId.INVESTIGATE]
    held = [option for option in behind if option not in last and option.disposition is Disposition.HOLD]
    return ((HELD_BEHIND,) if held else ()) + ((INVESTIGATE_LAST,) if last else ())


def _dearer_before(option: Option, before: Sequence[Option]) -> bool:
    cost = option.expected_cost
    return cost is not None and any(
        each.expected_cost is not None and each.expected_cost.amount > cost.amount for each in before
    )
