"""The currency of a loss: the queue compares amounts by the policy's rates

Losses kept before this version are in the currency that the answer tells.
"""

from __future__ import annotations

import json
import zlib

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ANSWERS = """
    SELECT recommendations.recommendation_id, documents.content FROM recommendations
    JOIN documents ON documents.digest = recommendations.answer
    JOIN review_statuses ON review_statuses.recommendation_id = recommendations.recommendation_id
    WHERE review_statuses.loss > 0
"""
FILL = "UPDATE review_statuses SET currency = :currency WHERE recommendation_id = :id"


def upgrade() -> None:
    op.add_column("review_statuses", sa.Column("currency", sa.String(length=3), nullable=True))
    connection = op.get_bind()
    told = [{"id": id, "currency": currency_of(content)} for id, content in connection.execute(sa.text(ANSWERS))]
    if told:
        connection.execute(sa.text(FILL), told)


def currency_of(content: bytes) -> str | None:
    """What the answer tells; None where its document was altered, which is for `fairlead doctor` to say."""
    try:
        told = json.loads(zlib.decompress(content))["urgency"]["value_at_stake"]["currency"]
    except (zlib.error, ValueError, KeyError, TypeError):
        return None
    return told if isinstance(told, str) and len(told) == 3 else None
