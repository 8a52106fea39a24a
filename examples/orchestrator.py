r"""A small real orchestrator: report an exception, wait for whoever must agree, execute, report the outcome.

    python examples/orchestrator.py                          # the example exception, as if it had just happened
    python examples/orchestrator.py my-exception.json --as-it-is
    python examples/orchestrator.py --print | curl --json @- -H "Authorization: Bearer $(cat var/keys/orchestrator)" \
        http://127.0.0.1:8080/v1/recommendations

It needs nothing but Python and a running service. What makes it safe to run, crash and run again:

- every request carries an Idempotency-Key made from the event's identity, so a retry gets the first answer's bytes;
- it retries only what may pass by itself (no connection, 429, 5xx), honours Retry-After, and backs off with jitter;
- what happened is written to a journal before it is told, so a run after a crash goes on where the last one stopped;
- it executes only what the verdict says may be executed now, never the recommendation by itself: nothing where the
  review was `closed` because somebody told the outcome, and nothing again once it has told the outcome itself;
- it holds one line while people decide (`?wait=30` with the version's ETag) instead of asking again and again.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

Json = dict[str, Any]
Execute = Callable[[str, Json, str], Json]
"""Executes an action with its parameters in the retailer's systems; returns what is known of the outcome.

The third argument is a key that stays the same after a crash, for those systems to recognise a repetition by.
"""

MAY_PASS = frozenset({408, 429, 500, 502, 503, 504})
ATTEMPTS = 6
HOLD_SECONDS = 30
EXECUTABLE = ("not_required", "approved", "overridden")
_INSTANT = re.compile(r'"(\d{4}-\d{2}-\d{2}T[0-9:.]+(?:Z|[+-]\d{2}:\d{2}))"')


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int
    headers: dict[str, str]
    body: Json


def send(request: Request, timeout: float) -> Answer:
    """Send one request once. Raises OSError or HTTPException where no answer came."""
    try:
        with urlopen(request, timeout=timeout) as response:  # noqa: S310 - the operator names the URL
            return _answer(response.status, response.headers, response.read())
    except HTTPError as error:
        with error:
            return _answer(error.code, error.headers, error.read())


def _answer(status: int, headers: Any, content: bytes) -> Answer:
    return Answer(status, {name.lower(): value for name, value in headers.items()}, json.loads(content or b"{}"))


@dataclass(frozen=True)
class Fairlead:
    """The service as an orchestrator sees it."""

    url: str
    key: str
    send: Callable[[Request, float], Answer] = send
    sleep: Callable[[float], None] = time.sleep
    random: random.Random = field(default_factory=random.Random)

    def call(self, method: str, path: str, body: Json | None = None, **headers: str) -> Answer:
        """Send until an answer comes that is worth keeping. Raises RuntimeError where none does, or it is a refusal."""
        for attempt in range(ATTEMPTS):
            pause = 0.25 * 2**attempt * self.random.uniform(0.5, 1.5)
            try:
                answer = self.send(self._request(method, path, body, headers), HOLD_SECONDS + 15)
            except (OSError, HTTPException):
                self.sleep(pause)
                continue
            if answer.status not in MAY_PASS:
                return _accepted(answer)
            self.sleep(max(pause, float(answer.headers.get("retry-after", 0))))
        raise RuntimeError(f"{method} {path}: no answer after {ATTEMPTS} attempts")

    def _request(self, method: str, path: str, body: Json | None, headers: dict[str, str]) -> Request:
        content = None if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", **named}
        return Request(self.url + path, data=content, headers=sent, method=method)  # noqa: S310


@dataclass(frozen=True)
class Journal:
    """What was done, a line of JSON each, synced to the disk: done once, remembered after a crash."""

    file: Path

    def find(self, key: str) -> Json | None:
        """What was written under the key; None where nothing was."""
        for line in self.file.read_text(encoding="utf-8").splitlines() if self.file.exists() else ():
            if (told := json.loads(line))["key"] == key:
                return dict(told["result"])
        return None

    def write(self, key: str, result: Json) -> Json:
        """Write the result under the key; it is on the disk on return."""
        with self.file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"key": key, "result": result}) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        return result


def _accepted(answer: Answer) -> Answer:
    if answer.status >= 400:
        raise RuntimeError(f"refused with {answer.status}: {json.dumps(answer.body)}")
    return answer


def handle(fairlead: Fairlead, exception: Json, execute: Execute, journal: Journal, patience: float = 3600) -> Json:
    """See one exception through; returns the recommendation, the last verdict and the outcome that was reported."""
    recommendation = fairlead.call("POST", "/v1/recommendations", exception, Idempotency_Key=_key(exception)).body
    path = f"/v1/recommendations/{recommendation['recommendation_id']}"
    verdict = wait_for_verdict(fairlead, path, patience)
    told: Json = {"recommendation": recommendation, "verdict": verdict, "outcome": None}
    action, key = verdict.get("execute"), _key(exception, "outcome")
    happened = journal.find(key)
    if happened is None and verdict["state"] in EXECUTABLE and action:
        happened = journal.write(key, _executed(execute, action, verdict["parameters"], key))
    if happened is not None:
        told["outcome"] = fairlead.call("POST", f"{path}/outcomes", happened, Idempotency_Key=key).body
    return told


def _executed(execute: Execute, action: str, parameters: Json, key: str) -> Json:
    return {"action": action, **execute(action, parameters, key), "recorded_at": _now()}


def wait_for_verdict(fairlead: Fairlead, path: str, patience: float) -> Json:
    """Hold the line until nobody needs to agree any more, or patience ends."""
    answer = fairlead.call("GET", f"{path}/reviews")
    deadline = time.monotonic() + patience
    while answer.body["state"] == "open" and time.monotonic() < deadline:
        held = fairlead.call("GET", f"{path}/reviews?wait={HOLD_SECONDS}", If_None_Match=answer.headers["etag"])
        answer = answer if held.status == 304 else held
    return answer.body


def _key(exception: Json, step: str = "recommendation") -> str:
    """The same after a crash: made from the event's identity, not from chance."""
    event = exception["event"]
    return str(uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([event["source"], event["id"], step])))


def as_if_now(exception: Json, now: datetime) -> Json:
    """The exception with every instant moved so that its event happens now, as a new event of a new exception."""
    shift = now - datetime.fromisoformat(exception["event"]["time"])

    def moved(found: re.Match[str]) -> str:
        return f'"{_written(datetime.fromisoformat(found[1]) + shift)}"'

    fresh: Json = json.loads(_INSTANT.sub(moved, json.dumps(exception)))
    fresh["event"]["id"] = str(uuid.uuid4())
    fresh["exception_id"] = f"{exception['exception_id']}-{now:%H%M%S}"
    return fresh


def _now() -> str:
    return _written(datetime.now(UTC))


def _written(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _harmless(words: str) -> str:
    """What a sender wrote must not act on the terminal that shows it."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in words)


def pretend(action: str, parameters: Json, key: str) -> Json:
    """Stands where an orchestrator calls the OMS, WMS or ERP, with the key as theirs."""
    print(f"executing {action} {json.dumps(parameters)}", file=sys.stderr)
    return {"resolved_at": _now()}


def main() -> None:
    """Handle one exception from a file."""
    parser = argparse.ArgumentParser(description="See one exception through.")
    parser.add_argument("file", nargs="?", default=Path(__file__).parent / "exception.json", type=Path)
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--key-file", default=Path("var/keys/orchestrator"), type=Path)
    parser.add_argument("--as-it-is", action="store_true", help="keep the file's instants and ids")
    parser.add_argument("--print", action="store_true", help="print the exception that would be sent, and stop")
    parser.add_argument("--journal", default=Path("var/orchestrator.jsonl"), type=Path, help="what was done so far")
    parser.add_argument("--patience", type=float, default=3600, help="seconds to wait for people")
    chosen = parser.parse_args()
    exception = json.loads(chosen.file.read_text(encoding="utf-8"))
    if not chosen.as_it_is:
        exception = as_if_now(exception, datetime.now(UTC))
    if chosen.print:
        print(json.dumps(exception, indent=2))
        return
    fairlead = Fairlead(chosen.url, chosen.key_file.read_text(encoding="ascii").strip())
    told = handle(fairlead, exception, pretend, Journal(chosen.journal), chosen.patience)
    print(_harmless(told["recommendation"]["says"]), file=sys.stderr)
    if held := told["verdict"].get("held_until"):
        print(f"held until {' and '.join(held)}: send a newer event once that clears", file=sys.stderr)
    print(json.dumps({"verdict": told["verdict"], "outcome": told["outcome"]}, indent=2))


if __name__ == "__main__":
    main()
