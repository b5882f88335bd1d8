"""Why a connection did not come about: every kind of failure in words, with a remedy."""

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import InvalidStatus
from websockets.http11 import Response

from clients.dial_failures import REMEDIES, dial_failure

URL = "ws://desk.example:8443/v2/oe"


def answered(status: int) -> InvalidStatus:
    return InvalidStatus(Response(status, "", Headers()))


@pytest.mark.parametrize(
    ("failure", "text"),
    [
        (ConnectionRefusedError(), "connection refused: nothing listens at port 8443; gpux serve prints the address"),
        (TimeoutError(), "no answer in time from desk.example port 8443"),
        (OSError(-2, "Name or service not known"), "Name or service not known: is desk.example the venue's host?"),
        (answered(404), "HTTP 404: it has no path /v2/oe: /v1/oe is for orders, /v1/md for market data"),
        (
            answered(403),
            "HTTP 403: it does not serve the host desk.example, or the page's origin: dial it as localhost",
        ),
        (answered(418), "HTTP 418: the answer is not a venue's"),
    ],
)
def test_a_failure_says_what_was_found_and_what_to_do(failure: Exception, text: str) -> None:
    assert text in dial_failure(URL, failure)
    assert dial_failure(URL, failure).startswith(f"no venue at {URL}: ")


def test_tls_before_a_venue_without_a_proxy_is_explained() -> None:
    text = dial_failure("wss://localhost/v1/md", ConnectionResetError())
    assert "TLS failed (ConnectionResetError): a venue itself speaks ws://" in text
    assert "port 443" in dial_failure("wss://localhost/v1/md", ConnectionRefusedError())


def test_every_answer_has_a_remedy_without_gaps() -> None:
    assert all("{" not in dial_failure(URL, answered(status)) for status in REMEDIES)
