"""Measurement and research. `exchange` is imported first: it sets the websockets library's limits (SEC-030)."""

import exchange  # noqa: F401
