"""What may be done, what it costs, who must agree: tables of intervals and sets, read from YAML, and the pure heart.

Imports `data` only. Training and serving import this room; it imports neither, nor features, nor models: predictions
come in as arguments.
"""
