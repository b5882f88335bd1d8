"""Client order ids of NautilusTrader as those of the venue, which have at most 24 characters, and back.

    O-20261123-101010-001-000-1           O.<the time as four bytes>-001-000-1
    6d28a1e2-... (a UUID)                 U.<its 16 bytes>
    any other of at most 24 characters    itself

The mapping needs no table, so a program that starts again finds its orders under the ids that it has given them.
"""

import base64
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

from clients.credentials import base64url

LENGTH_MAX = 24
_STANDARD = re.compile(r"O-(\d{8}-\d{6})-(.+)", re.ASCII)
_PLAIN = re.compile(rf"[A-Za-z0-9_.:-]{{1,{LENGTH_MAX}}}", re.ASCII)
_TIME_FORM = "%Y%m%d-%H%M%S"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME, _UUID = "O.", "U."
_TIME_CHARACTERS = 6  # base64 of four bytes


def venue_id(client_order_id: str) -> str:
    """The id under which the venue gets an order. ValueError: there is none; the text says why."""
    found = _short(client_order_id)
    if not _PLAIN.fullmatch(found) or client_order_id.startswith((_TIME, _UUID)):
        raise ValueError(
            f"client order id {client_order_id!r}: the venue takes at most {LENGTH_MAX} characters of A-Z a-z 0-9 _.:- "
            f"that do not begin with {_TIME} or {_UUID}; ids of the form O-...-...-...-...-... and UUIDs are shortened"
        )
    return found


def nautilus_id(client_order_id: str) -> str:
    """The id of NautilusTrader that `venue_id` has made this of; ids of other programs are unchanged."""
    head, rest = client_order_id[:2], client_order_id[2:]
    try:
        if head == _UUID:
            return str(UUID(bytes=_bytes(rest)))
        if head == _TIME:
            seconds = int.from_bytes(_bytes(rest[:_TIME_CHARACTERS]), "big")
            return f"O-{_EPOCH + timedelta(seconds=seconds):{_TIME_FORM}}{rest[_TIME_CHARACTERS:]}"
    except ValueError:
        pass  # another program's id, which begins so by chance
    return client_order_id


def _short(client_order_id: str) -> str:
    if found := _STANDARD.fullmatch(client_order_id):
        time = datetime.strptime(found[1], _TIME_FORM).replace(tzinfo=UTC)
        seconds = int((time - _EPOCH).total_seconds())
        return f"{_TIME}{base64url(seconds.to_bytes(4, 'big'))}-{found[2]}"
    try:
        value = UUID(client_order_id)
    except ValueError:
        return client_order_id
    return f"{_UUID}{base64url(value.bytes)}" if str(value) == client_order_id else client_order_id


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
