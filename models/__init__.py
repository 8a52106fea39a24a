"""Numbers to predictions with explanations, from plain arrays and files.

Imports point one way: `models` may import `features` and `data`; `policies`, `training` and `serving` are never
imported here. Whatever serving loads passes through this package, so it needs numpy and the standard library only: no
learner, no registry, no data frames.
"""
