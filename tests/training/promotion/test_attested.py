"""What whoever asks answers for: read from the command line, recorded, given back to whoever compares again."""

from __future__ import annotations

import pytest

from models.bundle import open_bundle
from tests.fixtures.promotions import champion
from training.errors import TrainingError
from training.promotion.attested import of_dossier, read, recorded, require_read, said_of


def test_a_reason_holds_for_every_name_before_the_first_sign_of_equality() -> None:
    told = read(["code, attribute.wave=typed at the gate: a=b", "message=written by the customer"])
    assert told == {
        "code": "typed at the gate: a=b",
        "attribute.wave": "typed at the gate: a=b",
        "message": "written by the customer",
    }
    assert [said_of(f"attribute.{name}", told) for name in ("code", "wave")] == ["typed at the gate: a=b"] * 2
    assert said_of("code_2", told) is None
    assert of_dossier(recorded(told)) == told


def test_an_attribute_called_outcomes_is_not_answered_for_by_what_is_said_of_outcomes() -> None:
    assert said_of("attribute.outcomes", {"outcomes": "corrected in May"}) is None
    assert said_of("attribute.outcomes", {"attribute.outcomes": "known at once"}) == "known at once"


@pytest.mark.parametrize(
    "given",
    ["code", "code=", "=why", " , =a reason", "code=no", "code=" + "x" * 501, "code=two\nlines", "code=\x1b[2J wiped"],
)
def test_an_attestation_without_a_name_or_a_reason_says_what_is_expected(given: str) -> None:
    with pytest.raises(TrainingError, match="expected --attest") as told:
        read([given])
    assert repr(given) in str(told.value)


@pytest.mark.parametrize("given", [["a,a=a reason"], ["a=a reason", "a=another reason"]])
def test_nothing_is_attested_twice(given: list[str]) -> None:
    with pytest.raises(TrainingError, match="speaks of a twice"):
        read(given)


def test_a_name_that_no_model_of_the_challenger_reads_is_a_mistake() -> None:
    bundle = open_bundle(champion())
    require_read({"queue_minutes": "a reason", "message": "a reason", "outcomes": "a reason"}, bundle)
    with pytest.raises(TrainingError, match="speaks of queue_minuts, which the challenger does not read"):
        require_read({"queue_minuts": "a reason"}, bundle)
    for wrong, right in (("queue_minuts", "queue_minutes"), ("outcoms", "outcomes"), ("messages", "message")):
        with pytest.raises(TrainingError, match=rf"speaks of {wrong}, .* did you mean {right}\?"):
            require_read({wrong: "a reason"}, bundle)
