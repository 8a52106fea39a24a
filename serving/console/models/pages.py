"""The routes of the desk's pages about models. They read and decide through the same service as the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from data.promotion import Approval, ComingInForce, Dossier, Finding, PromotionState, Rollback
from serving.console.access import FormNotOurs, PageRoute, Visit, posted, shown, signed_in
from serving.console.context import Banner
from serving.console.models import dossier_view, drift_view, shadow_view, view
from serving.console.models.context import ModelsPage, PromotionForm, PromotionPage, RollbackForm
from serving.console.models.intervals import intervals
from serving.errors import NotFound, NotPermitted, Problem
from serving.health.service import ladder_steps
from serving.models.learned import kept
from serving.models.promotions import PromotionId
from serving.security import Permission

MODELS = "/console/models"
router = APIRouter(prefix=MODELS, route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Visit, Depends(signed_in(Permission.READ))]
Approver = Annotated[Visit, Depends(signed_in(Permission.APPROVE))]
Asker = Annotated[Visit, Depends(signed_in(Permission.PROPOSE))]
Returner = Annotated[Visit, Depends(signed_in(Permission.ROLL_BACK))]
Form = Annotated[dict[str, str], Depends(posted)]

SAY_WHY = "Say why, in 3 to 500 characters, none of them a control character: whoever looks at this in a year reads it."
NOT_WHAT_YOU_SAW = "Another bundle came in force while you were reading: nothing was changed. Look at what serves now."
DONE = {
    "approve": "You agreed. The challenger serves from the next answer on.",
    "reject": "You did not agree. What served before serves on.",
    "withdraw": "You withdrew your request. What served before serves on.",
    "rollback": "The bundle of before serves again, from the next answer on.",
}


@dataclass(frozen=True)
class Attempt:
    """A form that was posted and not taken: what was typed, and what stands against it."""

    typed: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    refusal: str = ""


@router.get("")
def models(visit: Reader, done: str = "") -> Response:
    """What serves, what waits for somebody's agreement, and what came before."""
    return shown(_models_page(visit, Attempt(), done))


@router.get("/drift")
def drift(visit: Reader) -> Response:
    """Drift as a part of the page: measured anew it takes a second or more, and nobody should wait for it."""
    return shown(drift_view.drift_table(visit.service.drift.recent()))


@router.post("/rollbacks")
def roll_back(visit: Returner, form: Form) -> Response:
    """Return to the bundle of before, where what serves is still what the person saw."""
    visit.check_form(form)
    promotions = visit.service.promotions
    if form.get("serving") != promotions.now().bundle:
        return shown(_models_page(visit, Attempt(form, refusal=NOT_WHAT_YOU_SAW)), 409)
    try:
        promotions.roll_back(visit.principal, Rollback(reason=_reason(form)))
    except ValidationError:
        return shown(_models_page(visit, Attempt(form, problem=SAY_WHY)), 422)
    except Problem as problem:
        return shown(_models_page(visit, Attempt(form, refusal=problem.detail)), problem.status)
    return RedirectResponse(f"{MODELS}?done=rollback", 303)


@router.get("/promotions/{promotion_id}")
def promotion(visit: Reader, promotion_id: PromotionId, done: str = "") -> Response:
    """The dossier of a promotion, and the form to agree to it or not."""
    return shown(_promotion_page(visit, promotion_id, Attempt(), done))


@router.post("/promotions/{promotion_id}/approvals")
def decide(visit: Approver, promotion_id: PromotionId, form: Form) -> Response:
    """Agree or not; where that is refused, show the promotion as it stands with what was typed."""
    visit.check_form(form)
    verdict = form.get("verdict", "")
    if verdict not in ("approve", "reject"):
        raise FormNotOurs
    return _decided(visit, promotion_id, form, verdict, verdict)


@router.post("/promotions/{promotion_id}/withdrawals")
def withdraw(visit: Asker, promotion_id: PromotionId, form: Form) -> Response:
    """Take back what one asked for oneself."""
    visit.check_form(form)
    if visit.service.promotions.get(promotion_id).requested_by != visit.principal.name:
        raise NotPermitted("Only whoever asked for a promotion withdraws it.")
    return _decided(visit, promotion_id, form, "reject", "withdraw")


def _decided(visit: Visit, promotion_id: str, form: Mapping[str, str], verdict: str, done: str) -> Response:
    try:
        approval = Approval.model_validate({"verdict": verdict, "reason": _reason(form)})
        visit.service.promotions.decide(visit.principal, promotion_id, approval)
    except ValidationError:
        return shown(_promotion_page(visit, promotion_id, Attempt(form, problem=SAY_WHY)), 422)
    except NotFound:
        raise
    except Problem as problem:
        return shown(_promotion_page(visit, promotion_id, Attempt(form, refusal=problem.detail)), problem.status)
    return RedirectResponse(f"{MODELS}/promotions/{promotion_id}?done={done}", 303)


def _reason(form: Mapping[str, str]) -> str:
    """What was typed; a form sends its lines with carriage returns."""
    return form.get("reason", "").replace("\r\n", "\n")


def _models_page(visit: Visit, attempt: Attempt, done: str = "") -> ModelsPage:
    service, now = visit.service, visit.service.clock()
    in_force, steps = service.promotions.now(), tuple(ladder_steps(service.in_force.predictors))
    own = in_force.by == visit.principal.name
    listed = service.promotions.listing()
    rows = [(each, view.promotion_row(each, now)) for each in listed.items]
    shadow = service.shadow.report(service.in_force.bundle, now)
    rollback = None
    if in_force.bundle and in_force.rollback_to and visit.principal.may(Permission.ROLL_BACK):
        typed = attempt.typed.get("reason", "")
        rollback = RollbackForm(view.bundle_name(in_force.rollback_to), in_force.bundle, typed, attempt.problem)
    return ModelsPage(
        viewer=visit.viewer,
        banner=_banner(attempt, done if in_force.came is ComingInForce.ROLLBACK and own else ""),
        in_force=view.in_force_view(in_force),
        unread="" if in_force.bundle else view.unread_words(steps),
        not_trusted=service.health.not_trusted(),
        altered=in_force.altered or "",
        ladder=view.ladder_rows(steps),
        unreadable=view.unreadable_words(listed.unreadable),
        waiting=tuple(row for each, row in rows if each.state is PromotionState.PROPOSED and not each.lapsed),
        lapsed=tuple(row for each, row in rows if each.state is PromotionState.PROPOSED and each.lapsed),
        past=tuple(row for each, row in rows if each.state is not PromotionState.PROPOSED),
        shadow=shadow_view.shadow_view(shadow),
        shadow_problem=shadow.problem or "",
        rollback=rollback,
    )


def _promotion_page(visit: Visit, promotion_id: str, attempt: Attempt, done: str = "") -> PromotionPage:
    promotions, now = visit.service.promotions, visit.service.clock()
    promotion = promotions.get(promotion_id)
    dossier = Dossier.model_validate_json(promotions.dossier(promotion_id))
    champion, challenger = promotions.made(promotion.champion), promotions.made(promotion.challenger)
    same = dossier_view.same_tasks(dossier, kept(champion, challenger))
    told = dossier_view.without(dossier, same)
    live = visit.service.shadow.compared(promotion.champion, promotion.challenger, visit.service.in_force.bundle, now)
    refused = promotion.altered or view.why_not(promotion, visit.viewer, visit.principal.may(Permission.APPROVE))
    path, typed = f"{MODELS}/promotions/{promotion_id}", attempt.typed.get("reason", "")
    form, withdrawal = (PromotionForm(f"{path}/{to}", typed, attempt.problem) for to in ("approvals", "withdrawals"))
    return PromotionPage(
        viewer=visit.viewer,
        banner=_banner(attempt, done if promotion.decided and promotion.decided.by == visit.principal.name else ""),
        head=view.promotion_head(promotion, now),
        verdict=dossier_view.verdict(dossier, promotion, visit.service.in_force.policy.digest),
        window=dossier_view.window_words(dossier),
        same=dossier_view.same_words(dossier, same),
        learned=dossier_view.learned_rows(champion, challenger),
        evidence=shadow_view.evidence(live),
        drawing=dossier_view.drawn(intervals(told.differences)),
        passed=dossier_view.check_rows(dossier.checks, Finding.PASSED),
        comparisons=dossier_view.comparisons(told, promotions.told_live(dossier)),
        digests=dossier_view.digests(promotion, dossier),
        form=None if refused else form,
        withdrawal=withdrawal if view.may_withdraw(promotion, visit.viewer) else None,
        why_not=refused,
    )


def _banner(attempt: Attempt, done: str) -> Banner | None:
    if attempt.refusal:
        return Banner("bad", attempt.refusal)
    return Banner("good", DONE[done]) if done in DONE else None
