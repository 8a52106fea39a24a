"""The command line's front door: mounts each room's commands and imports a room only when it is asked for.

The only importer of both sides: training and serving never see each other, they share a bundle and a policy.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import os
import shlex
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

ROOM_OF = {
    "simulate": "data.commands",
    "history": "training.commands.history",
    "train": "training.commands.train",
    "evaluate": "training.commands.train",
    "features": "training.commands.features",
    "card": "training.commands.train",
    "drift": "training.commands.drift",
    "recalibrate": "training.commands.drift",
    "retrain": "training.commands.retrain",
    "promote": "training.commands.promotion",
    "promotions": "training.commands.promotion",
    "verify-promotion": "training.commands.promotion",
    "approve-promotion": "training.commands.promotion",
    "rollback": "training.commands.promotion",
    "bundle": "models.commands",
    "cases": "training.commands.train",
    "policy": "policies.commands",
    "serve": "serving.commands",
    "recommend": "serving.commands",
    "today": "serving.commands",
    "replay": "serving.commands",
    "keys": "serving.commands",
    "doctor": "serving.commands",
}
"""Which module defines which command, in the order in which a newcomer meets them."""

MORE_OF = {"history": ("serving.history_commands",), "bundle": ("serving.bundle_commands",)}
"""Other modules that add commands to a group: two rooms may share a word, never a module."""

WORLD = 7
"""The seed of the simulated retailer that `up` shows; never one that a benchmark reports on."""
LIVE_CASES = 60
WAIT_SECONDS = 60


class FrontDoor(TyperGroup):
    """Finds a command in its room on first use, so that `fairlead serve` never loads a learner."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Every command, in the order of `ROOM_OF`."""
        return [*super().list_commands(ctx), *ROOM_OF]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, its room imported now; None where there is no such name."""
        if cmd_name not in ROOM_OF:
            return super().get_command(ctx, cmd_name)
        command, *more = (_found(module, cmd_name) for module in (ROOM_OF[cmd_name], *MORE_OF.get(cmd_name, ())))
        for group in more:
            command.commands.update(group.commands)
        return command


def _found(module: str, name: str) -> Any:
    """A module's command of this name."""
    return get_group(importlib.import_module(module).app).commands[name]


app = typer.Typer(
    cls=FrontDoor,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Service:
    """What a service recorded, for the command that trains on it: neither room may import the other."""

    def __init__(self, folder: Path, bundle: Path | None = None) -> None:
        from serving.settings import Settings

        self._settings = Settings(folder=folder) if bundle is None else Settings(folder=folder, bundle=bundle)
        self.bundle: Path = self._settings.bundle_folder

    def require_use(self) -> None:
        """End the command where nothing was ever recorded."""
        from serving.history_export import require_database

        with _said():
            require_database(self._settings)

    def export(self, out: Path) -> str:
        """Write what was recorded as a native history and say what it holds; end the command where that fails."""
        from serving.history_commands import told
        from serving.history_export import export_history

        with _said():
            return told(export_history(self._settings, out), out)


@contextmanager
def _said() -> Iterator[None]:
    from serving.history_export import CannotExport

    try:
        yield
    except CannotExport as error:
        _say(str(error))
        raise typer.Exit(2) from None


@app.callback()
def fairlead(context: typer.Context) -> None:
    """Exception triage for omnichannel retail: what happened, what is at stake, what to do, why, and who must agree.

    New here? [bold]make run[/bold] does everything once: it simulates a retailer, trains, serves, and prints a
    request to try. By hand: [bold]simulate[/bold] a history, [bold]train[/bold] a task on it, [bold]evaluate[/bold]
    it on later days, [bold]serve[/bold] the bundle, or [bold]recommend[/bold] for one file without a server.
    """
    context.obj = Service


@app.command()
def up(
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Where to serve, on 127.0.0.1.")] = 8080,
    cases: Annotated[int, typer.Option(min=3_000, help="How many past exceptions to simulate.")] = 60_000,
    folder: Annotated[Path, typer.Option(help="Where everything is kept; remove it to begin again.")] = Path("var"),
) -> None:
    """Everything once: simulate a retailer, train on its history, serve, and fill the review desk.

    What is there already is used as it is, so a second start takes seconds.
    """
    _refuse_served(folder)
    _refuse_busy(port)
    if not (folder / "bundle" / "manifest.json").exists():
        history = folder / "history" / f"simulated-{cases}.jsonl"
        _simulate(history, cases)
        _train(history, folder)
    _serve(folder, port)


def _refuse_served(folder: Path) -> None:
    """Before anything is simulated or trained: the service that is there already answers from this folder."""
    from serving.one_server import AlreadyServed, serving_alone
    from serving.settings import Settings

    if not folder.exists():
        return
    try:
        with serving_alone(Settings(folder=folder)):
            return
    except (AlreadyServed, ValueError) as error:
        _say(str(error))
        raise typer.Exit(2) from None


def _refuse_busy(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            _say(f"Port {port} is taken, perhaps by Fairlead itself. Stop that, or choose another: make run PORT=8081")
            raise typer.Exit(2) from None


def _simulate(history: Path, cases: int) -> None:
    from data.commands import simulate

    if history.exists():
        return
    history.parent.mkdir(parents=True, exist_ok=True)
    _say("1/3  Simulating a retailer: causes first, then the exceptions they bring about.")
    simulate(out=history, cases=cases, seed=WORLD)


def _train(history: Path, folder: Path) -> None:
    from data.console import console
    from data.vocabulary import Task
    from policies.policy import load_policy
    from training.commands.train import told, tracker_of
    from training.histories.history import open_history
    from training.terminal import comparison, progress_on
    from training.train import Order, train

    _say("2/3  Training. The table is of a rehearsal: learned from the earlier days, measured on the later ones.")
    err = console(stderr=True)
    with told():
        tracker = tracker_of(folder, needed=True)
    order = Order(tuple(Task), folder / "bundle", load_policy(), datetime.now(UTC), tracker=tracker)
    with told(), progress_on(err) as progress:
        trained = train(open_history(history, None), order, progress)
    err.print(comparison(trained.metrics, "Simulated retailer, later days"))


def _serve(folder: Path, port: int) -> None:
    from serving.commands import serve

    _say("3/3  Serving.")
    threading.Thread(target=_welcome, args=(folder, port), daemon=True).start()
    serve(folder=folder, port=port)


def _welcome(folder: Path, port: int) -> None:
    """When the service answers: report live cases to it as an orchestrator would, then say what to try."""
    address = f"http://127.0.0.1:{port}"
    if not _answers(f"{address}/health/ready"):
        return
    key = (folder / "keys" / "orchestrator").read_text(encoding="ascii").strip()
    if not _listed(address, key):
        _report_live_cases(address, key)
    _say(_card(address, folder))


def _answers(url: str) -> bool:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own loopback address
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(0.1)
    return False


def _listed(address: str, key: str) -> int:
    found: list[Any] = json.loads(_call(f"{address}/v1/recommendations?limit=1", key))["items"]
    return len(found)


def _report_live_cases(address: str, key: str) -> None:
    from data.record import canonical
    from data.simulator import live_cases

    for case in live_cases(WORLD, LIVE_CASES, datetime.now(UTC)):
        _call(f"{address}/v1/recommendations", key, canonical(case))


def _call(url: str, key: str, body: bytes | None = None) -> bytes:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310 - our own loopback address
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        content: bytes = answer.read()
    return content


def _card(address: str, folder: Path) -> str:
    keys = os.path.relpath(folder / "keys")
    return f"""
Fairlead serves on {address} (simulated retailer, seed {WORLD}). Stop it with Ctrl-C.

  Ask it, as an orchestrator would (`today` lets the example happen now):
    {_command()} today examples/exception.json | \\
      curl -s {address}/v1/recommendations -H "Authorization: Bearer $(cat {keys}/orchestrator)" \\
      -H "Content-Type: application/json" -d @-

  Decide, as a reviewer would:  {address}/console
  Who may do what, each with a key of its own (cat {keys}/NAME); whoever asked never agrees:
{_principals()}
  Read the API:                 {address}/docs
  See the training runs:        .venv/bin/mlflow ui --backend-store-uri sqlite:///{os.path.relpath(folder)}/mlflow.db
"""


def _command() -> str:
    """How to call this command line from here: the installed script beside the interpreter, else the interpreter."""
    script = Path(sys.executable).with_name("fairlead")
    if script.exists():
        return shlex.quote(os.path.relpath(script))
    return f"{shlex.quote(os.path.relpath(sys.executable))} -m fairlead"


def _principals() -> str:
    from serving.keys import DEFAULT_PRINCIPALS, does

    return "\n".join(f"    {name:<13} {does(roles)}" for name, roles in DEFAULT_PRINCIPALS.items())


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - messages belong on stderr, data on stdout


def main() -> None:
    """Run the command line."""
    faulthandler.enable()  # A crash inside a library says where, instead of ending without a word.
    app()


if __name__ == "__main__":
    main()
