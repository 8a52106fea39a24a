"""Signed notes as everybody writes them: another implementation's note opens, and no letter can change unnoticed."""

from __future__ import annotations

import pytest

from models.signed_note import KEY_BYTES, NotSigned, SigningKey, public_key, signing_key

PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
NOTE = f"{TEXT}\n— PeterNeumann {SIGNATURE}\n"
"""The example of Go's package `sumdb/note`, which the format comes from."""

KEY = SigningKey("fairlead", bytes(range(KEY_BYTES)))
OTHER = SigningKey("fairlead", bytes(KEY_BYTES))
SIGNED = KEY.signed("fairlead/bundle\nsha256:00\n")


def test_a_note_of_another_implementation_opens_and_is_made_byte_for_byte() -> None:
    assert public_key(PETER).opened(NOTE.encode()) == TEXT
    assert signing_key(PETERS_SECRET).signed(TEXT) == NOTE.encode()
    assert str(signing_key(PETERS_SECRET).public) == PETER


def test_what_is_signed_comes_back_with_the_public_part_alone() -> None:
    assert public_key(str(KEY.public)).opened(SIGNED) == "fairlead/bundle\nsha256:00\n"


def test_a_line_of_another_key_is_passed_over() -> None:
    line = OTHER.signed("fairlead/bundle\nsha256:00\n").split(b"\n\n")[1]
    both = SIGNED.replace("— ".encode(), line + "— ".encode())
    assert both.count("—".encode()) == 2
    assert KEY.public.opened(both) == OTHER.public.opened(both)


def test_whoever_signs_too_leaves_the_others_lines_and_replaces_an_own_one() -> None:
    text = KEY.public.opened(SIGNED)
    both = OTHER.signed(text, beside=SIGNED)
    assert KEY.public.opened(both) == OTHER.public.opened(both) == text
    assert OTHER.signed(text, beside=both) == both
    assert OTHER.signed("another\n", beside=SIGNED) == OTHER.signed("another\n")


@pytest.mark.parametrize(
    "junk", [b"\xff" * 90, b"\n\n" * 90, SIGNED + "— a b\n".encode() * 9_000, SIGNED[:-1] + b"A" * 9_000]
)
def test_junk_in_its_place_keeps_nobody_from_signing(junk: bytes) -> None:
    note = OTHER.signed(KEY.public.opened(SIGNED), beside=junk)
    assert OTHER.public.opened(note)
    assert len(note) < 5_000


@pytest.mark.parametrize("place", range(len(SIGNED)))
def test_no_byte_of_a_note_can_change(place: int) -> None:
    changed = SIGNED[:place] + bytes([SIGNED[place] ^ 1]) + SIGNED[place + 1 :]
    with pytest.raises(NotSigned):
        KEY.public.opened(changed)


@pytest.mark.parametrize(
    ("note", "says"),
    [
        (b"", "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b"fairlead/bundle\nsha256:00\n", "cannot be read"),
        (b"fairlead/bundle\n\n", "cannot be read"),
        (b"fairlead/bundle\n\n\n", "cannot be read"),
        (b"fairlead/bundle\n\n-\n", "another key"),
        (SIGNED[:-1], "cannot be read"),
        (SIGNED[:-9] + b"\n", "does not hold|another key"),
        (OTHER.signed("fairlead/bundle\nsha256:00\n"), "another key"),
    ],
)
def test_what_is_no_note_of_this_key_says_why(note: bytes, says: str) -> None:
    with pytest.raises(NotSigned, match=says):
        KEY.public.opened(note)


@pytest.mark.parametrize("place", range(len(KEY.secret_text())))
def test_a_secret_that_was_cut_or_changed_is_no_key_and_is_not_repeated(place: int) -> None:
    secret = KEY.secret_text()
    changed = secret[:place] + ("B" if secret[place] != "B" else "C") + secret[place + 1 :]
    for text in (changed, secret[:place]):
        with pytest.raises(ValueError) as refused:
            signing_key(text)
        assert secret[-20:] not in str(refused.value)


def test_a_key_is_not_shown_by_accident() -> None:
    assert str(KEY.seed) not in repr(KEY)
    assert KEY.secret_text()[-20:] not in repr(KEY)


@pytest.mark.parametrize("text", ["", "fairlead", "fairlead+00000000+AQ==", str(KEY.public)[:-3], "+" * 9])
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        public_key(text)
