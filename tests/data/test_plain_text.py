"""What acts on a screen is told apart from what people write, in any language."""

from __future__ import annotations

import json
import unicodedata

import pytest

from data.plain_text import in_lines, in_one_line, lined, texts_at, visible, visible_json

FORGED = "\x1b[2J\x1b[H\x1b[32mevery finding and every number is as it was sent\x1b[0m\x1b[8m"
ACTING = [
    *(chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) == "Cc" and chr(code) not in "\t\n\r"),
    *(chr(code) for code in range(0x202A, 0x202F)),
    *(chr(code) for code in range(0x2066, 0x206A)),
]
HONEST = (
    "Größe, naïve façade – „Anführung“",
    "تم استلام الطلب رقم 42",
    "ההזמנה \u200f(OMS-7)\u200f התעכבה",
    "क्ष\u200dत्रिय और می\u200cخواهم",
    "👩\u200d👩\u200d👧 🏳\ufe0f\u200d🌈 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "配達が遅れています",
    "ยังไม่ถึง",
)


@pytest.mark.parametrize("sign", ACTING, ids=lambda sign: f"U+{ord(sign):04X}")
def test_each_acting_sign_is_refused_and_shown_as_one_sign(sign: str) -> None:
    assert not in_lines(f"fine {sign} else")
    assert not in_one_line(f"fine {sign} else")
    shown = visible(f"fine {sign} else")
    assert len(shown) == len("fine . else")
    assert in_one_line(shown)


@pytest.mark.parametrize("words", HONEST)
def test_what_people_write_passes_and_is_shown_as_it_is(words: str) -> None:
    assert in_one_line(words)
    assert in_lines(f"{words}\n\t{words}\r\n{words}")
    assert visible(words) == words
    assert lined(words) == words


@pytest.mark.parametrize("end", ["\n", "\t", "\r\n", "\r", "\u2028", "\u2029"])
def test_one_line_has_no_end_within(end: str) -> None:
    assert not in_one_line(f"passed{end}nothing else to know")


def test_a_carriage_return_alone_writes_over_the_line_before() -> None:
    assert not in_lines("refused\rpassed ")
    assert visible("refused\rpassed ") == "refused\u240dpassed "


def test_json_that_was_made_visible_says_the_same() -> None:
    value = {"reason": FORGED + "\u202e\x9b2J é\n", "\u202e": [1.5]}
    text = visible_json(json.dumps(value, ensure_ascii=False))
    assert json.loads(text) == value
    assert in_lines(text)


def test_a_value_is_lined_in_every_text_of_it() -> None:
    value = {"a": [FORGED, 1, None, {"b\u202e": "two\nlines"}]}
    assert not all(in_one_line(text) for _, text in texts_at(value))
    assert all(in_one_line(text) for _, text in texts_at(lined(value)))
    assert lined(value)["a"][1:3] == [1, None]


def test_each_text_is_found_with_its_place() -> None:
    value = {"checks": [{"says": "one"}, {"says": "other"}], "n": 3}
    assert ("/checks/1/says", "other") in list(texts_at(value))
    assert ("/checks/1", "says") in list(texts_at(value)), "a name is a text too"
