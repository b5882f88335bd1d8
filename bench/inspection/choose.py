"""Chooses events by instrument, account, kind and time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

import numpy as np

from bench.facts.listings import Listing
from exchange.errors import UserError
from exchange.units import NS_PER_S

FAR_NS = (1 << 63) - 1


@dataclass(frozen=True)
class EventFilter:
    """Rows that are wanted. A field that is empty, or 0, does not choose."""

    listings: tuple[Listing, ...] = ()
    account: int = 0
    kinds: tuple[int, ...] = ()
    from_ns: int = 0
    to_ns: int = FAR_NS  # not included

    def mask(self, rows: np.ndarray) -> np.ndarray:
        """For each EVENT row, shape (n,), whether it is wanted."""
        wanted: np.ndarray = (rows["time_ns"] >= self.from_ns) & (rows["time_ns"] < self.to_ns)
        if self.listings:
            wanted &= np.logical_or.reduce([_is_of(one, rows) for one in self.listings])
        if self.account:
            wanted &= rows["account"] == self.account
        if self.kinds:
            wanted &= np.isin(rows["kind"], self.kinds)
        return wanted


def _is_of(listing: Listing, rows: np.ndarray) -> np.ndarray:
    """For each row, whether it is about this instrument. Its book may have another one before and after."""
    sequences = rows["sequence"]
    found: np.ndarray = (rows["instrument"] == listing.index) & (sequences >= listing.first)
    return found & (sequences < listing.end)


def parse_kinds(option: str, names: Iterable[str], codes: type[IntEnum]) -> tuple[int, ...]:
    """Codes of kinds by name, in any case. UserError: there is none of a name."""
    known = {code.name: int(code) for code in codes}
    for name in names:
        if name.upper() not in known:
            raise UserError(f"{option} {name}, allowed: {', '.join(known)}")
    return tuple(known[name.upper()] for name in names)


def parse_time(option: str, text: str) -> int:
    """Nanoseconds since 1970 UTC of a number of them, or of a time like 2027-01-01T09:30:00.5 (UTC). UserError."""
    if text.isascii() and text.isdigit() and len(text) < 20:
        return int(text)
    whole, _, fraction = text.partition(".")
    try:
        time = datetime.fromisoformat(whole)
        if not (fraction == "" or (fraction.isascii() and fraction.isdigit() and len(fraction) <= 9)):
            raise ValueError
    except ValueError:
        allowed = "ns since 1970, or a time in UTC like 2027-01-01T09:30:00.5"
        raise UserError(f"{option} {text!r}, allowed: {allowed}") from None
    seconds = int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())
    return seconds * NS_PER_S + int(fraction.ljust(9, "0") or "0")


def chosen(parts: Iterable[np.ndarray], wanted: EventFilter) -> Iterator[np.ndarray]:
    """The wanted rows of each part, where there are any."""
    for rows in parts:
        found = rows[wanted.mask(rows)]
        if len(found):
            yield found
