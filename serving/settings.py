"""What can be set, and from where: the environment (`FAIRLEAD_PORT=8081`), or the command's own options."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One typed value for everything an operator may choose."""

    model_config = SettingsConfigDict(env_prefix="FAIRLEAD_", extra="ignore", frozen=True)

    folder: Path = Path("var")
    """Where the database, the keys and the bundles live unless told otherwise."""
    bundle: Path | None = None
    """The folder of model bundles; `<folder>/bundle` where not given."""
    policy: Path | None = None
    """The folder of the policy; the committed default where not given."""
    db: str | None = None
    """A SQLAlchemy URL of a SQLite file; `<folder>/fairlead.db` where not given."""
    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65_535)
    max_body_bytes: int = Field(1024 * 1024, ge=1)
    """A request with a larger body is refused before it is parsed."""
    max_model_file_bytes: int = Field(64 * 1024 * 1024, ge=1)
    """The largest file of a bundle that may be sent for a promotion."""
    shadow: Path | None = None
    """The folder of a bundle that answers beside the one in force, without effect; none where not given."""
    longest_wait_seconds: float = Field(60, ge=0, le=600)
    """How long a request for a verdict may hold the line."""

    @property
    def bundle_folder(self) -> Path:
        """Where bundles are read from."""
        return self.bundle or self.folder / "bundle"

    @property
    def key_folder(self) -> Path:
        """Where the keys of the default principals are written, each in a file of its own."""
        return self.folder / "keys"

    @property
    def database_url(self) -> str:
        """The URL of the database."""
        return self.db or f"sqlite:///{self.folder / 'fairlead.db'}"
