"""Tables as a person would make them by hand for a learner that knows nothing of Fairlead: one row per question.

Each has the columns `y` (what happened), `day` (days since 1970 of the question) and `later` (whether it is scored);
the rest is what could be known. The rows say by a column `later` to which part they belong.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from training.tables.mapping import load_mapping

PARTIES = ("caller_id", "category", "subcategory", "assignment_group", "location", "opened_by")
LAGS = (1, 2, 3, 7, 14)
MEANS = (7, 14, 28)
SHELF = ("store_id", "product_id")
GROUPS = (("store_id",), ("product_id",), ("third_category_id",))
AHEAD = ("activity_flag", "holiday_flag", "discount")


def incidents(rows: pd.DataFrame, mapping: Path) -> pd.DataFrame:
    """Incidents as they were opened: every column that the mapping calls an attribute, clock, and counts so far."""
    first = rows.groupby("number", sort=False).first().reset_index()
    at = pd.to_datetime(first["sys_updated_at"], dayfirst=True)
    opened = pd.to_datetime(first["opened_at"], dayfirst=True)
    first = first.iloc[np.argsort(at.to_numpy(), kind="stable")]
    at, opened = at.loc[first.index], opened.loc[first.index]
    columns = [column for source in load_mapping(mapping).attributes.values() for column in source.columns]
    table = first[columns].copy()
    table["hour"], table["weekday"] = opened.dt.hour, opened.dt.day_of_week
    table["waited_minutes"] = (at - opened).dt.total_seconds() / 60
    for party in PARTIES:
        table[f"{party}_before"] = first.groupby(party).cumcount()
    table["day"] = (at - pd.Timestamp(0)).dt.days
    return table.assign(y=first["sla_breached_final"].astype(int), later=first["later"])


def shelves(rows: pd.DataFrame) -> pd.DataFrame:
    """Shelves in stock at 21h: the last days' sales and empty hours, means by shelf and group, what is known ahead."""
    days = rows.sort_values([*SHELF, "dt"], kind="stable").reset_index(drop=True)
    days["ran_empty"] = (days["stockout_hours_6_22"] >= 4).astype("float32")
    shelf = days.groupby(list(SHELF), sort=False)
    table = pd.DataFrame({name: column.astype("float32") for name, column in _past(days, shelf)})
    for name in (*SHELF, "city_id", "management_group_id", "third_category_id"):
        table[name] = days[name].astype("category")
    for name in AHEAD:
        table[f"next_{name}"] = shelf[name].shift(-1)
    table["weekday"] = days["dt"].dt.day_of_week
    table["day"] = (days["dt"] - pd.Timestamp(0)).dt.days + 1
    table["y"], table["later"] = shelf["ran_empty"].shift(-1), shelf["later"].shift(-1)
    in_stock = ((days["stock_mask"].to_numpy() >> 21) & 1) == 0
    return table[in_stock & table["y"].notna().to_numpy()].astype({"y": int, "later": bool})


def _past(days: pd.DataFrame, shelf: pd.api.typing.DataFrameGroupBy) -> Iterator[tuple[str, pd.Series]]:
    for name in ("stockout_hours_6_22", "sale_amount", "first_stockout_hour", "discount"):
        for lag in LAGS:
            yield f"{name}_{lag}", shelf[name].shift(lag - 1)
    for name in ("ran_empty", "stockout_hours_6_22", "sale_amount"):
        for width in MEANS:
            past = shelf[name].rolling(width, min_periods=1).mean()
            yield f"{name}_mean_{width}", past.reset_index(level=list(SHELF), drop=True)
    for group in GROUPS:
        by_day = days.groupby([*group, "dt"], observed=True)["ran_empty"].mean()
        past = by_day.groupby(level=list(group)).rolling(7, min_periods=1).mean().droplevel(list(range(len(group))))
        index = pd.MultiIndex.from_frame(days[[*group, "dt"]])
        yield f"ran_empty_{group[0]}_7", pd.Series(past.reindex(index).to_numpy(), days.index)
