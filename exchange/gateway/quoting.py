"""Mass quotes and market-maker protection: requests that become QUOTE, MMP_SET, MMP_RESET rows (ENTRY-020 to 023)."""

from typing import TYPE_CHECKING

from exchange.engine import query
from exchange.engine.event_rows import Row
from exchange.gateway.session import Seat, covers_drop
from exchange.gateway.trading import admit_trade, submit_lasting
from exchange.gateway.translate import pack_protection, pack_quote_entry, pack_reset
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import ProtectionReset, ProtectionSet, Quote
from exchange.wire.words import unlisted_index

if TYPE_CHECKING:
    from exchange.gateway.connection import Session


def quote(session: "Session", seat: Seat, message: Quote) -> None:
    """Every entry is a row of one run, never split over two commits; the first row has the answer."""
    entries = message.quotes
    bucket, tokens = cost(message)
    account = admit_trade(session, seat, message, None, bucket, seat.may_trade, tokens)
    if not account:
        return
    if not _is_protected(session, account, message.protection_group):
        _refuse_group(session, message.request_id, account, f"mmp {message.protection_group}")
        return
    if not covers_drop(seat.terms):
        session.refuse(message.request_id, ErrorCode.QUOTE_NEEDS_COD, "quotes need cancel on disconnect: cod first")
        return
    room = session.hub.room
    room.make_room(len(entries))
    for place, entry in enumerate(entries):
        listed = room.instruments.get(entry[0])
        more = place + 1 < len(entries)
        pack_quote_entry(
            room.batch, entry, listed.index if listed else unlisted_index(entry[0]), message.protection_group, more,
            account, seat.number, message.request_id,
        )  # fmt: skip
        if message.expires_us:
            room.batch.expires.append((len(room.batch.tickets), message.expires_us))
        room.batch.tickets.append((seat.answer, message.request_id, session.now_us) if place == 0 else None)
    seat.last_id = seat.quoted_id = message.request_id
    session.expect_answer()
    room.wake()


def cost(message: Quote) -> tuple[str, int]:
    """A token for each side; one that only removes draws on the cancel bucket (RATE-001, RATE-003)."""
    removes = not any(entry[2] or entry[4] for entry in message.quotes)
    return ("cancel", 1) if removes else ("quote", 2 * len(message.quotes))


def set_protection(session: "Session", seat: Seat, message: ProtectionSet) -> None:
    account = admit_trade(session, seat, message, seat.order_bucket, "order", seat.may_trade)
    if not account:
        return
    room = session.hub.room
    group = room.groups.get(message.chip, 0)
    if message.chip and not group:
        text = f"no chip {message.chip} is listed (field chip)"
        session.refuse(message.request_id, ErrorCode.UNKNOWN_INSTRUMENT, text)
        return
    pack_protection(room.batch, message, group, account, seat.number, message.request_id)
    asked = account, message.group
    session.hub.protections_asked[asked] += 1

    def settled(request_id: int, received_us: int, events: list[Row]) -> None:
        session.hub.protections_asked[asked] -= 1
        seat.answer(request_id, received_us, events)

    submit_lasting(session, seat, room, message.request_id, settled)


def reset_protection(session: "Session", seat: Seat, message: ProtectionReset) -> None:
    account = admit_trade(session, seat, message, seat.order_bucket, "order", seat.may_trade)
    if not account:
        return
    if not _is_protected(session, account, message.group):
        _refuse_group(session, message.request_id, account, f"grp {message.group}")
        return
    room = session.hub.room
    pack_reset(room.batch, message.group, account, seat.number, message.request_id)
    submit_lasting(session, seat, room, message.request_id)


def _is_protected(session: "Session", account: int, number: int) -> bool:
    """Whether the account has the group, or has asked for it and waits for the answer."""
    hub, group = session.hub, (account, number)
    if number and group not in hub.protections and query.has_protection(hub.room.states, account, number):
        hub.protections.add(group)
    return group in hub.protections or hub.protections_asked[group] > 0


def _refuse_group(session: "Session", request_id: int, account: int, named: str) -> None:
    text = f"{named} is no protection group of acc {account}: mmp_set first"
    session.refuse(request_id, ErrorCode.QUOTE_NEEDS_MMP, text)
