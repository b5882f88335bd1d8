"""Programs that trade on the exchange across a socket, and the library they are built on."""

import exchange.wire  # noqa: F401  # first: it sets the limits that websockets reads at import (SEC-030)
from clients.client import Session, connect
from clients.credentials import Ed25519, Hmac

__all__ = ["Ed25519", "Hmac", "Session", "connect"]
