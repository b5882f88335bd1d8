"""Programs that trade on the exchange across a socket, and the library they are built on."""

from clients.client import Session, connect
from clients.credentials import Ed25519, Hmac

__all__ = ["Ed25519", "Hmac", "Session", "connect"]
