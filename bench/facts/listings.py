"""Which books a tape lists, and when: a book may get another instrument after one has ended."""

from dataclasses import dataclass

import numpy as np

from bench.tapes.tape import Tape, TapeControl
from exchange.codes import CommandKind
from exchange.engine.control.checks import ControlError
from exchange.engine.control.list_instruments import ListPayload
from exchange.engine.control.registry import decode_payload
from exchange.errors import UserError

NAMED_IN_ERROR = 5
ENDLESS = 2**63 - 1


@dataclass(frozen=True)
class Listing:
    """One instrument of a tape: its book, and the sequences between which the book is its own."""

    symbol: str
    index: int
    min_inc: int
    first: int
    end: int  # sequence at which the book gets another instrument
    orders: int  # new orders and quotes entered for it


def listings(tape: Tape) -> list[Listing]:
    """Every instrument that a tape lists, busiest first. UserError: the payload of a LIST is damaged."""
    found: list[tuple[int, str, int, int]] = []
    for control in tape.controls:
        if control.row["kind"][0] == CommandKind.LIST:
            instruments = _payload_of(control).instruments
            found += [(one.index, one.symbol, one.min_inc, control.sequence) for one in instruments]
    rows = tape.commands[np.isin(tape.commands["kind"], (CommandKind.NEW, CommandKind.QUOTE))]
    order = np.argsort(rows["instrument"], kind="stable")
    indices, sequences = rows["instrument"][order], rows["sequence"][order]
    known = []
    for number, (index, symbol, min_inc, first) in enumerate(found):
        end = min((one[3] for one in found[number + 1 :] if one[0] == index), default=ENDLESS)
        begin, stop = np.searchsorted(indices, [index, index + 1])
        entered = np.searchsorted(sequences[begin:stop], [first, end])
        known.append(Listing(symbol, index, min_inc, first, end, int(entered[1] - entered[0])))
    return sorted(known, key=lambda one: -one.orders)


def _payload_of(control: TapeControl) -> ListPayload:
    try:
        payload: ListPayload = decode_payload(int(control.row["kind"][0]), control.payload)
    except ControlError as error:
        raise UserError(f"tape: control at sequence {control.sequence}: {error}") from None
    return payload


def listing_of(tape: Tape, symbol: str = "") -> Listing:
    """The listing of a symbol; empty: the busiest one. UserError: the tape has none, or no order was entered."""
    known = listings(tape)
    if not known:
        raise UserError("no book is listed, so there is nothing to measure")
    if symbol:
        for one in known:
            if one.symbol == symbol:
                return one
        busiest = ", ".join(one.symbol for one in known[:NAMED_IN_ERROR])
        more = f" and {len(known) - NAMED_IN_ERROR:,} more" if len(known) > NAMED_IN_ERROR else ""
        raise UserError(f"--book {symbol}: not listed; listed, busiest first: {busiest}{more}")
    if not known[0].orders:
        raise UserError("no order was entered, so there is nothing to measure")
    return known[0]
