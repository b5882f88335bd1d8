"""Why a connection did not come about, in words: what was found, what is allowed, what to do."""

from urllib.parse import urlsplit

from websockets.exceptions import InvalidStatus

from clients.transport import is_refused

REMEDIES = {
    400: "it knows none of the subprotocols that were offered",
    403: "it does not serve the host {host}, or the page's origin: dial it as localhost, 127.0.0.1 or ::1, unless it"
    " has other names; gpux serve --origin lets a page connect",
    404: "it has no path {path}: /v1/oe is for orders, /v1/md for market data",
    426: "something between has dropped the upgrade to a websocket: a proxy must pass Upgrade and Connection on",
    429: "too many requests from this address: wait a few seconds",
    502: "a proxy answered, not the venue: the venue does not run, or the proxy dials the wrong port",
    503: "it has all the connections that it takes: try again later",
}
PORT_OF = {"ws": 80, "wss": 443}


def dial_failure(url: str, failure: Exception) -> str:
    """The text of a failed attempt to connect."""
    parts = urlsplit(url)
    return f"no venue at {url}: {_cause(parts.hostname or '', parts.port or PORT_OF[parts.scheme], url, failure)}"


def _cause(host: str, port: int, url: str, failure: Exception) -> str:
    if is_refused(failure):
        return f"connection refused: nothing listens at port {port}; gpux serve prints the address of a venue"
    if isinstance(failure, InvalidStatus):
        status = failure.response.status_code
        remedy = REMEDIES.get(status, "the answer is not a venue's")
        return f"HTTP {status}: {remedy.format(host=host, path=urlsplit(url).path)}"
    if isinstance(failure, TimeoutError):
        return (
            f"no answer in time from {host} port {port}: is it the venue's address, and does a firewall let it through?"
        )
    text = str(failure) or type(failure).__name__
    if url.startswith("wss:"):
        return f"TLS failed ({text}): a venue itself speaks ws://, wss:// needs a proxy with a certificate before it"
    return f"{text}: is {host} the venue's host?"
