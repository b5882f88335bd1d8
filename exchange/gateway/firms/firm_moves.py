"""Accounts that change their clearing firm: how the journal notes it, so that numbers of drop copies follow from it.

A message has the number `d` in the drop copy of its firm. The last one is the sum of the last numbers of the streams of
the firm's accounts, but for what an account had before it joined, and with what those that have left had sent until
then (`publish.drop_copy.firms`). So the row of a DEFINE_ACCOUNT that moves an account notes the last number of its
stream, in fields that the engine does not use: a payload cannot say it, since it is made before the command has its
place in the journal.
"""

from typing import Any, NamedTuple

import msgspec

from exchange.codes import CommandKind


class FirmMove(NamedTuple):
    """An account that has had messages moves from one clearing firm to another.

    sequence       of the DEFINE_ACCOUNT
    left, joined   the firms; 0: none
    stream         last number of the account's stream then
    """

    sequence: int
    account: int
    left: int
    joined: int
    stream: int


class _Terms(msgspec.Struct):
    """What is needed of the payload of a DEFINE_ACCOUNT."""

    account: int
    firm: int = 0


def account_of(payload: bytes) -> int:
    """The account that a DEFINE_ACCOUNT is about."""
    return msgspec.json.decode(payload, type=_Terms).account


def note_move(rows: Any, payload: bytes, left: int, stream: int) -> None:
    """Note in the row of a DEFINE_ACCOUNT that it moves the account, if it does.

    rows     COMMAND rows, shape (1,), changed
    left     the present firm of the account
    stream   last number of its stream
    """
    terms = msgspec.json.decode(payload, type=_Terms)
    if stream and terms.firm != left:
        rows["account"], rows["group"], rows["order_id"] = terms.account, left, stream


def move_of(row: Any, payload: bytes) -> FirmMove | None:
    """The move that a COMMAND record of the journal notes; None: there is none."""
    if row["kind"] != CommandKind.DEFINE_ACCOUNT or not row["order_id"]:
        return None
    joined = msgspec.json.decode(payload, type=_Terms).firm
    return FirmMove(int(row["sequence"]), int(row["account"]), int(row["group"]), joined, int(row["order_id"]))
