"""What must never be committed: registry hosts, paths of a machine, secrets, what a merge left open."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOSTS = re.compile("|".join(["py" + r"pi\.org", "python" + "hosted", r"registry\." + "npmjs", r"deb\." + "debian"]))
MACHINE = re.compile("|".join(["/wo" + "rk/", "/ro" + "ot/"]))
FOLDERS = {
    ".ci",
    "benchmarks",
    "data",
    "docs",
    "examples",
    "features",
    "models",
    "policies",
    "scripts",
    "serving",
    "tests",
    "training",
}
MERGE = re.compile(r"^(<{7}|>{7})( |$)", re.MULTILINE)


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout, so there is no list of committed files")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("pattern", [HOSTS, MACHINE, MERGE], ids=["registry hosts", "paths of a machine", "merges"])
def test_no_committed_file_names(pattern: re.Pattern[str]) -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if path.suffix not in {".png", ".woff2"} and pattern.search(path.read_text(encoding="utf-8", errors="ignore"))
    ]
    assert not found


def test_no_folder_is_committed_but_the_rooms() -> None:
    """A learner beside us once left a folder of its logs where it was called, and it was committed."""
    folders = {path.relative_to(ROOT).parts[0] for path in tracked() if path.parent != ROOT}
    assert folders == FOLDERS


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-serving.lock"])
def test_every_locked_requirement_carries_a_hash(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = re.findall(r"^[A-Za-z0-9_.\[\]-]+==.*(?:\n    --hash=sha256:[0-9a-f]{64}.*)+", text, re.MULTILINE)
    assert len(entries) == len(re.findall(r"^[A-Za-z0-9]", text, re.MULTILINE))


def test_the_serving_lock_has_no_learner() -> None:
    text = (ROOT / "requirements-serving.lock").read_text(encoding="utf-8")
    for name in ("lightgbm", "mlflow", "shap", "pandas", "scikit-learn", "joblib"):
        assert not re.search(rf"^{name}(-skinny)?==", text, re.MULTILINE)
