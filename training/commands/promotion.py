"""The commands that bring a bundle in force: training compares, the service decides.

`promote`, `promotions`, `verify-promotion`, `approve-promotion` and `rollback`.
"""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from data.console import console, print_json
from data.plain_text import IN_LINES, in_lines
from data.promotion import (
    LONGEST_WHY,
    PROMOTION_ID,
    Approval,
    Dossier,
    Finding,
    InForceNow,
    Promotion,
    Promotions,
    PromotionState,
)
from data.record import canonical, plain
from data.targets import require_folder
from training.commands.train import VAR, TheHistory, TheMapping, ThePolicy, opened, told, tracker_of
from training.errors import ServiceError, TrackingError

if TYPE_CHECKING:
    from models.bundle import Bundle
    from training.promotion.asking import AskedService

app = typer.Typer(no_args_is_help=True, add_completion=False)
_console = console(stderr=True)
_out = console()

HERE = "http://127.0.0.1:8080"
REFUSED = 1
"""The exit code of `promote` where the dossier refuses the challenger."""


def _enough(reason: str) -> str:
    """The reason, where it is one: asked before anything is compared or sent."""
    if not in_lines(reason):
        raise typer.BadParameter(f"--reason: expected {IN_LINES}")
    if not 3 <= len(reason.strip()) <= LONGEST_WHY:
        raise typer.BadParameter(f"say why in 3 to {LONGEST_WHY} characters: whoever looks at this in a year reads it")
    return reason.strip()


TheServer = Annotated[str, typer.Option("--server", metavar="URL", help="Where the service answers.")]
TheReason = Annotated[
    str, typer.Option("--reason", help="Why (required); recorded with your name.", callback=_enough, show_default=False)
]
"""Empty by default, so that a missing reason is asked for in the words that refuse an empty one."""
Track = Annotated[bool, typer.Option("--track/--no-track", help="Move the alias champion in MLflow's registry.")]


def _key(name: str) -> Path:
    return VAR / "keys" / name


@app.callback()
def promotion() -> None:
    """How a bundle comes in force."""


@app.command()
def promote(
    challenger: Annotated[Path, typer.Argument(metavar="CHALLENGER_DIR", help="The bundle that should serve.")],
    champion: Annotated[Path, typer.Option("--champion", metavar="DIR", help="The bundle that serves.")],
    history: TheHistory,
    mapping: TheMapping = None,
    policy: ThePolicy = None,
    server: Annotated[
        str | None, typer.Option("--server", metavar="URL", help="Ask this service; without, only compare.")
    ] = None,
    key: Annotated[Path | None, typer.Option("--key", help="Key file of who asks.")] = None,
    reason: TheReason = "",
    attest: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[,NAME]=HOW",
            help="How a column that the champion does not know is known before the outcome; recorded. Repeatable.",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Where the dossier goes; CHALLENGER_DIR without.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the resamples.")] = 0,
) -> None:
    """Compare a challenger with the champion on later days, write a dossier, and ask the service for a promotion.

    The history must go on after everything both have learned from; its earlier cases tell of the parties, and what
    they came to is laid beside what the challenger was taught. Bundles that learned without times are compared on
    cases that taught neither. Exit code 1 where the dossier refuses it.
    """
    with told():
        from models.bundle import open_bundle
        from policies.policy import load_policy
        from training.promotion import attested
        from training.promotion.asking import AskedService
        from training.promotion.compare import compare
        from training.terminal import progress_on

        require_folder(out or challenger, "--out")
        answers_for = attested.read(attest or ())
        service = AskedService.of(server, key or _key("scientist")) if server else None
        its, theirs, read = open_bundle(challenger), open_bundle(champion), opened(history, mapping)
        _refuse_itself(its, theirs)
        if service is not None:
            service.expects(its, theirs.digest)
        with progress_on(_console) as progress:
            dossier = compare(
                its, theirs, read, load_policy(policy), datetime.now(UTC), progress, seed=seed, attested=answers_for
            )
        written = _write(dossier, out or challenger)
        _tell(dossier)
        _console.print(f"dossier in {written}", soft_wrap=True)
        if service is not None:
            service.send(its)
            _tell_promotion(service.propose(dossier, reason), server or HERE, mapping, policy)
        raise typer.Exit(REFUSED if dossier.refusals else 0)


@app.command()
def promotions(
    server: TheServer = HERE,
    key: Annotated[Path | None, typer.Option("--key", help="Key file of who looks.")] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Move MLflow's alias champion to what is in force; finishes a promotion.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the list as the service answers it, with what is in force.")
    ] = False,
) -> None:
    """List promotions, the newest first, and what is in force."""
    with told():
        from training.promotion.terminal import tell_promotions

        service = _service(server, key or _key("scientist"))
        now, listed = service.in_force(), service.promotions()
        if as_json:
            print_json(_as_json(listed, now))
        else:
            tell_promotions(listed, _out)
        _tell_in_force(now)
        if apply:
            _apply(now, _finish(server, key))


@app.command("verify-promotion")
def verify_promotion(
    promotion_id: Annotated[str, typer.Argument(metavar="ID", help="The promotion's id.")],
    history: TheHistory,
    mapping: TheMapping = None,
    policy: ThePolicy = None,
    server: TheServer = HERE,
    key: Annotated[Path | None, typer.Option("--key", help="Key file of who verifies.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Where the dossier made again goes.")] = None,
    another: Annotated[
        bool, typer.Option("--another-history", help="The history is not the one that the dossier names.")
    ] = False,
) -> None:
    """Make a promotion's dossier again, from the bundles that the service holds and a history of your own.

    On the history that it names everything but milliseconds must be the same; on another one, which is to be said,
    the challenger must pass as well. Exit code 1 where it does not hold.
    """
    with told():
        from policies.policy import load_policy
        from training.promotion import attested
        from training.promotion.compare import compare
        from training.promotion.terminal import tell_notes, tell_verified
        from training.terminal import progress_on

        _refuse_odd(promotion_id)
        service, read = _service(server, key or _key("model-owner")), opened(history, mapping)
        promotion = service.promotion(promotion_id)
        sent = service.dossier(promotion)
        tell_notes(sent, promotion, _console)
        with TemporaryDirectory() as folder:
            its, theirs = _brought(service, promotion, sent, Path(folder))
            with progress_on(_console) as progress:
                again = compare(
                    its,
                    theirs,
                    read,
                    load_policy(policy),
                    datetime.now(UTC),
                    progress,
                    resamples=sent.resamples,
                    seed=sent.seed,
                    attested=attested.of_dossier(sent.attested),
                )
        if out is not None:
            _console.print(f"dossier in {_write(again, out)}", soft_wrap=True)
        holds = tell_verified(sent, again, another, _out)
        raise typer.Exit(0 if holds else REFUSED)


@app.command("approve-promotion")
def approve_promotion(
    promotion_id: Annotated[str, typer.Argument(metavar="ID", help="The promotion's id.")],
    reason: TheReason = "",
    reject: Annotated[bool, typer.Option("--reject", help="Do not agree; from who asked: withdraw it.")] = False,
    server: TheServer = HERE,
    key: Annotated[
        Path | None, typer.Option("--key", help="Key file of who decides. Who asked may only withdraw.")
    ] = None,
    track: Track = True,
) -> None:
    """Agree to a promotion (or not): the challenger serves at once, then MLflow's alias follows."""
    with told():
        _refuse_odd(promotion_id)
        service = _service(server, key or _key("model-owner"))
        decided = service.decide(promotion_id, Approval(verdict="reject" if reject else "approve", reason=reason))
        if not reject:
            _tell_notes(service, promotion_id)
        _console.print(f"{decided.promotion_id} is {decided.state.value}", soft_wrap=True)
        if decided.state is PromotionState.APPROVED:
            now = service.in_force()
            _tell_in_force(now)
            if track:
                _follow(now, _finish(server, key))


@app.command()
def rollback(
    reason: TheReason = "",
    server: TheServer = HERE,
    key: Annotated[Path | None, typer.Option("--key", help="Key file of who rolls back.")] = None,
    track: Track = True,
) -> None:
    """Return to the bundle that was in force before the last promotion, at once."""
    with told():
        now = _service(server, key or _key("scientist")).roll_back(reason)
        _tell_in_force(now)
        if track:
            _follow(now, _finish(server, key))


def _refuse_odd(promotion_id: str) -> None:
    """Raise ServiceError for what cannot be a promotion's id, before the service is asked."""
    if not re.fullmatch(PROMOTION_ID, promotion_id):
        raise ServiceError(
            f"{promotion_id} is no promotion's id: expected 36 letters, digits and hyphens such as "
            "01a207a1-7d20-7b1e-8a44-5f0c2f6f9d11; fairlead promotions lists them"
        )


def _refuse_itself(challenger: Bundle, champion: Bundle) -> None:
    """Raises TrainingError for one bundle in two folders: a rollback of it would change nothing."""
    from training.errors import TrainingError

    if challenger.digest == champion.digest:
        raise TrainingError(
            f"{challenger.folder} and {champion.folder} both hold {champion.digest}: there is nothing to promote. A "
            "folder that a service serves from holds what was promoted there; name the one that was trained into"
        )


def _tell_notes(service: AskedService, promotion_id: str) -> None:
    """What to know of a promotion that was decided: told after the decision, so that a refusal stands alone."""
    from training.promotion.terminal import tell_notes

    try:
        promotion = service.promotion(promotion_id)
        tell_notes(service.dossier(promotion), promotion, _console)
    except ServiceError:
        return


def _service(server: str, key: Path) -> AskedService:
    from training.promotion.asking import AskedService

    return AskedService.of(server, key)


def _write(dossier: Dossier, folder: Path) -> Path:
    """The dossier as a record and as a page."""
    from models.files import write_atomically
    from training.promotion.page import page

    write_atomically(folder / "dossier.json", canonical(dossier))
    write_atomically(folder / "dossier.html", page(dossier).encode())
    return folder / "dossier.html"


def _tell(dossier: Dossier) -> None:
    from training.promotion.terminal import one_line_each

    colour = {Finding.PASSED: "green", Finding.NOTED: "yellow", Finding.REFUSED: "red"}
    table = Table("", "task", "check", "says", box=None)
    for each, names in one_line_each(dossier.checks):
        style = colour[each.finding]
        table.add_row(
            Text(each.finding.value, style=style),
            each.task.value if each.task else "",
            names,
            Text(each.says),
        )
    _out.print(table)
    if dossier.refusals:
        checks = "one check" if len(dossier.refusals) == 1 else f"{len(dossier.refusals)} checks"
        _console.print(f"[red]refused[/red] by {checks}: the champion serves on")


def _tell_promotion(promotion: Promotion, server: str, mapping: Path | None, policy: Path | None) -> None:
    """Where it stands, and what to type next: with a mapping and a policy where the dossier was made with those."""
    _console.print(f"{promotion.promotion_id} is {promotion.state.value}", soft_wrap=True)
    if promotion.state is PromotionState.PROPOSED:
        used = (" --mapping FILE" if mapping else "") + (" --policy DIR" if policy else "")
        _console.print(
            f"another principal makes the dossier again with: fairlead verify-promotion {promotion.promotion_id} "
            f"--history FILE{used} --server {server} --key FILE",
            soft_wrap=True,
        )
        _console.print(
            f"and agrees with: fairlead approve-promotion {promotion.promotion_id} --server {server} "
            "--key FILE --reason WHY",
            soft_wrap=True,
        )


def _tell_in_force(now: InForceNow) -> None:
    from training.promotion.terminal import in_force_words

    _console.print(Text(in_force_words(now)), soft_wrap=True)


def _brought(service: AskedService, promotion: Promotion, sent: Dossier, folder: Path) -> tuple[Bundle, Bundle]:
    """Challenger and champion. Those of a promotion that is over may be gone: then it is said where that stands."""
    from training.promotion.terminal import state_words

    try:
        return service.fetch(sent.challenger, folder), service.fetch(sent.champion, folder)
    except ServiceError as error:
        raise ServiceError(f"{error} This promotion is {state_words(promotion)}.") from None


def _as_json(listed: Promotions, now: InForceNow) -> bytes:
    """The list as the service answers it, and what is in force beside it: a program asks once."""
    return canonical({**plain(listed), "in_force": plain(now)})


def _finish(server: str, key: Path | None) -> str:
    """What moves the alias later, with what this command was told: without, it would ask another service."""
    of_server = f" --server {shlex.quote(server)}" if server != HERE else ""
    of_key = f" --key {shlex.quote(str(key))}" if key else ""
    return f"fairlead promotions --apply{of_server}{of_key}"


def _follow(now: InForceNow, finish: str) -> None:
    """Move the alias; where MLflow cannot be asked, what serves has changed all the same, and how to finish is said."""
    try:
        _apply(now, finish)
    except (TrackingError, ImportError) as error:
        _note(f"the service has switched; MLflow's alias has not moved ({error}). Finish with: {finish}")


def _apply(now: InForceNow, finish: str) -> None:
    tracker = tracker_of(VAR, needed=True)
    for name, version in tracker.crown(now.models).items():
        if version is None:
            _note(
                f"MLflow at {tracker.uri} has no version of {name} that serves; one that was trained with --no-track "
                "has none anywhere, and the alias stays. Where it was trained into another store, such as a "
                f"service's FOLDER/mlflow.db, name that by MLFLOW_TRACKING_URI and finish with {finish}"
            )
        else:
            _console.print(f"{name} version {version} is champion in {tracker.uri}", soft_wrap=True)


def _note(says: str) -> None:
    _console.print(Text.assemble(("note:", "yellow"), f" {says}"), soft_wrap=True)
