"""Histories to what learners read: lines in time order, truths, matrices, and the cuts between earlier and later."""
