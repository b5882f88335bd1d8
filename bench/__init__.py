"""Measurement and research; README.md lists the files.

It imports `exchange` first, because that sets the limits of the websockets library (SEC-030).
"""

import exchange  # noqa: F401
