"""About how many rows of a history are looked at where nobody says how many: cases and shelves stay whole."""

SAMPLE = 50_000
DAILY_SAMPLE = 200_000
"""Of a daily table: its columns are read at once, not case by case."""
