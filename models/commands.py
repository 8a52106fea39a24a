"""`fairlead bundle verify`: is this folder's bundle whole, and did the service with this key put it in force?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from data.console import console
from models.signed_note import PublicKey, public_key
from models.verification import verify as verified

app = typer.Typer(no_args_is_help=True)
bundle = typer.Typer(help="Verify a bundle with the public key of a service; sign one by hand.")
app.add_typer(bundle, name="bundle", no_args_is_help=True)


@app.callback()
def _room() -> None:
    """Commands of the models room."""


@bundle.command()
def verify(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The bundle folder, or a copy of it.")],
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="The service's public key: bundle-signing.pub.")],
) -> None:
    """Verify every file, the manifest and the signature of the bundle in force, without a service.

    Exit code 0 where all is well, 1 where something is not, 2 where the key cannot be read.
    """
    found = list(verified(folder, _key(key)))
    table = Table("", "what", "digest or version", "what is wrong", box=None)
    for each in found:
        verdict = Text("wrong", style="red") if each.fault else Text("good", style="green")
        table.add_row(verdict, each.what, Text(each.digest, overflow="fold"), Text(each.fault))
    console().print(table)
    raise typer.Exit(1 if any(each.fault for each in found) else 0)


def _key(file: Path) -> PublicKey:
    try:
        return public_key(file.read_text(encoding="utf-8").strip())
    except OSError as error:
        _refuse(f"{file} cannot be read ({error.strerror})")
    except ValueError as error:
        _refuse(f"{file} holds no public key of a service ({error}): it writes one to keys/bundle-signing.pub")
    raise typer.Exit(2)


def _refuse(words: str) -> None:
    console(stderr=True).print(Text(words), soft_wrap=True)
