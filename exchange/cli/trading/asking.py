"""One session of a command with a venue: connects, and turns what goes wrong into one line and an exit code.

    async with asked(place) as session: ...

Exit codes: 1 the venue has refused, 2 wrong use, 69 no venue answers.
"""

import difflib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from clients.client import Session, connect
from clients.credentials import Ed25519
from clients.errors import ChannelRefused, ConnectFailed, NotLive, Refused, SessionOver
from exchange.cli.trading.place import EXIT_REFUSED, EXIT_UNAVAILABLE, Access
from exchange.errors import UserError
from exchange.units import money_text, price_text
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import CancelTerms, Err, InstrumentDefinition, WhatIfResult

# Orders of a command outlive it: neither its end (`leave_orders`) nor a lost connection cancels them.
KEPT = CancelTerms(mode="off")
# With `--no-keep` they end with the session, however it ends.
NOT_KEPT = CancelTerms(mode="session", on="both", grace_ms=3_000)


def session_of(place: Access, terms: CancelTerms = KEPT, margin: bool = False) -> Session:
    """A session that is not connected yet: with the key of the place, or of public data. UserError: no such key."""
    if not place.key_file:
        return connect(place.url)
    try:
        secret = Ed25519.load(place.key_file)
    except OSError as error:
        raise UserError(f"key file {place.key_file}: {error.strerror or error}") from None
    except ValueError as error:
        raise UserError(str(error)) from None
    return connect(place.url, place.key, secret, cancel_terms=terms, leave_orders=True, margin=margin)


@asynccontextmanager
async def asked(place: Access, terms: CancelTerms = KEPT, margin: bool = False) -> AsyncIterator[Session]:
    """A connected session, for as long as the body runs. UserError: what the venue or the network refuses."""
    session = session_of(place, terms, margin)
    try:
        async with session:
            yield session
    except ConnectFailed as failure:
        raise not_connected(session, place, failure) from None
    except (SessionOver, NotLive) as failure:
        raise UserError(f"{place.url}: {failure}; what was sent may have been done", EXIT_UNAVAILABLE) from None
    except Refused as refused:
        raise UserError(refusal(refused.error), EXIT_REFUSED) from None  # by the client, in the venue's words, too
    except ChannelRefused as refused:
        text = f"{refused} at {place.url}: give ws://HOST:PORT without a path, or with /v1/md"
        raise UserError(text, EXIT_REFUSED) from None


def not_connected(session: Session, place: Access, failure: ConnectFailed) -> UserError:
    """Why there is no session, and what to do."""
    if session.core.hello is None:
        return UserError(f"{failure} (gpux serve and gpux demo start a venue)", EXIT_UNAVAILABLE)
    text = str(failure)
    if ErrorCode.BAD_AUTH.name in text:
        text += f"; the venue does not know key {place.key} as the one in {place.key_file}: gpux key make makes one"
    return UserError(text, EXIT_REFUSED)


def refusal(error: Err | WhatIfResult) -> str:
    """A refusal in one line: its name, its text, and the figures that say what would be allowed."""
    text = f"{error.name}: {error.message}".rstrip(": ")
    if isinstance(error, Err):
        if error.low_tick is not None and error.high_tick is not None:
            text += f"; allowed: {price_text(error.low_tick)} to {price_text(error.high_tick)}"
        if error.phase:
            text += f"; the phase is {error.phase}"
        if error.retry_us:
            text += f"; wait {error.retry_us / 1e6:.1f} s"
        if error.applied != "no":
            text += f"; applied: {error.applied}"
    if error.need_mills is not None and error.free_margin_mills is not None:
        text += f"; needs ${money_text(error.need_mills)}, free are ${money_text(error.free_margin_mills)}"
    return text


def listed(instruments: Mapping[str, InstrumentDefinition], symbol: str, url: str) -> InstrumentDefinition:
    """The instrument of a symbol, typed in capitals or not. UserError: there is none; near symbols are named."""
    found = instruments.get(symbol) or instruments.get(symbol.upper())
    if found is not None:
        return found
    near = difflib.get_close_matches(symbol.upper(), instruments, 3, 0.5)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    raise UserError(f"no instrument {symbol!r} among {len(instruments):,} at {url}{hint}")


def account_of(session: Session, account: int) -> int:
    """The account that is asked for; 0 means the first of the key. UserError: it is not of this key."""
    accounts = list(session.core.accounts)
    if account and account not in accounts:
        there_are = ", ".join(map(str, accounts))
        raise UserError(f"--account {account} is not of key {session.core.key}, which has {there_are}")
    return account or session.core.account
