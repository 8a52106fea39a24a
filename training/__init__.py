"""Histories to bundles: the only room where learners, data frames and the model registry live.

Imports point one way: `training` may import `models`, `policies`, `features` and `data`. It never imports `serving`,
nor `serving` it: the two share a bundle and a policy, both of them files.
"""

from training.openmp import ensure_openmp

ensure_openmp()
