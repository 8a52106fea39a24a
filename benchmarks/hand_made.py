"""Tables as a person would make them by hand for a learner that knows nothing of Fairlead: one row per question.

Each has the columns `y` (what happened), `day` (days since 1970 of the question) and `later` (whether it is scored);
the rest is what could be known. The rows say by a column `later` to which part they belong.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.tables.mapping import load_mapping

PARTIES = ("caller_id", "category", "subcategory", "assignment_group", "location", "opened_by")
CARRIERS = ("carrier", "origin", "dest", "route", "tailnum")
WEATHER = ("temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib")
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


def flights(rows: pd.DataFrame, beside: Path) -> pd.DataFrame:
    """Flights at their planned departure: their columns, plane, weather, clock, and how late arrivals were so far."""
    at, promised, arrived = (
        pd.to_datetime(rows[name], dayfirst=True) for name in ("planned_at", "promised_at", "arrived_at")
    )
    planes = pd.read_csv(beside / "planes.csv").add_prefix("plane_").rename(columns={"plane_tailnum": "tailnum"})
    weather = pd.read_csv(beside / "weather.csv")[["origin", "time_hour", *WEATHER]]
    table = rows[["carrier", "flight", "tailnum", "origin", "dest", "distance", "time_hour"]].copy()
    table["route"], table["hour"] = table["origin"] + table["dest"], at.dt.hour
    table["weekday"], table["month"] = at.dt.day_of_week, at.dt.month
    table["minutes"] = (promised - at).dt.total_seconds() / 60
    table["day"] = (at - pd.Timestamp(0)).dt.days
    late = (arrived - promised >= pd.Timedelta(minutes=45)).astype(int)
    for name, column in _arrivals(table, at, arrived, late):
        table[name] = column
    table = table.merge(planes, "left", "tailnum").merge(weather, "left", ["origin", "time_hour"])
    return table.drop(columns="time_hour").assign(y=late.to_numpy(), later=rows["later"].to_numpy())


def _arrivals(
    table: pd.DataFrame, at: pd.Series, arrived: pd.Series, late: pd.Series
) -> Iterator[tuple[str, npt.NDArray[np.float64]]]:
    """The share that was late of what had arrived by a row's moment: ever, and within a day, by party."""
    for party in (None, *CARRIERS):
        key = pd.Series("", table.index) if party is None else table[party].fillna("")
        for hours in (None, 24):
            share = np.full(len(table), np.nan)
            for _, group in table.groupby(key, sort=False):
                share[table.index.get_indexer(group.index)] = _late_share(
                    at[group.index], arrived[group.index], late[group.index], hours
                )
            yield f"late_of_{party or 'all'}_{hours or 'ever'}", share


def _late_share(at: pd.Series, arrived: pd.Series, late: pd.Series, hours: int | None) -> npt.NDArray[np.float64]:
    order = np.argsort(arrived.to_numpy(), kind="stable")
    landed, summed = arrived.to_numpy()[order], np.concatenate([[0], np.cumsum(late.to_numpy()[order])])
    until = np.searchsorted(landed, at.to_numpy())
    since = 0 if hours is None else np.searchsorted(landed, at.to_numpy() - np.timedelta64(hours, "h"))
    known = until - since
    return np.where(known > 0, (summed[until] - summed[since]) / np.maximum(known, 1), np.nan)


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
