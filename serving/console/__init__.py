"""The review desk at `/console`: pages for the people who must agree, rendered on the server."""
