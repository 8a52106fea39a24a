"""Case and standing to numbers: one definition serves training and serving. Imports `data` only."""
