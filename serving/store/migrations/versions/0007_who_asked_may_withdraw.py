"""Whoever asked for a promotion may withdraw it: they still agree to nothing"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # SQLite changes no constraint of a table: the decisions move into a new one.
    op.create_table(
        "promotion_decisions_anew",
        sa.Column("promotion_id", sa.String(length=36), nullable=False),
        sa.Column("requested_by", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("decided_by", sa.String(length=128), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "decided_by <> requested_by OR verdict = 'reject'",
            name=op.f("ck_promotion_decisions_who_asked_does_not_agree"),
        ),
        sa.CheckConstraint("state = 'proposed'", name=op.f("ck_promotion_decisions_what_was_refused_is_not_decided")),
        sa.CheckConstraint("verdict IN ('approve', 'reject')", name=op.f("ck_promotion_decisions_verdict")),
        sa.ForeignKeyConstraint(["decided_by"], ["principals.name"], name=op.f("fk_promotion_decisions_decided_by")),
        sa.ForeignKeyConstraint(
            ["promotion_id", "requested_by", "state"],
            ["promotions.promotion_id", "promotions.requested_by", "promotions.state"],
            name=op.f("fk_promotion_decisions_promotion_id"),
        ),
        sa.PrimaryKeyConstraint("promotion_id", name=op.f("pk_promotion_decisions")),
    )
    op.execute("INSERT INTO promotion_decisions_anew SELECT * FROM promotion_decisions")
    op.drop_table("promotion_decisions")
    op.rename_table("promotion_decisions_anew", "promotion_decisions")
