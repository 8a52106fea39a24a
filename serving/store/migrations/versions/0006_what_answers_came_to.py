"""What a model's answers came to, as far as their outcomes are known"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "track_records",
        sa.Column("task", sa.String(length=32), nullable=False),
        sa.Column("version", sa.String(length=71), nullable=False),
        sa.Column("region", sa.String(length=128), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("task", "version", "region", name=op.f("pk_track_records")),
    )
