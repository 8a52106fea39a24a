"""Values read as people say them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.actions import ActionId
from data.explanation import Contribution
from data.record import Unit
from features.definition import NEW
from serving.console import display

NOW = datetime(2026, 11, 23, 6, 48, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (0.2, "under a minute"),
        (1, "1 min"),
        (42, "42 min"),
        (119, "119 min"),
        (120, "2 h"),
        (200, "3 h 20 min"),
        (660, "11 h"),
        (2879, "48 h"),
        (2880, "2 days"),
        (-90, "90 min"),
    ],
)
def test_durations_take_the_unit_a_person_would_choose(minutes: float, text: str) -> None:
    assert display.duration(minutes) == text


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(42.0, "due in 42 min"), (-180.0, "due 3 h ago"), (0.0, "due under a minute ago"), (None, "no promise")],
)
def test_the_promise_is_told_in_words(minutes: float | None, text: str) -> None:
    assert display.to_promise(minutes) == text


@pytest.mark.parametrize(
    ("says", "action", "currency", "text"),
    [
        ("post it (13.54)", ActionId.POST_REFUND_ADJUSTMENT, "EUR", "Post it (EUR 13.54)"),
        ("post it (1249.00)", ActionId.POST_REFUND_ADJUSTMENT, "USD", "Post it (USD 1,249.00)"),
        ("post it (13.54)", ActionId.POST_REFUND_ADJUSTMENT, None, "Post it (13.54)"),
        ("perhaps (71 %): pick first (12)", ActionId.PRIORITISE_PICK, "EUR", "Perhaps (71 %): pick first (12)"),
        ("nothing (13.54)", None, "EUR", "Nothing (13.54)"),
    ],
)
def test_the_amount_that_an_action_moves_is_told_with_its_currency(
    says: str, action: ActionId | None, currency: str | None, text: str
) -> None:
    assert display.sentence(says, action, currency) == text


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1240", "EUR", "EUR 1,240.00"),
        ("0.1", None, "0.10"),
        ("-3.5", "USD", "USD −3.50"),
        ("2.1255", "EUR", "EUR 2.1255"),
        ("11409.2500", "EUR", "EUR 11,409.25"),
        ("11409.2000", None, "11,409.20"),
        ("11409.2510", "EUR", "EUR 11,409.251"),
        ("1240.0000", "JPY", "JPY 1,240.00"),
        ("1.5", "KWD", "KWD 1.500"),
    ],
)
def test_money_keeps_its_cents_and_its_currency(amount: str, currency: str | None, text: str) -> None:
    assert display.money(Decimal(amount), currency) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0 %"),
        (0.004, "under 1 %"),
        (0.64, "64 %"),
        (0.996, "over 99 %"),
        (1, "100 %"),
        (2.3, "230 %"),
        (-0.5, "−50 %"),
    ],
)
def test_percent_claims_no_certainty_it_does_not_have(share: float, text: str) -> None:
    assert display.percent(share) == text


@given(st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_only_certainty_reads_as_certainty(share: float) -> None:
    assert display.percent(share) not in ("0 %", "100 %")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, Unit.MINUTE, "not known"),
        (41.0, Unit.MINUTE, "41 min"),
        (-30.0, Unit.MINUTE, "−30 min"),
        (1.0, Unit.DAY, "1 day"),
        (19.0, Unit.DAY, "19 days"),
        (5.0, Unit.HOUR, "5 h"),
        (0.6, Unit.RATIO, "60 %"),
        ("240.00", Unit.MONEY, "EUR 240.00"),
        (240.0, Unit.MONEY, "EUR 240.00"),
        (True, Unit.FLAG, "yes"),
        (0.0, Unit.FLAG, "no"),
        (7.0, Unit.EACH, "7"),
        (1460, Unit.EACH, "1,460"),
        (0.8149, Unit.SCORE, "0.81"),
        ("empty_box", Unit.LABEL, "empty box"),
        ("store-1", Unit.IDENTIFIER, "store-1"),
        (-1460.5, "kg", "−1,460.5 kg"),
        (None, "kg", "not known"),
    ],
)
def test_facts_carry_their_unit(value: str | float | None, unit: str, text: str) -> None:
    assert display.seen(value, unit, "EUR") == text


def test_checks_show_labels_in_words_and_leave_identifiers_alone() -> None:
    assert display.saw("late_pickup_readiness") == "late pickup readiness"
    assert display.saw("degraded") == "degraded"
    assert display.saw("Store-112") == "Store-112"
    assert display.saw("2026-11-23T07:30:00Z") == "2026-11-23T07:30:00Z"
    assert display.saw(None) == "not known"


def test_moments_stand_on_the_clock_of_their_place() -> None:
    assert display.moment(NOW, "Europe/Berlin") == "Mon 23 Nov 2026, 07:48 CET"
    assert display.moment(NOW) == "Mon 23 Nov 2026, 06:48 UTC"
    assert display.utc(NOW) == "2026-11-23T06:48:00Z"


@pytest.mark.parametrize("at", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_the_ends_of_the_calendar_have_a_reading(at: datetime) -> None:
    for zone in ("Pacific/Auckland", "America/Anchorage"):
        assert display.moment(at, zone)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "", "\x00", "Europe", "/etc/localtime"])
def test_a_zone_nobody_knows_reads_as_utc(zone: str) -> None:
    assert display.moment(NOW, zone).endswith("UTC")


def test_headings_leave_names_as_they_are() -> None:
    assert display.heading("an empty box came back") == "An empty box came back"
    assert display.heading("sku-4711 was not found") == "sku-4711 was not found"
    assert display.heading("") == ""


def test_words_spell_what_people_know() -> None:
    assert display.words("oms") == "OMS"
    assert display.words("bopis") == "pick up in store"
    assert display.words("message.carrier_failure") == "message carrier failure"
    assert display.action_words(ActionId.CYCLE_COUNT_FIRST) == "Count the shelf before promising again"


def test_words_leave_out_where_a_feature_comes_from() -> None:
    assert display.words("standing.fact.code.outcomes") == "code outcomes"
    assert display.words("attribute.store_format") == "store format"


def test_ages_and_signs() -> None:
    assert display.ago(NOW - timedelta(seconds=20), NOW) == "just now"
    assert display.ago(NOW - timedelta(hours=4), NOW) == "4 h ago"
    assert (display.signed(0.926), display.signed(-0.41), display.signed(0.0)) == ("+0.93", "−0.41", "+0.00")


def test_what_no_history_told_of_reads_as_new_and_what_nobody_sent_as_not_known() -> None:
    new = Contribution(feature="code", value=None, unit=Unit.LABEL, contribution=0.1, says=f"code X-17 {NEW}")
    assert display.moved_by(new) == "new"
    assert display.moved_by(new.model_copy(update={"says": "the code is not known"})) == "not known"
    assert display.moved_by(new.model_copy(update={"value": "PICK_01"})) == "PICK 01"
