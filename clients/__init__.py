"""A client library for programs that trade on the exchange over a socket, and example programs.

`connect` makes a session, `Ed25519` reads a key; `blocking.connect` is for programs without `async`. What a session
raises is in `clients.errors` and `clients.refusals.kinds`, what it yields in `clients.events`.

Names are imported when they are first used, so that `import clients` itself costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import exchange.wire  # noqa: F401  # first: it sets the limits that websockets reads at import (SEC-030)

if TYPE_CHECKING:
    from clients.client import Session, connect
    from clients.credentials import Ed25519, Hmac
    from clients.errors import Refused

_HOMES = {
    "Ed25519": "clients.credentials",
    "Hmac": "clients.credentials",
    "Refused": "clients.errors",
    "Session": "clients.client",
    "connect": "clients.client",
}

__all__ = ["Ed25519", "Hmac", "Refused", "Session", "connect"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
