"""The desk's pages about models: what serves, what waits to take over, and the dossier of a promotion."""
