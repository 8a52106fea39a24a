"""Promotions, what is in force, and what the shadow says"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "promotions",
        sa.Column("promotion_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("challenger", sa.String(length=71), nullable=False),
        sa.Column("champion", sa.String(length=71), nullable=False),
        sa.Column("requested_by", sa.String(length=128), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("dossier", sa.String(length=71), nullable=False),
        sa.CheckConstraint("state IN ('proposed', 'refused')", name=op.f("ck_promotions_state_as_asked")),
        sa.ForeignKeyConstraint(["dossier"], ["documents.digest"], name=op.f("fk_promotions_dossier")),
        sa.ForeignKeyConstraint(["requested_by"], ["principals.name"], name=op.f("fk_promotions_requested_by")),
        sa.PrimaryKeyConstraint("promotion_id", name=op.f("pk_promotions")),
        sa.UniqueConstraint("promotion_id", "requested_by", "state", name=op.f("uq_promotions_promotion_id")),
    )
    op.create_index("ix_promotions_challenger", "promotions", ["challenger"], unique=False)
    op.create_table(
        "promotion_decisions",
        sa.Column("promotion_id", sa.String(length=36), nullable=False),
        sa.Column("requested_by", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("decided_by", sa.String(length=128), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("decided_by <> requested_by", name=op.f("ck_promotion_decisions_who_asked_does_not_decide")),
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
    op.create_table(
        "bundles_in_force",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bundle", sa.String(length=71), nullable=False),
        sa.Column("came", sa.String(length=16), nullable=False),
        sa.Column("before", sa.Integer(), nullable=True),
        sa.Column("promotion_id", sa.String(length=36), nullable=True),
        sa.Column("principal", sa.String(length=128), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["before"], ["bundles_in_force.sequence"], name=op.f("fk_bundles_in_force_before")),
        sa.ForeignKeyConstraint(
            ["promotion_id"], ["promotions.promotion_id"], name=op.f("fk_bundles_in_force_promotion_id")
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_bundles_in_force")),
    )
    op.create_table(
        "shadow_answers",
        sa.Column("recommendation_id", sa.String(length=36), nullable=False),
        sa.Column("champion", sa.String(length=71), nullable=False),
        sa.Column("challenger", sa.String(length=71), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recommendation_id"],
            ["recommendations.recommendation_id"],
            name=op.f("fk_shadow_answers_recommendation_id"),
        ),
        sa.PrimaryKeyConstraint("recommendation_id", name=op.f("pk_shadow_answers")),
    )
    op.create_index(op.f("ix_shadow_answers_challenger"), "shadow_answers", ["challenger"], unique=False)
