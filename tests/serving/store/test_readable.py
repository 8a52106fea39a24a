"""Every row is read by its own reader: what that cannot read is counted, and the first is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from serving.store import readable, tables
from serving.store.engine import Database
from tests.fixtures.used import alter, used

SHELF = "INSERT INTO shelf_answers (lot, answered_on, answered_at, probability, features) VALUES (7, 1, 0, 0.5, x'00')"
NO_BYTES = SHELF.replace("x'00'", "'no bytes'")

ALTERED = [
    ("UPDATE principal_roles SET role = 'x' WHERE principal = 'auditor'", "1 rows of principal_roles, such as "),
    (
        "UPDATE recommendations SET issued_at = 9000000000000000000",
        "3 rows of recommendations, such as recommendation_id ",
    ),
    ("UPDATE review_statuses SET state = 'x'", "3 rows of review_statuses, such as recommendation_id "),
    ("UPDATE bundles_in_force SET came = 'x' WHERE sequence > 2", "2 rows of bundles_in_force, such as sequence 3"),
    ("UPDATE promotions SET requested_at = 9000000000000000000", "3 rows of promotions, such as promotion_id "),
    ("UPDATE promotion_decisions SET verdict = 'x'", "2 rows of promotion_decisions, such as promotion_id "),
    ("UPDATE parties SET state = 'x'", " rows of parties, such as kind "),
    ("UPDATE track_records SET state = 'x' WHERE region = ''", " rows of track_records, such as "),
    ("UPDATE shadow_answers SET content = 'x'", " rows of shadow_answers, such as recommendation_id "),
    (SHELF, "1 rows of shelf_answers, such as lot 7"),
    (NO_BYTES, "1 rows of shelf_answers, such as lot 7"),
    ("UPDATE outcomes SET received_at = 'abc'", "2 rows of outcomes, such as "),
]


def faults(folder: Path) -> list[str]:
    database = Database(f"sqlite:///{folder / 'fairlead.db'}")
    with database.read() as connection:
        found = [fault for table in readable.READ for fault in readable.faults(connection, table)]
    database.close()
    return found


@pytest.mark.parametrize(
    ("statement", "said"), ALTERED, ids=[said.split(" of ")[1].split(",")[0] for _, said in ALTERED]
)
def test_what_cannot_be_read_of_a_table_is_told_in_one_sentence(tmp_path: Path, statement: str, said: str) -> None:
    folder = used(tmp_path / "used")
    assert faults(folder) == []
    alter(folder, statement)
    (told,) = faults(folder)
    assert told.startswith("the database holds what Fairlead never writes in ")
    assert said in told


def test_every_table_with_a_reader_is_read() -> None:
    assert readable.READERS.keys() <= set(readable.READ)
    assert set(tables.metadata.sorted_tables) - set(readable.READ) == {tables.documents}
