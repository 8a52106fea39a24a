from __future__ import annotations

import json
from pathlib import Path

from features.wording import Wording
from tests.fixtures.histories import parts, small_history
from training.histories.history import open_history
from training.histories.together import Together
from training.tables.mapping import parse_mapping


def test_both_histories_come_in_time_order() -> None:
    earlier, later = map(open_history, parts())
    both = Together(earlier, later)
    assert list(both.lines()) == list(open_history(small_history()).lines())
    assert both.digest not in (earlier.digest, later.digest)
    assert both.name == "earlier.jsonl and later.jsonl"


def test_an_event_in_both_is_told_by_the_later_one(tmp_path: Path) -> None:
    use = tmp_path / "use.jsonl"
    lines = [json.loads(line) for line in parts()[0].read_bytes().splitlines()[:5]]
    for line in lines:
        line["outcome"] = {"recorded_at": line["case"]["event"]["time"], "sla_breached": True}
    use.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    both = list(Together(open_history(parts()[0]), open_history(use)).lines())
    assert len(both) == len(parts()[0].read_bytes().splitlines())
    assert all(line.outcome is not None and line.outcome.sla_breached for line in both[:5])


def test_what_attributes_are_called_is_known_of_either(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("id,at,inv\n1,2026-01-01T00:00:00Z,3\n", encoding="utf-8")
    facts = {"event.source": {"constant": "s"}, "event.id": "id", "event.time": "at", "exception_id": "id"}
    attributes = {"inv": {"column": "inv", "kind": "number", "called": "stock on hand"}}
    mapping = parse_mapping({"schema": "fairlead/mapping/1", "facts": facts, "attributes": attributes})
    both = Together(open_history(table, mapping), open_history(parts()[0]))
    assert both.wordings == {"inv": Wording(called="stock on hand")}


def test_what_an_event_came_to_is_kept_where_the_earlier_history_alone_tells_it(tmp_path: Path) -> None:
    """A service that was never told the outcome of a case does not unteach it."""
    use = tmp_path / "use.jsonl"
    lines = [json.loads(line) for line in parts()[0].read_bytes().splitlines()]
    known = [line for line in lines if line.get("outcome")][:3]
    new = json.loads(json.dumps(lines[-1]))
    new["case"]["event"]["id"] += "-again"
    recorded = [{**line, "outcome": None} for line in [*known, new]]
    use.write_text("".join(json.dumps(line) + "\n" for line in recorded), encoding="utf-8")
    both = list(Together(open_history(parts()[0]), open_history(use)).lines())
    assert both[:-1] == list(open_history(parts()[0]).lines())
    assert (both[-1].case.event.id, both[-1].outcome) == (new["case"]["event"]["id"], None)
