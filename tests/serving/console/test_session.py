"""A session is one person's, for one day, by one key; nobody can make or stretch one."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.console.session import LIFETIME, Sessions, key_mark, new_visit, session_secret

NOW = datetime(2026, 11, 23, 6, 48, tzinfo=UTC)
SESSIONS = Sessions(b"s" * 32)
DIGEST = "ab" * 32


def test_an_open_session_tells_who_and_by_which_key() -> None:
    session = SESSIONS.read(SESSIONS.open("mara lindqvist·ö", DIGEST, NOW), NOW + timedelta(hours=1))
    assert session is not None
    assert session.name == "mara lindqvist·ö"
    assert session.key_mark == key_mark(DIGEST)


def test_a_session_ends() -> None:
    token = SESSIONS.open("mara", DIGEST, NOW)
    assert SESSIONS.read(token, NOW + LIFETIME - timedelta(seconds=1)) is not None
    assert SESSIONS.read(token, NOW + LIFETIME) is None


def test_another_secret_opens_nothing() -> None:
    assert Sessions(b"t" * 32).read(SESSIONS.open("mara", DIGEST, NOW), NOW) is None


@given(st.data())
def test_an_altered_token_opens_nothing(data: st.DataObject) -> None:
    token = SESSIONS.open("mara", DIGEST, NOW)
    place = data.draw(st.integers(0, len(token) - 2))  # the last digit of base64 has bits that no byte uses
    other = data.draw(st.characters().filter(lambda each: each != token[place]))
    assert SESSIONS.read(token[:place] + other + token[place + 1 :], NOW) is None


@given(st.text())
def test_whatever_a_browser_sends_is_read_without_an_error(token: str) -> None:
    assert SESSIONS.read(token, NOW) is None
    assert not SESSIONS.form_holds("visit", token)


def test_two_sessions_of_one_person_differ() -> None:
    assert SESSIONS.open("mara", DIGEST, NOW) != SESSIONS.open("mara", DIGEST, NOW)


def test_a_form_belongs_to_its_session() -> None:
    mine, other = new_visit(), new_visit()
    assert SESSIONS.form_holds(mine, SESSIONS.form_token(mine))
    assert not SESSIONS.form_holds(other, SESSIONS.form_token(mine))
    assert not SESSIONS.form_holds("", SESSIONS.form_token(""))


def test_a_form_token_is_no_session() -> None:
    token = SESSIONS.open("mara", DIGEST, NOW)
    claims = token.rpartition(".")[0]
    assert SESSIONS.read(f"{claims}.{SESSIONS.form_token(claims)}", NOW) is None


def test_the_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "var" / "console.secret"
    secret = session_secret(file)
    assert session_secret(file) == secret
    assert len(secret) == 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_cut_secret_is_refused_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "console.secret"
    file.write_bytes(b"short")
    with pytest.raises(ValueError, match="5 bytes, 32 are expected: delete it"):
        session_secret(file)
