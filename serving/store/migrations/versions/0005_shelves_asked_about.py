"""What was answered about shelves that were asked about by themselves"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shelf_answers",
        sa.Column("lot", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("answered_on", sa.Integer(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=False),
        sa.Column("bundle", sa.String(length=71), nullable=True),
        sa.Column("version", sa.String(length=71), nullable=True),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("features", sa.LargeBinary(), nullable=False),
        sa.Column("region", sa.String(length=128), nullable=True),
        sa.Column("stake", sa.Float(), nullable=True),
        sa.Column("challenger", sa.String(length=71), nullable=True),
        sa.Column("challenger_probability", sa.Float(), nullable=True),
        sa.Column("happened", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("lot", name=op.f("pk_shelf_answers")),
    )
    op.create_index("ix_shelf_answers_answered_on", "shelf_answers", ["answered_on", "lot"], unique=False)
    op.create_index(op.f("ix_shelf_answers_challenger"), "shelf_answers", ["challenger"], unique=False)
