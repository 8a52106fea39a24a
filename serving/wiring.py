"""The one place where real things are put together; tests and commands pass their own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import CollectorRegistry

from policies.policy import Policy, load_policy
from serving.bell import Bell
from serving.bundle_key import ensure_bundle_key, key_to_look
from serving.command_words import sign_again
from serving.health.service import HealthService
from serving.identifiers import Clock, Randomness
from serving.in_force import Basis, InForce, read_basis
from serving.metrics import Metrics
from serving.models.drift import DriftService
from serving.models.promoting import PromotionService
from serving.models.settling import as_recorded, settle
from serving.models.shadowing import Shadow
from serving.models.trust import Trust
from serving.outcomes.service import OutcomeService
from serving.recommendations.answering import Answer
from serving.recommendations.service import RecommendationService
from serving.reviews.service import ReviewService
from serving.settings import Settings
from serving.stockouts.recording import ShelfRecorder
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
    trust: Trust
    shadow: Shadow
    shelves: ShelfRecorder
    health: HealthService
    metrics: Metrics
    bell: Bell

    def close(self) -> None:
        """Let what follows the answers finish, then close the store."""
        self.shadow.close()
        self.shelves.close()
        self.database.close()


def wire(
    settings: Settings,
    clock: Clock = utc_now,
    randomness: Randomness = os.urandom,
    in_force: InForce | None = None,
    looking: bool = False,
) -> Service:
    """Open the store, load what is in force unless it is given, and connect the services.

    Whoever is only looking changes nothing: not the tables, not the policies that are kept, not what is in force.

    Raises PolicyError where the policy is not valid, ValueError for a database that is not a SQLite file, or to look
    at one that another version has written, and for a key that signs bundles and was cut or lost.
    """
    policy = in_force.policy if in_force else load_policy(settings.policy)
    folders = settings.key_folder, settings.bundle_folder
    key = key_to_look(*folders) if looking else ensure_bundle_key(*folders, sign_again(settings))
    database = opened(settings.database_url, looking)
    trust = Trust(database, settings.bundle_folder, key)
    found = in_force.basis if in_force else _found(database, settings.bundle_folder, policy, trust, looking)
    in_force = InForce(found)
    if not looking:
        with database.write() as connection:
            policies.keep(connection, in_force.policy)
    bell, metrics = Bell(), Metrics(CollectorRegistry())
    shadow = Shadow(database, settings.shadow, metrics)
    shelves = ShelfRecorder(database, in_force, shadow, metrics)

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
        stockouts=StockoutService(database, in_force, clock, on_answered=shelves.saw),
        drift=DriftService(database, in_force, clock),
        promotions=PromotionService(database, in_force, settings.bundle_folder, clock, randomness, trust),
        trust=trust,
        shadow=shadow,
        shelves=shelves,
        health=HealthService(database, in_force, trust),
        metrics=metrics,
        bell=bell,
    )


def opened(url: str, looking: bool) -> Database:
    """The store, brought to this version's shape; to look, as it is, which must be that shape. Raises as `wire`."""
    database = Database(url, looking)
    try:
        if looking:
            database.check()
        else:
            database.migrate()
    except BaseException:
        database.close()
        raise
    return database


def _found(database: Database, folder: Path, policy: Policy, trust: Trust, looking: bool) -> Basis:
    """What serves by what the folder holds and the store has recorded; whoever looks may look at any bundle."""
    if looking:
        return read_basis(folder, policy, *as_recorded(database, trust))
    return read_basis(folder, policy, settle(database, folder, trust), check=trust.check)
