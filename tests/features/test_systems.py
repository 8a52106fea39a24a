"""The systems the work depends on."""

from __future__ import annotations

from datetime import timedelta

from data.case import Dependency
from data.vocabulary import System, SystemState
from features import systems
from tests.fixtures.cases import NOON, a_case
from tests.fixtures.features import value

HOUR = timedelta(hours=1)


def test_systems() -> None:
    told = (
        Dependency(system=System.WMS, state=SystemState.DEGRADED, latency_minutes=9.0, as_of=NOON - HOUR),
        Dependency(system=System.ERP, state=SystemState.UP, as_of=NOON),
        Dependency(system=System.WMS, state=SystemState.UP),
    )
    case = a_case(dependencies=told)
    by_name = {each.name: value(each, case) for each in (*systems.STATES, *systems.LAGS)}
    assert by_name["system_wms_state"] == 1.0, "the first word on a system counts, as it does for the policy"
    assert (by_name["system_erp_state"], by_name["system_oms_state"]) == (0.0, None)
    assert (by_name["system_wms_lag"], by_name["system_erp_lag"]) == (9.0, None)
    assert value(systems.systems_impaired, case) == 1.0
    assert value(systems.worst_lag, case) == 9.0
    assert value(systems.systems_read_age, case) == 60.0
    assert value(systems.systems_impaired) is None
