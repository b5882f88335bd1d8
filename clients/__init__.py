"""A client library for programs that trade on the exchange over a socket, and example programs."""

import exchange.wire  # noqa: F401  # first: it sets the limits that websockets reads at import (SEC-030)
from clients.client import Session, connect
from clients.credentials import Ed25519, Hmac

__all__ = ["Ed25519", "Hmac", "Session", "connect"]
