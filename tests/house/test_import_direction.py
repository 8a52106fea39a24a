"""The direction of imports, read from the source: who may import whom, no cycles, nothing heavy in serving."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAY_IMPORT = {
    "data": set(),
    "features": {"data"},
    "models": {"features", "data"},
    "policies": {"data"},
    "training": {"models", "policies", "features", "data"},
    "serving": {"models", "policies", "features", "data"},
}
WITHIN_TRAINING = ("tables", "histories", "check", "daily", "report", "learning", "drift", "promotion", "tracking")
"""The rooms of training: each imports only those before it; `commands` and `train.py` stand above all."""
HEAVY = {"lightgbm", "mlflow", "shap", "pandas", "sklearn", "joblib", "scipy", "matplotlib", "pyarrow"}


def sources(*rooms: str) -> list[Path]:
    return sorted(path for room in rooms for path in (ROOT / room).rglob("*.py"))


def imported(path: Path, *, at_load: bool = False) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = _load_time(tree) if at_load else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path} imports relatively; name the room instead"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _load_time(tree: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _load_time(child)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_downwards(room: str) -> None:
    forbidden = set(MAY_IMPORT) - MAY_IMPORT[room] - {room}
    found = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(room)
        for name in imported(path)
        if name.split(".")[0] in forbidden
    }
    assert not found


@pytest.mark.parametrize("room", WITHIN_TRAINING)
def test_a_room_of_training_imports_only_those_before_it(room: str) -> None:
    later = {*WITHIN_TRAINING[WITHIN_TRAINING.index(room) + 1 :], "commands", "train"}
    found = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(f"training/{room}")
        for name in imported(path)
        if name.startswith("training.") and name.split(".")[1] in later
    }
    assert not found


def test_every_room_of_training_has_its_place_in_the_order() -> None:
    rooms = {path.parent.name for path in (ROOT / "training").glob("*/__init__.py")}
    assert rooms == {*WITHIN_TRAINING, "commands"}


@pytest.mark.parametrize("room", ["data", "features", "models", "policies", "serving"])
def test_nothing_the_service_loads_imports_a_learner_or_a_registry(room: str) -> None:
    found = {
        f"{path.relative_to(ROOT)}: {n}" for path in sources(room) for n in imported(path) if n.split(".")[0] in HEAVY
    }
    assert not found


def test_no_import_cycles_not_even_of_types() -> None:
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in sources(*MAY_IMPORT)}
    arrows = {
        name: {target for target in imported(path) if target in modules and target != name}
        for name, path in modules.items()
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, f"cycle: {' -> '.join((*trail[trail.index(name) :], name))}"
        if name not in done:
            for target in sorted(arrows[name]):
                visit(target, (*trail, name))
            done.add(name)

    for name in sorted(arrows):
        visit(name, ())


def test_our_source_never_names_the_unsafe_format() -> None:
    word = "pick" + "le"
    files = [*sources(*MAY_IMPORT), ROOT / "fairlead.py"]
    assert not [str(path.relative_to(ROOT)) for path in files if word in path.read_text(encoding="utf-8").lower()]
