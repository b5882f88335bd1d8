"""Names of recorded orders that stay right when own orders are among them.

The engine gives an order its id when it accepts it, and own orders take ids too. So a recorded cancel or replace that
names an order by id would find another order. Client order ids do not change; an order that has one is named by it.
"""

import numpy as np

from bench.tapes.tape import Tape, TapeControl
from exchange.codes import CommandKind, EventKind
from exchange.engine.engine import Engine, blank_commands
from exchange.limits import NAMED
from exchange.records import EVENT

CHUNK_ROWS = 16_384
WORDS = ("client_order_id_0", "client_order_id_1", "client_order_id_2")


def named_by_client(tape: Tape) -> np.ndarray | None:
    """The rows of a tape with client order ids in place of order ids, where an order has one.

    returns   COMMAND rows; None: no row names an order by id, so the rows can stay
    """
    rows = tape.commands
    by_id = np.flatnonzero(np.isin(rows["kind"], (CommandKind.REPLACE, CommandKind.CANCEL)) & (rows["order_id"] != 0))
    if not len(by_id):
        return None
    accepted = accepted_orders(tape)
    accepted, ids = accepted[np.argsort(accepted["order_id"])], rows["order_id"][by_id]
    places = np.minimum(np.searchsorted(accepted["order_id"], ids), len(accepted) - 1)
    known = (accepted["order_id"][places] == ids) & (accepted[WORDS[0]][places] != 0)
    renamed = blank_commands(len(rows))
    renamed[:] = rows
    for word in WORDS:
        renamed[word][by_id[known]] = accepted[word][places[known]]
    renamed["order_id"][by_id[known]] = 0
    return renamed


def accepted_orders(tape: Tape) -> np.ndarray:
    """The ORDER_ACCEPTED of all orders of a tape, and an empty row in front. It runs the tape once."""
    engine = Engine(NAMED[tape.limits])
    found = []
    for part in tape.parts():
        if isinstance(part, TapeControl):
            engine.control(part.row, part.payload)
            continue
        for start in range(0, len(part), CHUNK_ROWS):
            events = engine.apply(part[start : start + CHUNK_ROWS])
            found.append(events[events["kind"] == EventKind.ORDER_ACCEPTED])
    return np.concatenate([np.zeros(1, EVENT), *found])
