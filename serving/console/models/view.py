"""From the records of models and promotions to their pages: every value in words, nothing decided here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from data.promotion import (
    ComingInForce,
    InForceNow,
    Lapse,
    Promotion,
    PromotionState,
)
from data.vocabulary import ServedBy
from serving.console import display
from serving.console.case_view import SERVED_WORDS, moment
from serving.console.context import Viewer
from serving.console.models.context import (
    BundleName,
    Deed,
    InForceView,
    LadderRow,
    PromotionHead,
    PromotionRow,
)
from serving.health.schemas import Step
from serving.models.staging import gone_words

STATE_WORDS = {
    PromotionState.PROPOSED: "waits for another person",
    PromotionState.REFUSED: "refused by its checks",
    PromotionState.APPROVED: "agreed to",
    PromotionState.REJECTED: "not agreed to",
    PromotionState.WITHDRAWN: "withdrawn",
}


_TITLES = {
    PromotionState.PROPOSED: "May {} take over?",
    PromotionState.REFUSED: "{} may not take over",
    PromotionState.APPROVED: "{} took over",
    PromotionState.REJECTED: "{} did not take over",
    PromotionState.WITHDRAWN: "{} was withdrawn",
}


LAPSED_WORDS = {
    Lapse.OTHER_CHAMPION: "compared with another bundle",
    Lapse.FILES_GONE: "waits for its files",
}
"""Of one that waits, and that nobody can agree to as things are."""


ROLLED_BACK_WORDS = "agreed to, rolled back since"


ALTERED_WORDS = "the record of it was altered"


_CAME = {
    ComingInForce.FOUND: "published into the folder",
    ComingInForce.PROMOTION: "by promotion",
    ComingInForce.ROLLBACK: "by rollback",
}


_SHORT = len("sha256:") + 12


def bundle_name(digest: str) -> BundleName:
    """The digest, and as much of it as tells two bundles apart."""
    return BundleName(digest[len("sha256:") : _SHORT], digest)


def in_force_view(now: InForceNow) -> InForceView | None:
    """The bundle in force, or None where none can be read."""
    if now.bundle is None:
        return None
    since = moment(now.since, None) if now.since else None
    asked = f"{now.requested_by} asked: {now.requested_because}" if now.requested_by else ""
    return InForceView(bundle_name(now.bundle), _CAME[now.came], since, now.by or "", now.reason or "", asked)


def unread_words(steps: Iterable[Step]) -> str:
    """Who serves where no bundle can be read."""
    if any(step.served_by is ServedBy.PREVIOUS_MODEL for step in steps):
        return "The bundle in force cannot be read: the models of an earlier one answer."
    return "No bundle can be read: the rules answer alone."


def ladder_rows(steps: Iterable[Step]) -> tuple[LadderRow, ...]:
    """Who serves each task."""
    return tuple(
        LadderRow(
            task=display.heading(display.words(step.task)),
            served_by=step.served_by.value,
            served_words=SERVED_WORDS[step.served_by],
            reason=display.words(step.reason) if step.reason else "",
            version=bundle_name(step.version).short if step.version else "",
        )
        for step in steps
    )


def promotion_row(promotion: Promotion, now: datetime) -> PromotionRow:
    """One line of the list."""
    return PromotionRow(
        url=f"/console/models/promotions/{promotion.promotion_id}",
        challenger=bundle_name(promotion.challenger),
        state="altered" if promotion.altered else promotion.state.value,
        state_words=state_words(promotion),
        asked=f"{promotion.requested_by}, {display.ago(promotion.requested_at, now)}",
        reason=promotion.reason,
        deeds=deeds(promotion),
    )


def unreadable_words(count: int) -> str:
    """That promotions are missing from the lists, and who says which."""
    if not count:
        return ""
    return (
        f"{count:,} promotion{'' if count == 1 else 's'} cannot be shown: the record was altered, see fairlead doctor"
    )


def state_words(promotion: Promotion) -> str:
    """Where a promotion stands beside what serves now."""
    if promotion.altered:
        return ALTERED_WORDS
    if promotion.rolled_back:
        return ROLLED_BACK_WORDS
    return LAPSED_WORDS[promotion.lapsed] if promotion.lapsed else STATE_WORDS[promotion.state]


def promotion_head(promotion: Promotion, now: datetime) -> PromotionHead:
    """The top of a promotion's page."""
    return PromotionHead(
        promotion_id=promotion.promotion_id,
        challenger=bundle_name(promotion.challenger),
        champion=bundle_name(promotion.champion),
        state="altered" if promotion.altered else promotion.state.value,
        state_words=state_words(promotion),
        asked_by=promotion.requested_by,
        asked=moment(promotion.requested_at, None),
        age=display.ago(promotion.requested_at, now),
        reason=promotion.reason,
        title=_TITLES[promotion.state].format(bundle_name(promotion.challenger).short),
        deeds=deeds(promotion),
    )


def deeds(promotion: Promotion) -> tuple[Deed, ...]:
    """What became of it, in order; nothing while it waits."""
    if promotion.decided is None:
        return tuple(Deed(says, None) for says in promotion.refusals)
    by, back = promotion.decided, promotion.rolled_back
    decided = Deed(f"{by.by} {promotion.state.deed}: {by.reason}", moment(by.at, None))
    return (decided, Deed(f"{back.by} rolled back: {back.reason}", moment(back.at, None))) if back else (decided,)


def may_withdraw(promotion: Promotion, viewer: Viewer) -> bool:
    """Whether this person asked for it and nobody has decided: then they may take it back."""
    return promotion.state is PromotionState.PROPOSED and promotion.requested_by == viewer.name


def why_not(promotion: Promotion, viewer: Viewer, may_approve: bool) -> str:
    """Why this person cannot decide here; empty where they can. The service checks all of it again."""
    if promotion.state is PromotionState.REFUSED:
        return "Its checks refused it: nobody can agree to it. Train again, or ask with another challenger."
    if promotion.state is not PromotionState.PROPOSED:
        return f"This promotion is decided: {'; '.join(deed.says for deed in deeds(promotion))}"
    if promotion.requested_by == viewer.name:
        return "You asked for this promotion; another person must agree to it. You may withdraw it."
    if not may_approve:
        return "It waits for a model owner; none of your roles may agree to it."
    if promotion.lapsed is Lapse.OTHER_CHAMPION:
        return "It was compared with another bundle than the one that serves now: it must be compared again."
    if promotion.lapsed is Lapse.FILES_GONE:
        return gone_words("Its", promotion.requested_by)
    return ""
