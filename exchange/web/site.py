"""Answers plain requests of HTTP: the health of the venue, and files from memory (SEC-071, SEC-072)."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple

from exchange.web.files import Asset

HEALTH = "/health"
READING = ("GET", "HEAD")
TEXT = "text/plain; charset=utf-8"
KNOWN_MAX = 1_024  # characters of If-None-Match that are read
# What a Host header may be in a policy; anything else could add to the policy.
PLAIN_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")
FIXED_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)


class PageAnswer(NamedTuple):
    """What is sent: status, headers, body."""

    status: HTTPStatus
    headers: list[tuple[str, str]]
    body: bytes


class Site:
    """The files of a venue and its health."""

    def __init__(self, assets: Callable[[], dict[str, Asset]], is_healthy: Callable[[], bool]) -> None:
        """`assets` is called at the first request, not before: a start does not wait for it."""
        self._assets, self._is_healthy = assets, is_healthy

    def answer(self, method: str, target: str, host: str, known: str) -> PageAnswer:
        """The answer to a request.

        target   path with a query, which is ignored
        host     the Host header, after it was checked
        known    ETags that the client has (`If-None-Match`), of which 1 KiB is read; empty: none
        """
        if method not in READING:
            return _text(HTTPStatus.METHOD_NOT_ALLOWED, "", method, [("Allow", ", ".join(READING))])
        path = target.partition("?")[0]
        if path == HEALTH:
            if self._is_healthy():
                return _text(HTTPStatus.OK, "ok\n", method)
            return _text(HTTPStatus.SERVICE_UNAVAILABLE, "not ok\n", method)
        asset = self._assets().get(path)
        if asset is None:
            return _text(HTTPStatus.NOT_FOUND, "", method)
        headers = [("ETag", asset.etag), ("Cache-Control", "no-cache"), ("Content-Security-Policy", policy(host))]
        if asset.etag in (one.strip().removeprefix("W/") for one in known[:KNOWN_MAX].split(",")):
            return PageAnswer(HTTPStatus.NOT_MODIFIED, [*headers, *FIXED_HEADERS], b"")
        return _answer(HTTPStatus.OK, headers, asset.content_type, asset.data, method)


def policy(host: str) -> str:
    """The Content-Security-Policy of a page: its own files, and sockets of its own host.

    Not every browser counts a socket of the same host as `'self'`, so it is named too.
    """
    own = f" ws://{host} wss://{host}" if PLAIN_HOST.fullmatch(host) else ""
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'{own}; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _text(status: HTTPStatus, text: str, method: str, headers: list[tuple[str, str]] | None = None) -> PageAnswer:
    return _answer(status, [("Cache-Control", "no-store"), *(headers or ())], TEXT, text.encode(), method)


def _answer(status: HTTPStatus, headers: list[tuple[str, str]], kind: str, data: bytes, method: str) -> PageAnswer:
    own = [("Content-Length", str(len(data))), ("Content-Type", kind)]
    return PageAnswer(status, [*own, *headers, *FIXED_HEADERS], data if method == "GET" else b"")
