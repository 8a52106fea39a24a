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
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

ROOM_OF = {
    "simulate": "data.commands",
    "history": "training.history_commands",
    "train": "training.commands",
    "evaluate": "training.commands",
    "card": "training.commands",
    "drift": "training.drift_commands",
    "recalibrate": "training.drift_commands",
    "promote": "training.promotion_commands",
    "promotions": "training.promotion_commands",
    "approve-promotion": "training.promotion_commands",
    "rollback": "training.promotion_commands",
    "cases": "training.commands",
    "policy": "policies.commands",
    "serve": "serving.commands",
    "recommend": "serving.commands",
    "today": "serving.commands",
    "replay": "serving.commands",
    "keys": "serving.commands",
    "doctor": "serving.commands",
}
"""Which module defines which command, in the order in which a newcomer meets them."""

MORE_OF = {"history": ("serving.history_commands",)}
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


@app.callback()
def fairlead() -> None:
    """Exception triage for omnichannel retail: what happened, what is at stake, what to do, why, and who must agree.

    New here? [bold]make run[/bold] does everything once: it simulates a retailer, trains, serves, and prints a
    request to try. By hand: [bold]simulate[/bold] a history, [bold]train[/bold] a task on it, [bold]evaluate[/bold]
    it on later days, [bold]serve[/bold] the bundle, or [bold]recommend[/bold] for one file without a server.
    """


@app.command()
def up(
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Where to serve, on 127.0.0.1.")] = 8080,
    cases: Annotated[int, typer.Option(min=3_000, help="How many past exceptions to simulate.")] = 60_000,
    folder: Annotated[Path, typer.Option(help="Where everything is kept; remove it to begin again.")] = Path("var"),
) -> None:
    """Everything once: simulate a retailer, train on its history, serve, and fill the review desk.

    What is there already is used as it is, so a second start takes seconds.
    """
    _refuse_busy(port)
    if not (folder / "bundle" / "manifest.json").exists():
        history = folder / "history" / f"simulated-{cases}.jsonl"
        _simulate(history, cases)
        _train(history, folder)
    _serve(folder, port)


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
    from rich.console import Console

    from data.vocabulary import Task
    from policies.policy import load_policy
    from training.commands import told
    from training.history import open_history
    from training.terminal import Bars, comparison
    from training.train import Order, train

    _say("2/3  Training. The table is of a rehearsal: learned from the earlier days, measured on the later ones.")
    console = Console(stderr=True)
    tracker = _tracker(folder)
    order = Order(tuple(Task), folder / "bundle", load_policy(), datetime.now(UTC), tracker=tracker)
    with told(), Bars(console) as progress:
        trained = train(open_history(history, None), order, progress)
    console.print(comparison(trained.metrics, "Simulated retailer, later days"))


@app.command()
def retrain(
    folder: Annotated[Path, typer.Option(help="The service's folder: its database and its bundle.")] = Path("var"),
    task: Annotated[list[str] | None, typer.Option(help="What to predict; repeat. Without: what is served.")] = None,
    out: Annotated[Path | None, typer.Option(help="The challenger's folder; a new one by default.")] = None,
    history: Annotated[
        str | None, typer.Option(metavar="FILE", help="Earlier cases to learn from too, as `train` reads them.")
    ] = None,
    mapping: Annotated[Path | None, typer.Option(help="How that file is read.")] = None,
    policy: Annotated[Path | None, typer.Option(help="The policy's folder; without, the committed one.")] = None,
    trials: Annotated[int, typer.Option(min=0, help="Recipes to try; 0 trains at once.")] = 20,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Record the run in MLflow.")] = True,
) -> None:
    """Learn from use: export what the service has recorded and train a challenger on it.

    Nothing is promoted: the bundle that is served and the alias `champion` stay as they are.
    """
    from serving.history_commands import say, told
    from serving.history_export import CannotExport, export_history, require_database
    from serving.settings import Settings

    settings = Settings(folder=folder)
    challenger = out or folder / "challengers" / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    if challenger.resolve() == settings.bundle_folder.resolve():
        say(f"{challenger} is the bundle that is served: name another folder with --out")
        raise typer.Exit(2)
    use = challenger / "history.jsonl.gz"
    try:
        require_database(settings)
        tracker = _tracker(folder) if track else None
        say(told(export_history(settings, use), use))
    except CannotExport as error:
        say(str(error))
        raise typer.Exit(2) from None
    asked = _Retraining(settings.bundle_folder, challenger, use, history, mapping, policy, trials, tuple(task or ()))
    _challenge(asked, tracker)


@dataclass(frozen=True)
class _Retraining:
    served: Path
    challenger: Path
    use: Path
    history: str | None
    mapping: Path | None
    policy: Path | None
    trials: int
    tasks: tuple[str, ...]


def _tracker(folder: Path) -> Any:
    from training.commands import told
    from training.tracking import Tracker, tracking_uri

    with told():
        return Tracker(tracking_uri(folder), folder)


def _challenge(asked: _Retraining, tracker: Any) -> None:
    """Train the challenger and say how to look at it."""
    from rich.console import Console

    from models.ladder import load_bundle
    from policies.policy import load_policy
    from training.commands import told
    from training.terminal import Bars, comparison
    from training.tracking import CHALLENGER
    from training.train import Order, train

    console = Console(stderr=True)
    with told():
        served = load_bundle(asked.served)[1]
        order = Order(
            _tasks(asked, served),
            asked.challenger / "bundle",
            load_policy(asked.policy),
            datetime.now(UTC),
            trials=asked.trials,
            tracker=tracker,
            mapping_file=asked.mapping,
            alias=CHALLENGER,
            known_before=served.standing if served and asked.history is None else None,
            keep_going=True,
        )
        with Bars(console) as progress:
            trained = train(_learned_from(asked), order, progress)
    console.print(comparison(trained.metrics, "A rehearsal of the challenger, on the latest days"))
    for name, why in trained.left_out.items():
        _say(f"left out: {name}: {why}")
    _say(f"the challenger is {trained.digest} in {order.out}. It is not in force: fairlead promote --help says how")


def _tasks(asked: _Retraining, served: Any) -> tuple[Any, ...]:
    from data.vocabulary import Task
    from training.errors import TrainingError

    try:
        return tuple(Task(each) for each in asked.tasks) or tuple(served.models if served else Task)
    except ValueError:
        raise TrainingError(f"a task is one of {', '.join(Task)}; --task named another") from None


def _learned_from(asked: _Retraining) -> Any:
    from training.history import open_history
    from training.mapping import load_mapping
    from training.together import Together

    use = open_history(asked.use)
    if asked.history is None:
        return use
    return Together(open_history(asked.history, load_mapping(asked.mapping) if asked.mapping else None), use)


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
