"""Origins: which web pages may connect (SEC-003); and the host that a client has dialled.

A browser sends the origin of its page with every handshake, always in the same form: lower case, no default port, IP
addresses in canonical form. `parse_origin` converts an operator's text to this form, so that the server can compare
texts. Programs send no origin.
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

from exchange.errors import UserError

DEFAULT_PORTS = {"http": 80, "https": 443}
FORM = re.compile(r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:]+\]|[a-z0-9_-]+(\.[a-z0-9_-]+)*)(:(?P<port>[0-9]{1,5}))?")
ALLOWED = "allowed: http:// or https://, a host, and perhaps a port, like https://desk.example:8443"
NUMBERS = re.compile(r"[0-9.]+")


@dataclass(frozen=True)
class Address:
    """Where the server listens, its host names, and the origins of web pages that may connect."""

    host: str = "127.0.0.1"
    port: int = 0
    names: tuple[str, ...] = ("localhost", "127.0.0.1", "::1")
    origins: tuple[str, ...] = ()


def parse_origin(text: str) -> str:
    """An origin in the form that browsers send. UserError: the text is no origin, or would allow any page."""
    if text in ("*", "null"):
        raise UserError(f"origin {text!r} would allow every web page; {ALLOWED}")
    found = FORM.fullmatch(text.lower()) if text.isascii() else None
    if found is None:
        raise UserError(f"origin {text!r} is not one that a browser sends, without path or user; {ALLOWED}")
    port = int(found["port"] or DEFAULT_PORTS[found["scheme"]])
    if not 1 <= port <= 65_535:
        raise UserError(f"origin {text!r}: port {port} not in 1..65535")
    return _text_of(found["scheme"], _host_of(found["host"], text), port)


def own_origins(names: tuple[str, ...], port: int) -> list[str]:
    """Origins of pages that the venue itself serves: its host names with its port, over http."""
    return [_text_of("http", f"[{name}]" if ":" in name else name, port) for name in names]


def host_of(values: Sequence[str]) -> str | None:
    """The name in Host headers, lower case, without the port; None if there is not exactly one."""
    if len(values) != 1:
        return None
    host = values[0].strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _text_of(scheme: str, host: str, port: int) -> str:
    return f"{scheme}://{host}" + (f":{port}" if port != DEFAULT_PORTS[scheme] else "")


def _host_of(host: str, text: str) -> str:
    """The host in the form that browsers send: an IP address in canonical form. UserError: it is not valid."""
    try:
        if host.startswith("["):
            return f"[{ipaddress.IPv6Address(host[1:-1])}]"
        return str(ipaddress.IPv4Address(host)) if NUMBERS.fullmatch(host) else host
    except ValueError:
        raise UserError(f"origin {text!r}: {host} is no address; {ALLOWED}") from None
