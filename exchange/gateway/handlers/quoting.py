"""Mass quotes and market-maker protection: requests that become QUOTE, MMP_SET, MMP_RESET rows (ENTRY-020 to 023)."""

from exchange.engine import query
from exchange.engine.event_rows import Row
from exchange.gateway.connection import Connection
from exchange.gateway.handlers.trading import admit_trade, submit
from exchange.gateway.session import Session, cancels_on_drop
from exchange.gateway.translate import pack_protection, pack_quote_entry, pack_reset
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import ProtectionReset, ProtectionSet, Quote
from exchange.wire.words import unlisted_index


def quote(connection: Connection, session: Session, message: Quote) -> None:
    """Submit a mass quote: a row for each entry. All rows are in the same commit, and the first has the ticket."""
    entries = message.quotes
    bucket, tokens = cost_of(message)
    account = admit_trade(connection, session, message, None, bucket, session.may_trade, tokens)
    if not account:
        return
    if not _has_protection(connection, account, message.protection_group):
        _refuse_group(connection, message.request_id, account, f"mmp {message.protection_group}")
        return
    if not cancels_on_drop(session.terms):
        connection.refuse(message.request_id, ErrorCode.QUOTE_NEEDS_COD, "quotes need cancel on disconnect: cod first")
        return
    port = connection.gateway.port
    port.gathering.make_space(len(entries))
    batch = port.gathering.open
    for index, entry in enumerate(entries):
        listed = port.instruments.get(entry[0])
        more = index + 1 < len(entries)
        pack_quote_entry(
            batch, entry, listed.index if listed else unlisted_index(entry[0]), message.protection_group, more,
            account, session.number, message.request_id,
        )  # fmt: skip
        if message.expires_us:
            batch.expires.append((batch.count, message.expires_us))
        if index == 0:
            batch.add_request(connection.now_us)
        else:
            batch.add_unanswered()
    session.note_quote(message.request_id)
    session.allow_quotes(message.protection_group)
    connection.note_queued(port.gathering.open_number)
    connection.expect_answer()
    port.wake()


def cost_of(message: Quote) -> tuple[str, int]:
    """(bucket, tokens) of a mass quote: one token for each side (RATE-001).

    A mass quote that only removes sides takes one token of the cancel bucket (RATE-003).
    """
    removes = not any(entry[2] or entry[4] for entry in message.quotes)
    return ("cancel", 1) if removes else ("quote", 2 * len(message.quotes))


def set_protection(connection: Connection, session: Session, message: ProtectionSet) -> None:
    """Handle `mmp_set`: define a protection group."""
    account = admit_trade(connection, session, message, session.order_bucket, "order", session.may_trade)
    if not account:
        return
    port = connection.gateway.port
    group = port.groups.get(message.chip, 0)
    if message.chip and not group:
        text = f"no chip {message.chip} is listed (field chip)"
        connection.refuse(message.request_id, ErrorCode.UNKNOWN_INSTRUMENT, text)
        return
    pack_protection(port.gathering.open, message, group, account, session.number, message.request_id)
    asked = account, message.group
    connection.gateway.protections_asked[asked] += 1

    def answer(request_id: int, received_us: int, events: list[Row]) -> None:
        connection.gateway.protections_asked[asked] -= 1
        session.answer(request_id, received_us, events)

    submit(connection, session, port, message.request_id, answer=answer)


def reset_protection(connection: Connection, session: Session, message: ProtectionReset) -> None:
    """Handle `mmp_reset`: arm a protection group again."""
    account = admit_trade(connection, session, message, session.order_bucket, "order", session.may_trade)
    if not account:
        return
    if not _has_protection(connection, account, message.group):
        _refuse_group(connection, message.request_id, account, f"grp {message.group}")
        return
    port = connection.gateway.port
    pack_reset(port.gathering.open, message.group, account, session.number, message.request_id)
    submit(connection, session, port, message.request_id)


def _has_protection(connection: Connection, account: int, number: int) -> bool:
    """Whether the account has the protection group, or has submitted a request for it."""
    gateway, group = connection.gateway, (account, number)
    if number and group not in gateway.protections and query.has_protection(gateway.port.states, account, number):
        gateway.protections.add(group)
    return group in gateway.protections or gateway.protections_asked[group] > 0


def _refuse_group(connection: Connection, request_id: int, account: int, named: str) -> None:
    text = f"{named} is no protection group of acc {account}: mmp_set first"
    connection.refuse(request_id, ErrorCode.QUOTE_NEEDS_MMP, text)
