"""The exchange. README.md beside this file shows its packages."""

import os

# The websockets library reads its limits at import, so they are set before anything of ours imports it (SEC-030).
os.environ.setdefault("WEBSOCKETS_MAX_FRAGMENTS", "16")
os.environ.setdefault("WEBSOCKETS_MAX_NUM_HEADERS", "32")
os.environ.setdefault("WEBSOCKETS_MAX_LINE_LENGTH", "8192")
