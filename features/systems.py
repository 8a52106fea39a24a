"""The systems the work depends on: whether each can be used, and how far its data lags."""

from __future__ import annotations

from data.case import Case, Dependency
from data.record import Unit
from data.standing import Standing
from data.vocabulary import System, SystemState
from features.definition import Feature, Value, coder, feature, shared, since

_state = coder(tuple(SystemState))
_IN_WORDS = {System.CARRIER: "the carrier's system", System.SUPPLIER_PORTAL: "the supplier portal"}
_ACRONYMS = (System.OMS, System.WMS, System.ERP, System.POS)


def in_words(system: System) -> str:
    """A system as people name it: `the WMS`, `the pricing system`."""
    return _IN_WORDS.get(system) or (f"the {system.upper()}" if system in _ACRONYMS else f"the {system} system")


@shared
def _dependencies(case: Case) -> dict[System, Dependency]:
    """By system; the first entry counts where a sender tells of one twice, as `Case.state_of` has it."""
    return {each.system: each for each in reversed(case.dependencies)}


def _state_of(system: System) -> Feature:
    def of(case: Case, standing: Standing) -> Value:
        found = _dependencies(case).get(system)
        return _state(found.state) if found else None

    says, about = f"{in_words(system)} is {{value}}", f"Whether {in_words(system)} can be used"
    levels = tuple(map(str, SystemState))
    return Feature(f"system_{system}_state", Unit.LABEL, says, about, of, lever=True, levels=levels)


def _lag_of(system: System) -> Feature:
    def of(case: Case, standing: Standing) -> Value:
        found = _dependencies(case).get(system)
        return found.latency_minutes if found else None

    says, about = f"{in_words(system)} lags by {{value}}", f"How far {in_words(system)} lags"
    return Feature(f"system_{system}_lag", Unit.MINUTE, says, about, of, lever=True)


STATES = tuple(map(_state_of, System))
LAGS = tuple(map(_lag_of, System))


@feature(Unit.EACH, "{value} [system is|systems are] down or degraded", lever=True)
def systems_impaired(case: Case, standing: Standing) -> Value:
    """The number of systems that are down or degraded."""
    told = case.dependencies
    return float(sum(each.state is not SystemState.UP for each in told)) if told else None


@feature(Unit.MINUTE, "the slowest system lags by {value}", lever=True)
def worst_lag(case: Case, standing: Standing) -> Value:
    """How far the slowest system lags."""
    return max((each.latency_minutes for each in case.dependencies if each.latency_minutes is not None), default=None)


@feature(Unit.MINUTE, "the state of the systems was read {value} ago")
def systems_read_age(case: Case, standing: Standing) -> Value:
    """When the state of the systems was read."""
    oldest = min((each.as_of for each in case.dependencies if each.as_of is not None), default=None)
    return since(oldest, case)
