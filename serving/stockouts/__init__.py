"""How likely shelves run empty, why, and what to bring."""
