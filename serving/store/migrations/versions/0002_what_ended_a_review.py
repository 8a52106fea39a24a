"""What ended a review: which recommendation superseded it, and that an outcome closes it

Outcomes told before this version left the review as it was: they end it now, as they would today.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NEWEST = """
    SELECT newer.recommendation_id FROM recommendations AS mine
    JOIN recommendations AS newer ON newer.exception_id = mine.exception_id
    WHERE mine.recommendation_id = review_statuses.recommendation_id
    ORDER BY newer.event_time DESC, newer.source DESC, newer.event_id DESC LIMIT 1
"""


def upgrade() -> None:
    op.add_column("review_statuses", sa.Column("superseded_by", sa.String(length=36), nullable=True))
    op.execute(f"UPDATE review_statuses SET superseded_by = ({NEWEST}) WHERE state = 'superseded'")  # noqa: S608
    told = "recommendation_id IN (SELECT recommendation_id FROM outcomes)"
    op.execute(f"UPDATE review_statuses SET version = version + 1 WHERE {told}")  # noqa: S608
    op.execute(f"UPDATE review_statuses SET state = 'closed', roles = '[]' WHERE state = 'open' AND {told}")  # noqa: S608
