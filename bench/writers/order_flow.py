"""Runs a tape on an engine and gives the order messages that a feed of its books would publish.

Only what a feed shows is in the messages: orders that rest, what becomes of them, and trades with them.
"""

from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

import numpy as np

from bench.readers.order_messages import ADD, DELETE, EXECUTE, ORDER_MESSAGE, REDUCE, REPLACE, order_messages
from bench.tapes.run import events_of_tape
from bench.tapes.tape import TICK_NOTE, Tape
from exchange.codes import CommandKind, EventFlag, EventKind, Liquidity
from exchange.engine import query
from exchange.engine.engine import Engine
from exchange.errors import UserError
from exchange.limits import NAMED
from exchange.records import EVENT, column
from exchange.units import MILLS_PER_DOLLAR

MILL = Decimal(1) / MILLS_PER_DOLLAR
RESTING_FILLS = (Liquidity.MAKER, Liquidity.AUCTION)


@dataclass(frozen=True)
class OrderFlow:
    """Messages of all books of a tape, in order, and the event of each. `book` of a message is the instrument - 1.

    An order id is the number of its entry, from 1, and new after each loss of priority, as feeds have it.
    """

    messages: np.ndarray  # ORDER_MESSAGE
    events: np.ndarray  # EVENT, one for each message; of a REPLACE, the ORDER_RESTED
    symbols: list[str]  # by book
    engine: Engine  # after the tape
    tick: Decimal = MILL  # what a tick is worth, dollars

    def of_book(self, book: int) -> "OrderFlow":
        """The messages of one book. UserError: it has none."""
        chosen = self.messages["book"] == book
        if not chosen.any():
            names = ", ".join(self.symbols[:5]) or "none"
            raise UserError(f"instrument {book + 1} has no orders; the tape has {len(self.symbols)} books: {names}")
        return replace(self, messages=self.messages[chosen], events=self.events[chosen])

    def symbol(self, book: int) -> str:
        return self.symbols[book] or f"BOOK-{book + 1}"


def order_flow(tape: Tape) -> OrderFlow:
    """Run a tape. UserError: it has orders that a feed of single orders does not show as such."""
    check_commands(tape.commands)
    tick = tick_of(tape)
    engine = Engine(NAMED[tape.limits])
    parts = [np.zeros(0, EVENT)]
    parts += [events[of_feed(events)] for events in events_of_tape(tape, engine)]
    events = np.concatenate(parts)
    listed = {row.index: row.symbol for row in query.instruments(engine.states)}
    symbols = [listed.get(index, "") for index in range(1, 1 + max(listed, default=0))]
    return OrderFlow(*joined(messages_of(events), events), symbols, engine, tick)


def tick_of(tape: Tape) -> Decimal:
    """What a tick is worth in dollars: a mill, if the tape has no note of it. UserError: its note is no such number."""
    note = tape.notes.get(TICK_NOTE, MILL)
    try:
        tick = Decimal(str(note))
    except InvalidOperation:
        tick = Decimal("nan")
    if not tick.is_finite() or tick <= 0:
        raise UserError(f"the tape has the note {TICK_NOTE} {note!r}, allowed: dollars above 0, like '0.01'")
    return tick


def check_commands(commands: np.ndarray) -> None:
    """Raise UserError for icebergs and mass quotes, whose events do not name a shown order each."""
    new = commands["kind"] == CommandKind.NEW
    icebergs = int(np.count_nonzero(new & (commands["display_lots"] > 0)))
    quotes = int(np.count_nonzero(commands["kind"] == CommandKind.QUOTE))
    for number, what in ((icebergs, "iceberg orders"), (quotes, "entries of mass quotes")):
        if number:
            raise UserError(f"the tape has {number:,} {what}, allowed in this format: plain orders only")


def of_feed(events: np.ndarray) -> np.ndarray:
    """Mask of the EVENT rows that change an order in a book."""
    kind, flags = events["kind"], events["flags"]
    rested = (kind == EventKind.ORDER_ACCEPTED) & (flags & EventFlag.RESTS != 0) | (kind == EventKind.ORDER_RESTED)
    traded = (kind == EventKind.FILL) & np.isin(events["liquidity"], RESTING_FILLS)
    reduced = np.isin(kind, (EventKind.ORDER_CANCELLED, EventKind.SELF_MATCH_DECREMENTED))
    changed = (kind == EventKind.ORDER_REPLACED) & (flags & (EventFlag.KEPT | EventFlag.LOST) != 0)
    found: np.ndarray = (
        rested & (events["level_lots"] > 0) | traded | reduced & (flags & EventFlag.NEVER_RESTED == 0) | changed
    )
    return found


def messages_of(events: np.ndarray) -> np.ndarray:
    """One ORDER_MESSAGE row for each event of a feed."""
    kind, lost = events["kind"], events["flags"] & EventFlag.LOST != 0
    kinds = np.full(len(events), ADD, np.uint8)
    kinds[kind == EventKind.FILL] = np.where(prints(events), EXECUTE, REDUCE)[kind == EventKind.FILL]
    kinds[(kind == EventKind.FILL) & (kinds == REDUCE) & (events["leaves_lots"] == 0)] = DELETE
    kinds[kind == EventKind.ORDER_CANCELLED] = DELETE
    kinds[kind == EventKind.SELF_MATCH_DECREMENTED] = REDUCE
    replaced = kind == EventKind.ORDER_REPLACED
    kinds[replaced] = np.where(lost[replaced], DELETE, REDUCE)
    order = np.lexsort((np.arange(len(events)), events["order_id"]))
    leaves, names = events["leaves_lots"][order].astype(np.int64), events["order_id"][order]
    before = np.concatenate([[0], leaves[:-1]])
    before[np.concatenate([[True], names[1:] != names[:-1]])[: len(before)]] = 0
    lots: np.ndarray = np.empty(len(events), np.int64)
    lots[order] = np.where(kinds[order] == ADD, leaves, before - leaves)
    left = np.empty(len(events), np.int64)
    left[order] = before
    lots = np.where(kinds == DELETE, left, lots)
    return order_messages(
        time_ns=events["time_ns"], row=np.arange(1, 1 + len(events)), order_id=entry_numbers(events, kinds, order),
        price=events["price"], lots=lots, book=events["instrument"].astype(np.int32) - 1, kind=kinds,
        side=events["side"],
    )  # fmt: skip


def prints(events: np.ndarray) -> np.ndarray:
    """Mask of the fills that a feed shows as a trade.

    Both orders of an auction trade rest: its first fill is the trade, and the other one only makes its order smaller,
    as does a fill in an internal leg (SMP-010).
    """
    keys = np.stack([events["instrument"].astype(np.int64), column(events, "trade_id").astype(np.int64)])
    auction = np.flatnonzero((events["kind"] == EventKind.FILL) & (events["liquidity"] == Liquidity.AUCTION))
    found: np.ndarray = events["flags"] & EventFlag.INTERNAL == 0
    found[auction] = False
    found[auction[np.unique(keys[:, auction], axis=1, return_index=True)[1]]] = True
    return found


def entry_numbers(events: np.ndarray, kinds: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Order ids of messages: the number of the order's last ADD. `order`: places, sorted by the engine's order id."""
    numbers = np.zeros(len(events), np.int64)
    entered = kinds == ADD
    numbers[entered] = np.arange(1, 1 + np.count_nonzero(entered))
    found = np.zeros(len(events), np.uint64)
    # An order begins with an ADD, and its numbers ascend; so do not those of the next order, which begins with one too.
    places = np.maximum.accumulate(np.where(entered[order], np.arange(len(order)), 0))
    found[order] = numbers[order][places]
    return found


def joined(messages: np.ndarray, events: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Join each DELETE and the ADD of the same order right after it, by one command, to a REPLACE.

    A replacement that changes nothing has no message.
    """
    if not len(messages):
        return np.zeros(0, ORDER_MESSAGE), events
    lost = (messages["kind"] == DELETE) & (events["kind"] == EventKind.ORDER_REPLACED)
    same = (events["order_id"][1:] == events["order_id"][:-1]) & (events["sequence"][1:] == events["sequence"][:-1])
    first = np.flatnonzero(lost[:-1] & same & (messages["kind"][1:] == ADD))
    messages["kind"][first + 1] = REPLACE
    messages["old_order_id"][first + 1] = messages["order_id"][first]
    kept = (messages["kind"] != REDUCE) | (messages["lots"] > 0)
    kept[first] = False
    return messages[kept], events[kept]
