"""How likely shelves run empty: the same ladder and the same features as in a recommendation.

An answer is no decision, so none waits to be recorded: what drift, the shadow and the model's record need of it is kept
afterwards, of questions by whoever may report outcomes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from data.case import Case, Event, StockPosition
from data.explanation import Step
from data.prediction import RiskPrediction
from data.record import canonical, to_milliseconds
from data.standing import Standing
from data.vocabulary import Task
from features.attributes import ASKED
from policies.conformal import conformal_set, conformal_step
from policies.fallback import rule_answer, rule_facts
from policies.ladder import YES, Served, climb_down
from policies.policy import Policy
from policies.predicting import horizon_of
from policies.promise import promised
from policies.replenishment import suggest
from serving.errors import Fault, InvalidRequest
from serving.identifiers import Clock
from serving.in_force import Basis, InForce
from serving.recommendations.service import LATEST_AHEAD
from serving.security import Permission, Principal
from serving.stockouts.attributes import attributes_of, refuse_too_many, unused_of
from serving.stockouts.days import refuse_days_out_of_place
from serving.stockouts.recording import AskedShelf
from serving.stockouts.schemas import AskedPosition, StockoutAnswer, StockoutQuestion, StockoutRisk
from serving.store.engine import Database
from serving.store.parties import StoredRows
from serving.track_records import with_records


class StockoutService:
    """Answers questions about shelves; `on_answered` is told of those that are evidence once they are fixed.

    Anybody may try what a shelf would come to. But what is told of its past days is an outcome, and what is said of it
    is held against outcomes, so both count only from a principal that may report them.
    """

    def __init__(
        self,
        database: Database,
        in_force: InForce,
        clock: Clock,
        on_answered: Callable[[Sequence[AskedShelf]], None],
    ) -> None:
        self._database = database
        self._in_force = in_force
        self._clock = clock
        self._on_answered = on_answered

    def risks(self, principal: Principal, question: StockoutQuestion) -> StockoutAnswer:
        """One risk per position, explained, with a suggested replenishment. Raises InvalidRequest for the future.

        Also for a history that tells a day twice, or one that has not ended, and for too many attributes of a shelf.
        """
        now = to_milliseconds(self._clock())
        as_of = question.as_of or now
        if as_of > now + LATEST_AHEAD:
            expected = "no later than five minutes from now, by the service's clock"
            raise InvalidRequest("The question lies in the future.", faults=[Fault("/as_of", expected)])
        refuse_too_many(question)
        cases = [_case(question, position, as_of) for position in question.positions]
        refuse_days_out_of_place(cases)
        basis = self._in_force.basis
        with self._database.read() as connection:
            standings = basis.keeper(StoredRows(connection)).of_shelves(cases, as_of)
            standings = with_records(connection, basis, standings, question.region, (Task.STOCKOUT,))
        predicted_on = [promised(case, basis.policy) for case in cases]
        asked = [_asked(basis, case, standing, now) for case, standing in zip(predicted_on, standings, strict=True)]
        answer = StockoutAnswer(
            as_of=as_of,
            risks=tuple(_risk(each) for each in asked),
            unused_attributes=unused_of(cases, basis.predictors.unused),
            bundle=basis.predictors.digest,
            policy=basis.policy.digest,
        )
        if principal.may(Permission.REPORT):
            self._on_answered(asked)
        return answer


def _asked(basis: Basis, case: Case, standing: Standing, now: datetime) -> AskedShelf:
    policy = basis.policy
    facts = rule_facts(case, standing, policy)
    by_rules = rule_answer(Task.STOCKOUT, facts, policy)
    served = climb_down(Task.STOCKOUT, basis.predictors.ladder(Task.STOCKOUT), case, standing, by_rules)
    prediction = _prediction(served, policy)
    return AskedShelf(now, case, standing, facts, served, prediction, basis.predictors.digest, policy)


def _risk(asked: AskedShelf) -> StockoutRisk:
    (position,) = asked.case.stock
    return StockoutRisk(
        sku=position.sku,
        node=position.node,
        prediction=asked.prediction,
        replenishment=suggest(position, asked.prediction.probability, asked.policy, asked.case.event.time),
        explanation=_explanation(asked),
    )


def _explanation(asked: AskedShelf) -> tuple[Step, ...]:
    """The model's steps, then what its set leaves."""
    predicted = asked.served.predicted
    found = conformal_step(predicted, asked.policy)
    return (*(predicted.steps if predicted else ()), *((found,) if found else ()))


def _prediction(served: Served, policy: Policy) -> RiskPrediction:
    if served.predicted is None:
        return RiskPrediction(served_by=served.served_by, reason=served.reason)
    return RiskPrediction(
        probability=served.predicted.probabilities[YES],
        horizon=horizon_of(served.predicted, policy),
        set=conformal_set(served.predicted, policy),
        served_by=served.served_by,
        reason=served.reason,
    )


def _case(question: StockoutQuestion, position: AskedPosition, as_of: datetime) -> Case:
    """The question about one shelf as a case, so that every feature and rule reads it as it reads an exception."""
    asked = Case(
        event=Event(source=ASKED, id=ASKED, time=as_of),
        exception_id=ASKED,
        region=question.region,
        channel=question.channel,
        currency=question.currency,
        node=question.node,
        workflow=question.workflow,
        stock=(_without_attributes(position),),
        attributes=attributes_of(question, position),
    )
    return Case.model_validate_json(canonical(asked))


def _without_attributes(position: AskedPosition) -> StockPosition:
    """The position as a case holds it: what it tells was checked already."""
    told = {name: getattr(position, name) for name in position.model_fields_set & StockPosition.model_fields.keys()}
    return StockPosition.model_construct(**told)
