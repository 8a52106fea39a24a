"""The tables. The migrations create them; a test holds the two together.

Instants are whole milliseconds since 1970, so that they sort and compare in every database alike.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


def _document(name: str) -> Column[str]:
    return Column(name, String(71), ForeignKey("documents.digest"), nullable=False)


documents = Table(
    "documents",
    metadata,
    Column("digest", String(71), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
"""Bytes by their own SHA-256: cases, standings, features, answers, policies. Never changed, never written twice."""

principals = Table(
    "principals",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("key_digest", String(64), nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
)

principal_roles = Table(
    "principal_roles",
    metadata,
    Column("principal", String(128), ForeignKey("principals.name"), primary_key=True),
    Column("role", String(32), primary_key=True),
)

policies = Table(
    "policies",
    metadata,
    Column("digest", String(71), primary_key=True),
    _document("files"),
)
"""Every policy an answer names: its files, by the policy's digest."""

recommendations = Table(
    "recommendations",
    metadata,
    Column("recommendation_id", String(36), primary_key=True),
    Column("source", String(128), nullable=False),
    Column("event_id", String(128), nullable=False),
    Column("event_time", BigInteger, nullable=False),
    Column("exception_id", String(128), nullable=False, index=True),
    Column("requested_by", String(128), ForeignKey("principals.name"), nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("bundle", String(71)),
    Column("policy", String(71), ForeignKey("policies.digest"), nullable=False),
    _document("input"),
    _document("standing"),
    _document("ladder"),
    _document("features"),
    _document("answer"),
    UniqueConstraint("source", "event_id"),
    UniqueConstraint("recommendation_id", "requested_by"),
)
"""One row per event, immutable. What it was made from is in `documents`."""

review_statuses = Table(
    "review_statuses",
    metadata,
    Column("recommendation_id", String(36), ForeignKey("recommendations.recommendation_id"), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("roles", Text, nullable=False),
    Column("action", String(64)),
    Column("parameters", Text, nullable=False),
    Column("disposition", String(16), nullable=False),
    Column("held_until", Text, nullable=False),
    Column("loss", Float, nullable=False),
    Column("currency", String(3)),
    Column("promise_due_at", BigInteger),
    Column("superseded_by", String(36)),
    Index("ix_review_statuses_state", "state"),
)
"""Where each recommendation stands with its people: the only row that changes, by compare-and-set on `version`."""

reviews = Table(
    "reviews",
    metadata,
    Column("review_id", String(36), primary_key=True),
    Column("recommendation_id", String(36), nullable=False),
    Column("requested_by", String(128), nullable=False),
    Column("decided_by", String(128), ForeignKey("principals.name"), nullable=False),
    Column("decided_at", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    _document("content"),
    ForeignKeyConstraint(
        ["recommendation_id", "requested_by"],
        ["recommendations.recommendation_id", "recommendations.requested_by"],
    ),
    UniqueConstraint("recommendation_id", "version"),
    CheckConstraint("decided_by <> requested_by", name="who_asked_does_not_decide"),
)
"""One row per decision of a person. The database itself refuses a decision by whoever asked, and two decisions on
the same version."""

outcomes = Table(
    "outcomes",
    metadata,
    Column("recommendation_id", String(36), ForeignKey("recommendations.recommendation_id"), primary_key=True),
    Column("reported_by", String(128), ForeignKey("principals.name"), nullable=False),
    Column("received_at", BigInteger, nullable=False),
    _document("content"),
)

parties = Table(
    "parties",
    metadata,
    Column("kind", String(128), primary_key=True),
    Column("id", String(640), primary_key=True),
    Column("state", Text, nullable=False),
)
"""The standing's rows: decayed sums per party."""

replies = Table(
    "replies",
    metadata,
    Column("principal", String(128), ForeignKey("principals.name"), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("request", String(71), nullable=False),
    Column("recommendation_id", String(36), nullable=False),
    Column("etag", String(32)),
    Column("created_at", BigInteger, nullable=False),
    _document("content"),
)
"""What was answered under an idempotency key."""

promotions = Table(
    "promotions",
    metadata,
    Column("promotion_id", String(36), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("challenger", String(71), nullable=False),
    Column("champion", String(71), nullable=False),
    Column("requested_by", String(128), ForeignKey("principals.name"), nullable=False),
    Column("requested_at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    _document("dossier"),
    UniqueConstraint("promotion_id", "requested_by", "state"),
    CheckConstraint("state IN ('proposed', 'refused')", name="state_as_asked"),
    Index("ix_promotions_challenger", "challenger"),
)
"""One row per promotion that was asked for, immutable: `state` is what the checks made of it."""

promotion_decisions = Table(
    "promotion_decisions",
    metadata,
    Column("promotion_id", String(36), primary_key=True),
    Column("requested_by", String(128), nullable=False),
    Column("state", String(16), nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("decided_by", String(128), ForeignKey("principals.name"), nullable=False),
    Column("decided_at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    ForeignKeyConstraint(
        ["promotion_id", "requested_by", "state"],
        ["promotions.promotion_id", "promotions.requested_by", "promotions.state"],
    ),
    CheckConstraint("decided_by <> requested_by OR verdict = 'reject'", name="who_asked_does_not_agree"),
    CheckConstraint("state = 'proposed'", name="what_was_refused_is_not_decided"),
    CheckConstraint("verdict IN ('approve', 'reject')", name="verdict"),
)
"""One decision at most per promotion, never on one that its checks refused; whoever asked may only withdraw it."""

bundles_in_force = Table(
    "bundles_in_force",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("bundle", String(71), nullable=False),
    Column("came", String(16), nullable=False),
    Column("before", Integer, ForeignKey("bundles_in_force.sequence")),
    Column("promotion_id", String(36), ForeignKey("promotions.promotion_id")),
    Column("principal", String(128), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
)
"""Every bundle that came in force, in order; `before` is the row that a rollback returns to."""

shadow_answers = Table(
    "shadow_answers",
    metadata,
    Column("recommendation_id", String(36), ForeignKey("recommendations.recommendation_id"), primary_key=True),
    Column("champion", String(71), nullable=False),
    Column("challenger", String(71), nullable=False, index=True),
    Column("content", Text, nullable=False),
)
"""What a bundle in the shadow would have said beside what was answered; nothing is decided from it."""

shelf_answers = Table(
    "shelf_answers",
    metadata,
    Column("lot", BigInteger, primary_key=True, autoincrement=False),
    Column("answered_on", Integer, nullable=False),
    Column("answered_at", BigInteger, nullable=False),
    Column("bundle", String(71)),
    Column("version", String(71)),
    Column("probability", Float, nullable=False),
    Column("features", LargeBinary, nullable=False),
    Column("region", String(128)),
    Column("stake", Float),
    Column("challenger", String(71), index=True),
    Column("challenger_probability", Float),
    Column("happened", Integer),
    Index("ix_shelf_answers_answered_on", "answered_on", "lot"),
)
"""What was answered about shelves asked about by themselves, for drift and shadow: as many of a day as
`store.shelves` says, and not for long. No decision rests on them."""

track_records = Table(
    "track_records",
    metadata,
    Column("task", String(32), primary_key=True),
    Column("version", String(71), primary_key=True),
    Column("region", String(128), primary_key=True),
    Column("state", Text, nullable=False),
)
"""What the answers of one version of a model came to, by region; the empty region is that of all."""

audit_leaves = Table(
    "audit_leaves",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(32), nullable=False),
    Column("subject", String(36), nullable=False),
    Column("principal", String(128), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("content", String(71), nullable=False),
    Column("previous", String(71), nullable=False),
    Column("digest", String(71), nullable=False, unique=True),
)
"""The audit chain: each leaf's digest covers the one before."""
