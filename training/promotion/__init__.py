"""Challenger and champion on the same later days: what is compared, what stops a promotion, and the dossier of it."""
