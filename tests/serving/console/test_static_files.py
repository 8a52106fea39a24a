"""What the browser loads is what was vendored and reviewed, and nothing else can be had."""

import hashlib
from pathlib import Path

import pytest

from serving.console.rendering import STATIC_FOLDER, static_url
from serving.console.static_files import static_file
from serving.errors import NotFound

VENDOR = STATIC_FOLDER / "vendor"


def recorded() -> dict[str, str]:
    lines = (VENDOR / "SHA256SUMS").read_text(encoding="ascii").splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_vendored_files_are_those_whose_digests_are_recorded() -> None:
    found = {path.name: digest(path) for path in VENDOR.iterdir() if path.name != "SHA256SUMS"}
    assert found == recorded()


def test_every_vendored_script_has_its_licence() -> None:
    for script in VENDOR.glob("*.js"):
        licence = VENDOR / script.name.replace(".min.js", ".LICENSE")
        assert "Permission to use, copy, modify" in licence.read_text(encoding="utf-8")


def test_an_address_changes_with_its_file() -> None:
    assert static_url("desk.css") == f"/console/static/desk.css?v={digest(STATIC_FOLDER / 'desk.css')[:12]}"


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("desk.css", "text/css; charset=utf-8"),
        ("desk.js", "text/javascript; charset=utf-8"),
        ("mark.svg", "image/svg+xml"),
        ("vendor/htmx-4.0.1.min.js", "text/javascript; charset=utf-8"),
    ],
)
def test_own_files_are_served_for_ever(name: str, media_type: str) -> None:
    response = static_file(name)
    assert response.headers["content-type"] == media_type
    assert "immutable" in response.headers["cache-control"]


@pytest.mark.parametrize("name", ["", ".", "../pages.py", "desk.css/..", "vendor", "vendor/SHA256SUMS", "/etc/passwd"])
def test_nothing_else_is_served(name: str) -> None:
    with pytest.raises(NotFound):
        static_file(name)


def test_no_own_file_names_another_host() -> None:
    for path in STATIC_FOLDER.glob("*.*"):
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "://" not in text, path.name
