"""What carries the scores: refused where it looks like the outcome, told where it is new."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.promotion import Difference, Finding, Metric, Share
from data.vocabulary import Task
from features.attributes import AttributeSchema, Declaration
from features.derived import Derived
from tests.fixtures.task_models import task_model
from training.promotion.attribution import check
from training.promotion.kindred import MOST_NAMED, Carried
from training.promotion.sides import Pair, Side

NUMBERS = np.arange(10)


def share(feature: str, champion: float | None, challenger: float | None) -> Share:
    return Share(task=Task.SLA_BREACH, feature=feature, champion=champion, challenger=challenger)


OLD = (share("queue", 0.5, 0.45), share("hours", 0.3, 0.3), share("region", 0.2, 0.18))


def declaring(told: str, **derived: tuple[str, str]) -> AttributeSchema:
    """What a bundle declares: told numbers, and numbers made of two."""
    number = Declaration(kind="number")
    made = {
        name: Declaration(kind="number", derived=Derived(way="ratio", one=one, other=other))
        for name, (one, other) in derived.items()
    }
    return AttributeSchema(attributes={**dict.fromkeys(told.split(), number), **made})


PLAIN = declaring("stock transit need")
MAKING = declaring("stock transit need", coming=("stock", "transit"), cover=("coming", "need"))


def declared_by(schema: AttributeSchema, *suspects: str) -> Side:
    model = task_model(Task.SLA_BREACH)
    told = {**model.lineage, "suspects": [[each, "tells too much"] for each in suspects]}
    return Side(replace(model, attributes=schema, lineage=told), np.zeros((10, 1)), np.zeros((10, 1)))


def found(
    *shares: Share,
    fell: float = 0.0,
    old: tuple[Share, ...] = OLD,
    champion: AttributeSchema = PLAIN,
    challenger: AttributeSchema = PLAIN,
    attested: dict[str, str] | None = None,
    suspects: tuple[str, ...] = (),
) -> tuple[Finding, str]:
    one, other = declared_by(champion), declared_by(challenger, *suspects)
    pair = Pair(Task.SLA_BREACH, NUMBERS % 2, NUMBERS, NUMBERS, one, other)
    loss = Difference(
        task=Task.SLA_BREACH,
        metric=Metric.LOG_LOSS,
        n=10,
        champion=0.5,
        challenger=0.5 - fell,
        difference=-fell,
        low=-fell - 0.01,
        high=-fell + 0.01,
        worse=0.1,
    )
    told = check(pair, (*old, *shares), loss, attested)
    return told.finding, told.says


@pytest.mark.parametrize(
    ("new", "fell", "finding", "says"),
    [
        (share("note", None, 0.02), 0.0, Finding.PASSED, "the same facts"),
        (share("note", None, 0.07), 0.1, Finding.NOTED, "something new decides: note carries 7 % of the score"),
        (
            share("note", 0.01, 0.07),
            0.1,
            Finding.NOTED,
            "log loss is 20 % lower: ask what it is told more of",
        ),
        (share("note", 0.01, 0.07), 0.0, Finding.PASSED, "the same facts"),
        (share("note", None, 0.07), 0.2, Finding.REFUSED, "suspected leak: note"),
        (share("note", None, 0.40), 0.0, Finding.REFUSED, "suspected leak: note"),
    ],
)
def test_a_new_feature_is_told_and_one_that_looks_like_the_outcome_is_refused(
    new: Share, fell: float, finding: Finding, says: str
) -> None:
    told = found(new, fell=fell)
    assert told[0] is finding
    assert says in told[1]


REST = (share("queue", 0.3, 0.3), share("hours", 0.2, 0.2))
SAME = "the same facts"


def attribute(name: str, champion: float | None, challenger: float | None) -> Share:
    return share(f"attribute.{name}", champion, challenger)


def test_a_challenger_that_lacks_the_champion_s_derived_numbers_leaks_no_more_than_it() -> None:
    shares = (
        attribute("stock", 0.21, 0.42),
        attribute("transit", 0.04, 0.05),
        attribute("coming", 0.13, None),
        attribute("cover", 0.10, None),
        attribute("need", 0.02, 0.03),
    )
    assert found(*shares, old=REST)[0] is Finding.REFUSED, "the champion's others are none of its kin"
    told = found(*shares, old=REST, champion=MAKING)
    assert told[0] is Finding.PASSED
    assert SAME in told[1]


@pytest.mark.parametrize("champion", [PLAIN, MAKING], ids=["derived by the challenger", "derived by both"])
def test_a_told_number_that_becomes_the_outcome_is_found_among_its_kin(champion: AttributeSchema) -> None:
    shares = (attribute("stock", 0.21, 0.7), attribute("coming", None, 0.05), attribute("cover", None, 0.05))
    told = found(*shares, old=(share("queue", 0.79, 0.2),), champion=champion, challenger=MAKING)
    assert told[0] is Finding.REFUSED
    leak = (
        "suspected leak: attribute.stock, attribute.coming, attribute.cover together carry 80 % of the score, 21 % of"
    )
    assert told[1].startswith(leak)
    assert told[1].endswith(
        "check that they are known before the outcome: ask who fills it in, and when (fairlead history check finds "
        "plain leaks alone)"
    )


def test_of_a_group_those_are_named_that_carry_something() -> None:
    shares = (attribute("stock", 0.21, 0.7), attribute("coming", 0.0, 0.0), attribute("cover", None, 0.05))
    told = found(*shares, old=(share("queue", 0.79, 0.25),), challenger=MAKING)
    assert "suspected leak: attribute.stock, attribute.cover together carry 75 % of the score" in told[1]


def test_of_a_large_group_the_first_are_named_and_the_others_counted() -> None:
    names = tuple("abcdefg")
    assert MOST_NAMED == 5
    assert Carried(names, None, 0.5).says == "a, b, c, d, e and 2 more together carry"
    assert Carried(names[:5], None, 0.5).says == "a, b, c, d, e together carry"


def test_a_told_number_whose_kin_carried_nearly_all_is_found_where_the_log_loss_falls() -> None:
    shares = (attribute("stock", 0.3, 0.6), attribute("coming", 0.33, 0.2), attribute("cover", 0.33, 0.18))
    old = (share("queue", 0.04, 0.02),)
    assert found(*shares, old=old, champion=MAKING, challenger=MAKING)[0] is Finding.PASSED, "kin changed places"
    told = found(*shares, fell=0.2, old=old, champion=MAKING, challenger=MAKING)
    assert told[0] is Finding.REFUSED
    assert "suspected leak: attribute.stock carries 60 % of the score, 30 % of the champion's" in told[1]


def test_numbers_that_the_challenger_derives_may_make_it_much_better() -> None:
    shares = (attribute("stock", 0.6, 0.2), attribute("need", 0.2, 0.1), attribute("cover", None, 0.5))
    told = found(*shares, fell=0.2, old=(share("queue", 0.2, 0.2),), challenger=MAKING)
    assert told[0] is Finding.NOTED
    assert "too good?" in told[1]


def test_a_new_told_number_is_judged_alone_whatever_is_made_of_it() -> None:
    shares = (attribute("stock", 0.5, 0.05), attribute("ending", None, 0.4), attribute("rest", None, 0.1))
    its = declaring("stock transit need ending", rest=("stock", "ending"))
    told = found(*shares, old=REST, challenger=its)
    assert told[0] is Finding.REFUSED
    assert "suspected leak: attribute.ending carries 40 % of the score, the champion does not know it" in told[1]


def test_of_what_looks_like_the_outcome_whoever_answers_for_it_hears_that_nobody_can() -> None:
    shares = (attribute("stock", 0.5, 0.05), attribute("ending", None, 0.4), attribute("rest", None, 0.1))
    its = declaring("stock transit need ending", rest=("stock", "ending"))
    for attested, answered in ((None, False), ({"rest": "known at once"}, False), ({"ending": "known at once"}, True)):
        told = found(*shares, old=REST, challenger=its, attested=attested)
        assert told[0] is Finding.REFUSED
        assert ("nobody can answer for by --attest: train without it" in told[1]) == answered


def test_a_number_made_of_what_the_champion_knows_is_nothing_new() -> None:
    shares = (attribute("stock", 0.3, 0.1), attribute("need", 0.1, 0.08), attribute("cover", None, 0.26))
    assert found(*shares, old=REST, challenger=MAKING)[0] is Finding.PASSED
    assert found(*shares, old=REST)[0] is Finding.REFUSED, "a told one is new"
    told = found(*shares, old=REST, champion=declaring("stock transit"), challenger=MAKING)
    assert told[0] is Finding.REFUSED, "the champion does not know the need"
    assert "something new decides: attribute.need carries 34 % of the score, the champion does not know it" in told[1]
    assert told[1].endswith('for whoever agrees to read (--attest "need=HOW")')


NEW_ONES = (attribute("code", None, 0.12), attribute("wave", None, 0.06), attribute("crumb", None, 0.04))


@pytest.mark.parametrize("attested", [{}, {"code": "typed at the gate"}, {"crumb": "typed at the gate"}])
def test_columns_that_are_new_and_decide_are_refused_until_somebody_answers_for_each(attested: dict[str, str]) -> None:
    told = found(*NEW_ONES, attested=attested)
    assert told[0] is Finding.REFUSED
    asked = {"code", "wave"} - attested.keys()
    assert f'(--attest "{",".join(sorted(asked))}=HOW")' in told[1]


def test_what_somebody_answers_for_is_noted_in_their_words() -> None:
    told = found(*NEW_ONES, attested={"code": "typed at the gate", "attribute.wave": "planned the day before"})
    assert told[0] is Finding.NOTED
    says = "decides: code carries 12 % of the score, the champion does not know it (known before the outcome, says"
    assert f"{says} whoever asks: “typed at the gate”)" in told[1]
    assert "“planned the day before”" in told[1]


BETTER = (
    share("standing.attribute.stock.breach_rate", 0.01, 0.05),
    share("common.stock", 0.01, 0.05),
    share("standing.long.vendor.longer_rate", 0.02, 0.06),
    share("minutes_to_promise", 0.02, 0.06),
)


def test_a_note_names_features_in_words_and_no_more_than_a_few() -> None:
    """Whoever agrees is no engineer: of a column and all that is counted of it, the column is named."""
    many = tuple(attribute(f"lane_{each}", None, 0.06) for each in "abcdefgh")
    attested = {f"lane_{each}": "booked with the order" for each in "abcdefgh"}
    alone = found(*many, attested=attested)
    better = found(*many, *BETTER, fell=0.06, attested=attested)
    assert alone[0] is better[0] is Finding.NOTED
    assert alone[1].count("carries") == 6
    assert alone[1].startswith("something new decides: lane a carries 6 % of the score")
    assert alone[1].endswith("“booked with the order”); and 2 more")
    assert better[1].count("carries") == 6
    assert "stock, with what is counted of it, carries 10 % of the score, 2 % of the champion's; long" in better[1]
    assert "long vendor longer rate carries 6 %" in better[1]
    assert "minutes to promise carries 6 %" in better[1]
    assert better[1].endswith("“booked with the order”); and 5 more")
    assert not any("_" in each[1] or "attribute." in each[1] for each in (alone, better))


def test_a_note_of_numbers_made_of_one_another_names_the_first_and_counts_the_others() -> None:
    shares = (attribute("stock", 0.05, 0.08), attribute("coming", 0.03, 0.05), attribute("cover", 0.02, 0.04))
    told = found(*shares, fell=0.06, old=(share("queue", 0.9, 0.83),), champion=MAKING, challenger=MAKING)
    assert told[1].endswith("stock, coming, cover together carry 17 % of the score, 10 % of the champion's")
    told = found(*shares, *BETTER[2:], fell=0.06, old=(share("queue", 0.9, 0.7),), champion=MAKING, challenger=MAKING)
    assert "stock and 2 more together carry 17 % of the score" in told[1]


def test_features_that_read_alike_in_words_are_named_once() -> None:
    told = Carried(("attribute.lead_time", "attribute.lead.time", "fact.size"), None, 0.5)
    assert told.in_words() == "lead time, size together carry"
    assert Carried(("attribute.lead_time", "lead_time"), None, 0.5).in_words() == "lead time carries"


@pytest.mark.parametrize(
    ("fell", "finding"), [(0.06, Finding.NOTED), (0.026, Finding.NOTED), (0.024, Finding.PASSED), (0.0, Finding.PASSED)]
)
def test_a_loss_that_falls_by_a_twentieth_is_asked_about_with_what_gained_most(fell: float, finding: Finding) -> None:
    told = found(share("minutes", 0.03, 0.07), fell=fell)
    assert told[0] is finding
    if finding is Finding.NOTED:
        assert "lower: ask what it is told more of, and when that is known. minutes carries 7 % of the score" in told[1]


def test_what_is_counted_of_a_column_of_words_counts_as_that_column() -> None:
    """The words were rewritten after the fact: what they came to carries what the words themselves did."""
    shares = (
        share("attribute.stock", 0.07, 0.01),
        share("standing.attribute.stock.breach_rate", 0.0, 0.25),
        share("common.stock", 0.0, 0.1),
        share("common.stock+need", 0.0, 0.01),
    )
    told = found(*shares, old=REST)
    assert told[0] is Finding.REFUSED
    together = "suspected leak: attribute.stock, standing.attribute.stock.breach_rate, common.stock together carry 36 %"
    assert together in told[1]


def test_nobody_can_answer_for_what_looks_like_the_outcome() -> None:
    attested = {"note": "typed at the gate"}
    assert found(attribute("note", None, 0.4), attested=attested)[0] is Finding.REFUSED
    told = found(attribute("note", None, 0.07), fell=0.2, attested=attested)
    assert told[0] is Finding.REFUSED
    assert "suspected leak" in told[1]


def test_what_is_called_as_a_derived_number_but_is_no_attribute_is_another() -> None:
    its = declaring("stock transit need", queue_length=("stock", "need"))
    told = found(share("queue_length", None, 0.1), challenger=its)
    assert told[0] is Finding.REFUSED
    assert '(--attest "queue_length=HOW")' in told[1]


def test_the_two_decide_by_the_same_facts_where_only_kin_changed_places() -> None:
    shares = (attribute("stock", 0.3, 0.12), attribute("coming", 0.02, 0.15), attribute("cover", 0.01, 0.05))
    rest = (share("queue", 0.4, 0.4), share("hours", 0.15, 0.15), share("region", 0.12, 0.13))
    told = found(*shares, old=rest, champion=MAKING, challenger=MAKING)
    assert told == (Finding.PASSED, "the two decide by the same facts (rank correlation 1.00)")


def test_what_the_check_had_against_the_challenger_s_columns_is_told_to_whoever_agrees() -> None:
    finding, says = found(suspects=("grade", "solver"))
    assert finding is Finding.NOTED
    assert says.startswith("before it was trained, fairlead history check suspected grade, solver of holding")
    assert "suspected a, b, c, d, e, f and 2 more of holding" in found(suspects=tuple("abcdefgh"))[1]
    new = found(share("note", None, 0.06), suspects=("grade",))[1]
    assert "ask who knows the table; something new decides: note" in new
