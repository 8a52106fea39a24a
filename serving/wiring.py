"""The one place where real things are put together; tests and commands pass their own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry

from policies.policy import load_policy
from serving.bell import Bell
from serving.health.service import HealthService
from serving.identifiers import Clock, Randomness
from serving.in_force import InForce, read_basis
from serving.metrics import Metrics
from serving.models.drift import DriftService
from serving.models.promoting import PromotionService, settle
from serving.models.shadowing import Shadow
from serving.outcomes.service import OutcomeService
from serving.recommendations.answering import Answer
from serving.recommendations.service import RecommendationService
from serving.reviews.service import ReviewService
from serving.settings import Settings
from serving.stockouts.service import StockoutService
from serving.store import policies
from serving.store.engine import Database
from serving.store.principals import Principals


def utc_now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Service:
    """Everything the routes, the console and the commands work with."""

    settings: Settings
    database: Database
    in_force: InForce
    clock: Clock
    principals: Principals
    recommendations: RecommendationService
    reviews: ReviewService
    outcomes: OutcomeService
    stockouts: StockoutService
    drift: DriftService
    promotions: PromotionService
    shadow: Shadow
    health: HealthService
    metrics: Metrics
    bell: Bell

    def close(self) -> None:
        """Let the shadow finish, then close the store."""
        self.shadow.close()
        self.database.close()


def wire(
    settings: Settings,
    clock: Clock = utc_now,
    randomness: Randomness = os.urandom,
    in_force: InForce | None = None,
) -> Service:
    """Open the store, load what is in force unless it is given, and connect the services.

    Raises PolicyError where the policy is not valid, ValueError for a database that is not a SQLite file.
    """
    policy = in_force.policy if in_force else load_policy(settings.policy)
    database = Database(settings.database_url)
    database.migrate()
    before = None if in_force else settle(database, settings.bundle_folder)
    in_force = InForce(in_force.basis if in_force else read_basis(settings.bundle_folder, policy, before))
    with database.write() as connection:
        policies.keep(connection, in_force.policy)
    bell, metrics = Bell(), Metrics(CollectorRegistry())
    shadow = Shadow(database, settings.shadow, metrics)

    def recorded(made: Answer) -> None:
        metrics.recommendation(made.recommendation)
        shadow.saw(made)

    return Service(
        settings=settings,
        database=database,
        in_force=in_force,
        clock=clock,
        principals=Principals(database),
        recommendations=RecommendationService(database, in_force, clock, randomness, bell, on_recorded=recorded),
        reviews=ReviewService(database, in_force, clock, randomness, bell),
        outcomes=OutcomeService(database, in_force, clock, bell),
        stockouts=StockoutService(database, in_force, clock),
        drift=DriftService(database, in_force, clock),
        promotions=PromotionService(database, in_force, settings.bundle_folder, clock, randomness),
        shadow=shadow,
        health=HealthService(database, in_force),
        metrics=metrics,
        bell=bell,
    )
