"""A retailer's own table, and its mapping, to history lines."""
