"""The command `bundle sign`, which the front door puts beside `bundle verify` of the models' room."""

from __future__ import annotations

import contextlib
from typing import Annotated

import typer
from pydantic import ValidationError

from data.promotion import Rollback
from models.bundle import open_bundle
from models.files import BundleError
from serving.bundle_key import SECRET, keep_public, new_bundle_key, read_bundle_key
from serving.command_words import sign_again, typed
from serving.commands import Bundle, Database, Folder, problems_told, say, settings_of
from serving.models.trust import Trust
from serving.settings import Settings
from serving.store.audit import OPERATOR
from serving.wiring import opened, utc_now

app = typer.Typer(no_args_is_help=True)
bundles = typer.Typer(help="Sign the bundle in force by hand.")
app.add_typer(bundles, name="bundle", no_args_is_help=True)


BY = OPERATOR
"""Who signed by hand: the command line knows no principal; the reason says who it was."""


@app.callback()
def rooms() -> None:
    """Bundles."""


@bundles.command()
def sign(
    reason: Annotated[str, typer.Option("--reason", help="why it may serve though no promotion brought it")],
    bundle: Bundle = None,
    folder: Folder = None,
    db: Database = None,
) -> None:
    """Vouch for the bundle in force: sign it with the service's key and record who did and why.

    For a folder that was put in place by hand, and after a lost key. Everything else is signed by promotion. Every file
    is verified first; a running service serves it from its next start on.
    """
    with problems_told():
        _sign(settings_of(bundle=bundle, folder=folder, db=db), _worded(reason))


def _worded(reason: str) -> str:
    """A reason as long as a rollback's must be. Raises ValueError."""
    try:
        return Rollback(reason=reason).reason
    except ValidationError:
        raise ValueError(
            "--reason: say who vouches and why, in 3 to 500 characters, none of them a control character"
        ) from None


def _sign(settings: Settings, reason: str) -> None:
    found = open_bundle(settings.bundle_folder)
    if found.problems:
        raise BundleError("; ".join(found.problems.values()))
    file = settings.key_folder / SECRET
    key = read_bundle_key(file, sign_again(settings)) if file.exists() else new_bundle_key(settings.key_folder)
    keep_public(settings.key_folder, key)
    with contextlib.closing(opened(settings.database_url, looking=False)) as database:
        Trust(database, settings.bundle_folder, key).accept(found.digest, BY, utc_now(), reason)
    say(f"signed {found.digest} with key {key.public.key_id.hex()}; restart the service to let it answer")
    if told := _served_from_elsewhere(settings, found.digest):
        say(told)


def _served_from_elsewhere(settings: Settings, signed: str) -> str:
    """What to know where the service serves other bundles than those that were named: those may not answer now."""
    usual = settings.model_copy(update={"bundle": None})
    there = Trust(None, usual.bundle_folder, None).in_force()
    if there in (None, signed):
        return ""
    return (
        f"note: {usual.bundle_folder}, which the service serves from unless told otherwise, has {there} in force, "
        f"and that may not answer any more: start it with {typed('fairlead serve', settings)}; or, to let {there} "
        f"serve on, {sign_again(usual)}"
    )
