"""A command to type next, with the options of the one that advises it: without them it would look elsewhere."""

from __future__ import annotations

import shlex

from serving.settings import Settings

DOCTOR = "fairlead doctor"
KEYS = "fairlead keys"
SIGN = "fairlead bundle sign"
REASON = "--reason WHY"


def sign_again(settings: Settings) -> str:
    """How a person vouches for the bundle in force."""
    return f"{typed(SIGN, settings)} {REASON}"


def keys_again(settings: Settings) -> str:
    """How missing keys are made; it reads no bundle of its own."""
    return typed(KEYS, settings.model_copy(update={"bundle": None}))


def typed(command: str, settings: Settings) -> str:
    """The command with the folders that are not where it would look by itself."""
    default = Settings.model_fields["folder"].default
    told = {
        "--folder": settings.folder if settings.folder != default else None,
        "--bundle": settings.bundle,
        "--db": settings.db,
    }
    return " ".join([command, *(f"{name} {shlex.quote(str(value))}" for name, value in told.items() if value)])


def with_options(words: str, settings: Settings) -> str:
    """A sentence that names the doctor, and no path, as whoever typed the command is told it."""
    return words.replace(DOCTOR, typed(DOCTOR, settings))
