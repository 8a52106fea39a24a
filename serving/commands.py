"""The commands of this room: serve, recommend, today, replay, keys, doctor. Data goes to stdout, words to stderr."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import socket
import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError
from rich.table import Table
from rich.text import Text

from data.case import Case
from data.console import console, print_json
from data.record import canonical
from data.today import as_if_now
from data.vocabulary import ServedBy
from features.instant_parts import told_anew
from features.wording import Wordings
from models.bundle import open_bundle
from models.files import BundleError, mark_served, never_served
from serving.bodies import read_record
from serving.command_words import with_options
from serving.errors import NotFound, Problem
from serving.health.schemas import Ready
from serving.identifiers import uuid7
from serving.listening import CannotListen, address_of, beyond_loopback, listen
from serving.one_server import AlreadyServed, serving_alone
from serving.served_folder import lead_to_bundles
from serving.settings import Settings
from serving.store.engine import file_of
from serving.wiring import Service, opened, utc_now, wire

if TYPE_CHECKING:
    from serving.doctor import Finding

app = typer.Typer(no_args_is_help=True, help="Serve recommendations, and look at those that were given.")
out, err = console(), console(stderr=True)

LONG_PAST_DAYS = 1
"""A promise that passed so long ago is more likely an old file's than a case that waits."""

Bundle = Annotated[Path | None, typer.Option("--bundle", help="folder of model bundles")]
Policy = Annotated[Path | None, typer.Option("--policy", help="folder of the policy; the committed default without")]
Database = Annotated[str | None, typer.Option("--db", help="URL of the SQLite file, such as sqlite:///var/fairlead.db")]
TheCase = Annotated[Path, typer.Argument(metavar="FILE", help="a case as JSON; - reads stdin")]
Folder = Annotated[Path | None, typer.Option("--folder", help="where database, keys and bundles live")]


def settings_of(**given: Any) -> Settings:
    """The settings of the environment, with what the command line says on top. Exits where one cannot be used."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        for each in error.errors(include_url=False, include_input=False):
            say(_unusable(str(each["loc"][0]), each["msg"]))
        raise typer.Exit(2) from None


def _unusable(name: str, why: str) -> str:
    where = f"--{name} or FAIRLEAD_{name.upper()}" if name in ("host", "port") else f"FAIRLEAD_{name.upper()}"
    return f"{name} cannot be used ({why[:1].lower()}{why[1:]}): set another with {where}"


@app.command()
def serve(
    bundle: Bundle = None,
    policy: Policy = None,
    db: Database = None,
    folder: Folder = None,
    shadow: Annotated[
        Path | None, typer.Option("--shadow", help="folder of a bundle that answers beside, without effect")
    ] = None,
    host: Annotated[
        str | None, typer.Option(help="address to listen on; other machines reach any but loopback (the default)")
    ] = None,
    port: Annotated[int | None, typer.Option(help="port to listen on; 0 takes a free one")] = None,
) -> None:
    """Serve the API and the review desk, recording every answer before it is sent."""
    import uvicorn

    from serving.announcing import AnnouncingServer
    from serving.app import create_app

    settings = settings_of(bundle=bundle, policy=policy, db=db, folder=folder, shadow=shadow, host=host, port=port)
    with (
        _listening(settings) as taken,
        _alone(settings, _address(taken)),
        contextlib.closing(_wired(settings)) as service,
    ):
        _keyed(service)
        with problems_told():
            application = create_app(service)
        mark_served(settings.bundle_folder)
        if why := lead_to_bundles(settings):
            say(f"note: {why} with every command about {settings.folder}")
        # Here alone: other commands look beside a running service, or before the first one has begun.
        service.trust.begin(service.clock())
        service.promotions.clear_staging()
        _tell_what_serves(service)
        config = uvicorn.Config(
            application, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=5
        )
        with contextlib.suppress(KeyboardInterrupt):
            AnnouncingServer(config, lambda: _tell_where(settings, taken)).run(sockets=[taken])


@app.command()
def recommend(
    file: TheCase,
    bundle: Bundle = None,
    policy: Policy = None,
    db: Database = None,
    folder: Folder = None,
    as_json: Annotated[bool, typer.Option("--json", help="the answer as the API gives it")] = False,
) -> None:
    """Recommend for one case without a server. Nothing is recorded, and nothing is created."""
    from serving.card import card
    from serving.recommendations.answering import content_of

    case = _case_of(file)
    with _looking(settings_of(bundle=bundle, policy=policy, db=db, folder=folder)) as service:
        try:
            recommendation = service.recommendations.preview(case)
        except Problem as problem:
            raise _refused(problem) from None
    if as_json:
        print_json(content_of(recommendation))
    else:
        out.print(card(recommendation))
        say("Not recorded: post it to a running service to have it recorded and reviewed.")
    _tell_if_long_past(file, recommendation.predictions.sla_breach.due_at, utc_now())


@app.command()
def today(file: TheCase, bundle: Bundle = None) -> None:
    """Print a case as if it happened now, ready to be posted: an old file makes a living example.

    Its event gets this moment and a new id, its exception a new id; every other instant moves as far. With --bundle,
    attributes that are the hour, weekday or month of an instant are told anew, as far as the bundle knows them.
    """
    now = utc_now()
    wordings = _wordings_of(bundle) if bundle else {}
    try:
        moved, left = told_anew(as_if_now(_case_of(file), now, uuid7(now, os.urandom)), wordings)
    except (ValueError, OverflowError) as error:
        say(str(error))
        raise typer.Exit(2) from None
    print_json(canonical(moved))
    if left:
        say(_left_behind(left, bundle))


def _wordings_of(bundle: Path) -> Wordings:
    try:
        return open_bundle(bundle).attributes.wordings
    except BundleError as error:
        say(str(error))
        raise typer.Exit(2) from None


def _left_behind(left: tuple[str, ...], bundle: Path | None) -> str:
    """Which attributes seem to tell of a moment that has moved, and what to do."""
    told = f"left as they were, though by their names they tell of a moment that has moved: {', '.join(left)}"
    if bundle is None:
        return f"{told}. Name the bundle that reads them by --bundle to have them told anew"
    return f"{told}. {bundle} does not know their clock, or the case not how many hours off the moment is: correct them"


@app.command()
def replay(
    recommendation_id: Annotated[str, typer.Argument(metavar="ID", help="the recommendation's id")],
    bundle: Bundle = None,
    policy: Policy = None,
    db: Database = None,
    folder: Folder = None,
    current: Annotated[bool, typer.Option("--current", help="with the bundle and policy in force now")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the answer made again")] = False,
) -> None:
    """Make a recorded answer again, from the bundle and policy it names, and compare every byte.

    Exit code 0 where the bytes are the same, 1 where they differ, 2 where something it names is not kept here.
    """
    from serving.replay import CannotReplay, Replay, replay_by, replay_exactly

    settings = settings_of(bundle=bundle, policy=policy, db=db, folder=folder)
    if not _has_database(settings):
        say(f"cannot replay: {_no_database(settings)}; name the folder of the service that answered with --folder")
        raise typer.Exit(2)
    service = _wired(settings, looking=True)
    if current:
        _tell_what_would_not_serve(service, settings)
    try:
        with service.database.read() as connection:
            made: Replay = (
                replay_by(connection, service.in_force, recommendation_id)
                if current
                else replay_exactly(connection, service.settings.bundle_folder, recommendation_id)
            )
    except NotFound:
        where = f"{file_of(settings.database_url)}; name the folder of the service that answered with --folder"
        say(f"cannot replay: no recommendation has this id in {where}")
        raise typer.Exit(2) from None
    except Problem as problem:
        raise _refused(problem) from None
    except CannotReplay as error:
        say(f"cannot replay: {error}")
        raise typer.Exit(2) from None
    finally:
        service.close()
    _tell_replay(made, as_json)


@app.command()
def keys(
    folder: Folder = None,
    db: Database = None,
    add: Annotated[str | None, typer.Option("--add", help="create this principal too")] = None,
    role: Annotated[list[str] | None, typer.Option("--role", help="a role of the principal; repeat for more")] = None,
    replace: Annotated[
        bool, typer.Option("--replace-roles", help="give a principal that is there these roles in place of its own")
    ] = False,
) -> None:
    """Create the principals' keys where they are missing, and list every principal: what it may do, where its key is.

    No key is shown.
    """
    from serving import bundle_key
    from serving.keys import does, ensure_key, key_found, roles_asked

    with contextlib.closing(_wired(settings_of(folder=folder, db=db))) as service, problems_told():
        keys = service.settings.key_folder
        _keyed(service)
        if add is None and (role or replace):
            raise ValueError("--role and --replace-roles say what a principal may do: name it with --add")
        if add in (bundle_key.SECRET, bundle_key.PUBLIC):
            raise ValueError(f"{add} names the key that signs bundles: choose another name")
        if add is not None:
            asked = roles_asked(add, role or (), service.principals.by_name(add), replace)
            ensure_key(keys, add, asked, service.principals, service.clock, replace)
        table = Table(title=_whole(f"keys in {keys}, each in the file of its principal's name"), title_justify="left")
        table.box = None
        for heading in ("principal", "roles", "may", "added", "key"):
            table.add_column(heading, no_wrap=heading in ("principal", "added"))
        since = service.principals.roles_since()
        for each, added in service.principals.all():
            roles, when = ", ".join(sorted(each.roles)), f"{added:%Y-%m-%d}"
            if since.get(each.name, added) != added:
                when += f"\nroles {since[each.name]:%Y-%m-%d}"
            table.add_row(each.name, roles, does(each.roles), when, key_found(keys, each))
    table.add_row(bundle_key.SECRET, "the service", "signs bundles", "", "here")
    table.add_row(bundle_key.PUBLIC, "", "verifies bundles: to hand out", "", "here")
    out.print(table)


@app.command()
def doctor(bundle: Bundle = None, policy: Policy = None, db: Database = None, folder: Folder = None) -> None:
    """Say what is installed, what is in force, what is wrong, and how to mend it. Exit code 1 where something is."""
    from serving.doctor import examine

    colour = {"good": "green", "note": "yellow", "wrong": "red"}
    findings = list(examine(settings_of(bundle=bundle, policy=policy, db=db, folder=folder), utc_now()))
    table = Table("", "about", "says", box=None)
    for each in findings:
        table.add_row(Text(each.verdict, style=colour[each.verdict]), each.about, _whole(each.says))
    out.print(table)
    _tell_how_to_mend(findings)
    raise typer.Exit(1 if any(each.verdict == "wrong" for each in findings) else 0)


def _tell_how_to_mend(findings: Iterable[Finding]) -> None:
    """Below the table, unwrapped: a command that a cell would break is not one to copy."""
    advised = dict.fromkeys(f"{each.about}: {each.mend}" for each in findings if each.mend)
    if advised:
        out.print("\nto mend it")
    for each in advised:
        out.print(Text(each), soft_wrap=True)


def _whole(words: str) -> Text:
    """A cell of a table in which no path is cut short."""
    return Text(words, overflow="fold")


def say(words: str) -> None:
    """Words for people, to stderr: unwrapped, and nothing in them is markup."""
    err.print(Text(words), soft_wrap=True)


def _case_of(file: Path) -> Case:
    """The case in a file, or on standard input for `-`."""
    content = sys.stdin.buffer.read() if str(file) == "-" else _read(file)
    try:
        return read_record(Case, content)
    except Problem as problem:
        if odd := _not_one(content):
            say(f"{'standard input' if str(file) == '-' else file} {odd}: give one case a file, or one on stdin with -")
            raise typer.Exit(2) from None
        raise _refused(problem) from None


def _not_one(content: bytes) -> str:
    """What a file holds in place of one case, where that is none or several, a line each or one after the other."""
    text = content.decode(errors="replace").strip()
    if not text:
        return "is empty"
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return ""
    return "holds more than one case" if text[end:].lstrip().startswith("{") else ""


def _wired(settings: Settings, looking: bool = False) -> Service:
    from policies.tables.problems import PolicyError

    try:
        return wire(settings, looking=looking)
    except Problem as problem:
        raise _refused(problem) from None
    except OSError as error:
        say(f"{settings.folder} cannot be used ({error.strerror}): name another with --folder, or free it")
    except (PolicyError, ValueError) as error:
        say(str(error))
    raise typer.Exit(2)


def _keyed(service: Service) -> None:
    """Make the key files of the default principals where they are missing."""
    from serving.keys import ensure_keys

    with problems_told():
        ensure_keys(service.settings.key_folder, service.principals, service.clock)


@contextlib.contextmanager
def problems_told() -> Iterator[None]:
    """What cannot be used is said, and ends the command."""
    try:
        yield
    except Problem as problem:
        raise _refused(problem) from None
    except OSError as error:
        say(f"{error.filename} cannot be used ({error.strerror})")
    except ValueError as error:
        say(str(error))
    else:
        return
    raise typer.Exit(2)


def _has_database(settings: Settings) -> bool:
    """Whether something was ever recorded there. Exits for what is no database's URL."""
    try:
        return file_of(settings.database_url).is_file()
    except ValueError as error:
        say(str(error))
        raise typer.Exit(2) from None


def _no_database(settings: Settings) -> str:
    return f"there is no database at {file_of(settings.database_url)}, so nothing was recorded there"


@contextlib.contextmanager
def _looking(settings: Settings) -> Iterator[Service]:
    """A service that changes nothing: where no database is, over an empty one that is gone afterwards."""
    given = settings
    with contextlib.ExitStack() as stack:
        if not _has_database(settings):
            say(f"{_no_database(settings)}: answering as on a first day")
            passing = stack.enter_context(tempfile.TemporaryDirectory())
            settings = settings.model_copy(update={"db": f"sqlite:///{passing}/passing.db"})
            opened(settings.database_url, looking=False).close()
        service = stack.enter_context(contextlib.closing(_wired(settings, looking=True)))
        _tell_what_would_not_serve(service, given)
        yield service


def _listening(settings: Settings) -> socket.socket:
    """The socket to serve on, taken before anything else is touched."""
    try:
        return listen(settings.host, settings.port)
    except CannotListen as error:
        say(str(error))
        raise typer.Exit(2) from None


@contextlib.contextmanager
def _alone(settings: Settings, address: str) -> Iterator[None]:
    """The one process that serves this folder; another one that does is said, and ends the command."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(serving_alone(settings, address))
        except (AlreadyServed, ValueError) as error:
            say(str(error))
            raise typer.Exit(2) from None
        yield


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        say(f"{file} cannot be read ({error.strerror}): name a file with a case as JSON, or - for stdin")
        raise typer.Exit(2) from None


def _refused(problem: Problem) -> typer.Exit:
    say(problem.detail)
    for fault in problem.faults:
        say(f"  {fault.pointer or '/'}: {fault.expected}")
    return typer.Exit(2)


def _tell_what_would_not_serve(service: Service, settings: Settings) -> None:
    """Whoever looks may look at any bundle, and hears that the service named would not answer by it, or not yet."""
    refusal = service.health.not_trusted()
    if not refusal:
        return
    if settings.bundle is not None and never_served(settings.bundle):
        say("The bundle is not signed yet: a service signs what it begins with, or what comes in force by promotion.")
    else:
        whose = f"the database {settings.db}" if settings.db else f"the folder {settings.folder}"
        other = "name another service's with --db or --folder"
        say(f"The service with {whose} would not answer by it ({other}). {with_options(refusal, settings)}")


def _tell_if_long_past(file: Path, due_at: datetime | None, now: datetime) -> None:
    """An old file makes a case that nobody has to work on: its broken promise says nothing of the models."""
    days = (now - due_at).days if due_at else 0
    if days >= LONG_PAST_DAYS:
        source = shlex.quote(str(file))
        say(
            f"The promise of this case passed {days:,} {'day' if days == 1 else 'days'} ago, which leaves nothing of "
            f"it to predict. As if it happened now: fairlead today {source} | fairlead recommend -, with the same "
            "options"
        )


def _tell_what_serves(service: Service) -> None:
    settings, ready = service.settings, service.health.ready()
    for sentence in service.trust.begun:
        say(sentence)
    say(f"bundle {ready.bundle or _no_bundle(ready)}")
    say(f"policy {ready.policy} (version {ready.policy_version})")
    for step in ready.ladder:
        say(f"  {step.task.value}: {step.served_by.value}" + (f" ({step.reason})" if step.reason else ""))
    if service.shadow.digest:
        say(f"shadow {service.shadow.digest}: it answers beside, without effect")
    if service.shadow.problem:
        say(f"shadow: {service.shadow.problem}")
    for warning in ready.warnings:
        say(with_options(warning, settings))


def _tell_where(settings: Settings, taken: socket.socket) -> None:
    """Said once the socket accepts: a script that waits for this line may post at once."""
    host, port = address_of(taken)
    if beyond_loopback(taken):
        say(f"LISTENING BEYOND LOOPBACK on {host} port {port}, unencrypted: keep it behind a proxy that brings TLS")
    say(f"keys in {settings.key_folder}; docs at {_address(taken)}/docs")


def _address(taken: socket.socket) -> str:
    host, port = address_of(taken)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _no_bundle(ready: Ready) -> str:
    """What serves in place of a bundle that is absent or cannot be read."""
    if any(step.served_by is ServedBy.PREVIOUS_MODEL for step in ready.ladder):
        return "none could be read: the models of an earlier one serve"
    return "none: every prediction comes from the rules"


def _tell_replay(made: Any, as_json: bool) -> None:
    if as_json:
        print_json(made.again)
    if made.same:
        say(f"the same {len(made.stored)} bytes")
        return
    for each in made.differences():
        say(f"{each.pointer}\n  stored {each.stored}\n  now    {each.now}")
    raise typer.Exit(1)
