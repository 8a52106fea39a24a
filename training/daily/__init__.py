"""Daily stock histories: a row per node, article and day, to questions about the next day, millions at once."""
