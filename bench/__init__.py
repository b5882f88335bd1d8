"""Measurement and research; README.md lists the files. `exchange` is imported first: it sets the limits of the
websockets library (SEC-030)."""

import exchange  # noqa: F401
