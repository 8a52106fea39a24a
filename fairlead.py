"""The command line's front door: mounts each room's commands and imports a room only when it is asked for.

The only importer of both sides: training and serving never see each other, they share a bundle and a policy.
"""

from __future__ import annotations

import importlib
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

ROOM_OF = {
    "up": "up",
    "simulate": "data.commands",
    "train": "training.commands",
    "evaluate": "training.commands",
    "cases": "training.commands",
    "policy": "policies.commands",
    "serve": "serving.commands",
    "recommend": "serving.commands",
    "replay": "serving.commands",
    "keys": "serving.commands",
    "doctor": "serving.commands",
}
"""Which module defines which command, in the order in which a newcomer meets them."""


class FrontDoor(TyperGroup):
    """Finds a command in its room on first use, so that `fairlead serve` never loads a learner."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Every command, in the order of `ROOM_OF`."""
        return list(ROOM_OF)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The room's command, None where there is no such name."""
        if cmd_name not in ROOM_OF:
            return None
        room = get_group(importlib.import_module(ROOM_OF[cmd_name]).app)
        return room.commands.get(cmd_name)


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

    New here? [bold]make run[/bold] does everything once: it simulates a retailer, trains, serves and prints a request
    to try. By hand: [bold]simulate[/bold] a history, [bold]train[/bold] a task on it, [bold]evaluate[/bold] it on
    later days, [bold]serve[/bold] the bundle, or [bold]recommend[/bold] for one file without a server.
    """


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
