"""One task learned: recipe, rehearsal, calibration, sets, and the arrays that ship."""
