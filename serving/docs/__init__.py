"""The API described for people, from its own OpenAPI document; no script, nothing from elsewhere."""
