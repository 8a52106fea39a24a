"""The markets the retailer sells in and the categories it sells."""

from __future__ import annotations

from dataclasses import dataclass

from data.simulator.dice import Wheel


@dataclass(frozen=True, slots=True)
class Region:
    """A market with its currency, time zones, languages and carriers."""

    id: str
    currency: str
    zones: tuple[str, ...]
    languages: Wheel[str]
    price_level: float
    stores: int
    carriers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Category:
    """Articles that behave alike. Hidden: `shrink`, `elasticity`, `season`, `peak_day`, `appeal` to thieves."""

    id: str
    price: float
    margin: float
    shrink: float
    elasticity: float
    season: float
    peak_day: int
    appeal: float


REGIONS = (
    Region(
        "eu",
        "EUR",
        ("Europe/Berlin", "Europe/Paris", "Europe/Madrid", "Europe/Amsterdam"),
        Wheel({"en": 0.5, "de": 0.28, "fr": 0.13, "es": 0.09}),
        1.0,
        160,
        ("nordpost", "rapidex", "kurierhaus", "lumen-logistics"),
    ),
    Region(
        "uk",
        "GBP",
        ("Europe/London",),
        Wheel({"en": 1.0}),
        0.86,
        100,
        ("albion-post", "swiftvan", "northlink", "parcelyard"),
    ),
    Region(
        "us",
        "USD",
        ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"),
        Wheel({"en": 0.94, "es": 0.06}),
        1.08,
        140,
        ("eagle-parcel", "transcoastal", "bluecart", "prairie-express"),
    ),
)

CATEGORIES = (
    Category("apparel", 39.0, 0.48, 0.012, 1.1, 0.30, 300, 0.9),
    Category("footwear", 69.0, 0.44, 0.010, 1.0, 0.25, 280, 1.0),
    Category("electronics", 189.0, 0.18, 0.020, 1.4, 0.35, 345, 2.2),
    Category("home", 29.0, 0.42, 0.006, 0.7, 0.15, 320, 0.5),
    Category("toys", 24.0, 0.40, 0.009, 1.3, 0.60, 350, 0.7),
    Category("beauty", 18.0, 0.52, 0.030, 0.9, 0.15, 345, 1.3),
    Category("grocery", 4.5, 0.24, 0.008, 0.6, 0.08, 355, 0.1),
    Category("sports", 49.0, 0.38, 0.008, 0.8, 0.35, 160, 0.8),
    Category("garden", 34.0, 0.36, 0.005, 0.8, 0.70, 135, 0.4),
    Category("books", 14.0, 0.34, 0.004, 0.5, 0.25, 345, 0.2),
)
