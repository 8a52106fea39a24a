"""People agree, reject or override, and the orchestrator learns the verdict."""
