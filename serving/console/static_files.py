"""The console's own files: styles, one script, the mark and htmx, read once and served with their digests."""

from __future__ import annotations

from functools import cache

from starlette.responses import Response

from serving.console.rendering import STATIC_FOLDER
from serving.errors import NotFound

_MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".LICENSE": "text/plain"}
_FOR_EVER = "public, max-age=31536000, immutable"


def static_file(name: str) -> Response:
    """One file by its path under `static/`. The pages name files with their digest, so they may be kept for ever."""
    if name not in _files():
        raise NotFound("The console has no such file.")
    content, media_type = _files()[name]
    return Response(content, media_type=media_type, headers={"Cache-Control": _FOR_EVER})


@cache
def _files() -> dict[str, tuple[bytes, str]]:
    served = (path for path in STATIC_FOLDER.rglob("*") if path.suffix in _MEDIA_TYPES)
    return {
        path.relative_to(STATIC_FOLDER).as_posix(): (path.read_bytes(), _MEDIA_TYPES[path.suffix]) for path in served
    }
