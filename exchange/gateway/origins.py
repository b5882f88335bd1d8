"""Origins: which web pages a browser may connect from (SEC-003).

A browser sends the origin of its page with every handshake, written one way only: lower case, default port left out,
numbers of an address in their usual form. `origin_of` brings what a person writes to that form, so that the server
compares exactly. Programs send none.
"""

import ipaddress
import re

from exchange.errors import UserError

DEFAULT_PORTS = {"http": 80, "https": 443}
FORM = re.compile(r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:]+\]|[a-z0-9_-]+(\.[a-z0-9_-]+)*)(:(?P<port>[0-9]{1,5}))?")
ALLOWED = "allowed: http:// or https://, a host, and perhaps a port, like https://desk.example:8443"
NUMBERS = re.compile(r"[0-9.]+")


def origin_of(text: str) -> str:
    """The origin that a text names, as browsers send it. UserError: none, or one that would let in any page."""
    if text in ("*", "null"):
        raise UserError(f"origin {text!r} would let in pages of anyone; {ALLOWED}")
    found = FORM.fullmatch(text.lower()) if text.isascii() else None
    if found is None:
        raise UserError(f"origin {text!r} is not one that a browser sends, without path or user; {ALLOWED}")
    port = int(found["port"] or DEFAULT_PORTS[found["scheme"]])
    if not 1 <= port <= 65_535:
        raise UserError(f"origin {text!r}: port {port} not in 1..65535")
    return _written(found["scheme"], _host_of(found["host"], text), port)


def own_origins(names: tuple[str, ...], port: int) -> list[str]:
    """The origins of pages that the venue itself serves."""
    return [_written("http", f"[{name}]" if ":" in name else name, port) for name in names]


def _written(scheme: str, host: str, port: int) -> str:
    return f"{scheme}://{host}" + (f":{port}" if port != DEFAULT_PORTS[scheme] else "")


def _host_of(host: str, text: str) -> str:
    """The host as browsers write it: an address in its usual form."""
    try:
        if host.startswith("["):
            return f"[{ipaddress.IPv6Address(host[1:-1])}]"
        return str(ipaddress.IPv4Address(host)) if NUMBERS.fullmatch(host) else host
    except ValueError:
        raise UserError(f"origin {text!r}: {host} is no address; {ALLOWED}") from None
