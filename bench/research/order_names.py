"""Names of recorded orders that stay right when own orders are among them.

The engine gives an order its id when it accepts it, and own orders take ids too. So a recorded cancel or replace that
names an order by id would find another order. Client order ids do not change; an order that has one is named by it.
"""

import numpy as np

from bench.tapes.run import events_of_tape
from bench.tapes.tape import Tape
from exchange.codes import CommandKind, EventKind
from exchange.engine.engine import blank_commands
from exchange.limits import SLOT_BITS
from exchange.records import EVENT

WORDS = ("client_order_id_0", "client_order_id_1", "client_order_id_2")
NO_ORDER_ID = 1 << SLOT_BITS  # in slot 0, which is none
NEVER = np.iinfo(np.int64).max


def named_by_client(tape: Tape) -> np.ndarray | None:
    """The rows of a tape with client order ids in place of order ids, where an order has one.

    A client order id is free again when its order has ended (ORDER-005). So a row whose order is not the last one of
    its account with this id gets NO_ORDER_ID: in the record it was refused, and so it is in a replay.

    returns   COMMAND rows; None: no row names an order by id, so the rows can stay
    UserError: the engine refuses a control of the tape
    """
    rows = tape.commands
    by_id = np.flatnonzero(np.isin(rows["kind"], (CommandKind.REPLACE, CommandKind.CANCEL)) & (rows["order_id"] != 0))
    if not len(by_id):
        return None
    accepted = accepted_orders(tape)
    asked, ends = rows[by_id], next_of_name(accepted)
    places = np.searchsorted(accepted["order_id"], asked["order_id"], "right") - 1
    found, ends = accepted[places], ends[places]
    known = (found["order_id"] == asked["order_id"]) & (found["account"] == asked["account"])
    known &= (found["sequence"] < asked["sequence"]) & (asked["sequence"] <= ends)
    named = known & (found[WORDS[0]] != 0)
    renamed = blank_commands(len(rows))
    renamed[:] = rows
    for word in WORDS:
        renamed[word][by_id[named]] = found[word][named]
    renamed["order_id"][by_id[named]] = 0
    renamed["order_id"][by_id[~known]] = NO_ORDER_ID
    return renamed


def next_of_name(accepted: np.ndarray) -> np.ndarray:
    """For each ORDER_ACCEPTED the sequence of the account's next one with its client order id; NEVER: there is none."""
    keys = [accepted[name] for name in (*WORDS, "account")]
    order = np.lexsort([accepted["sequence"], *keys])
    same = accepted[WORDS[0]][order[1:]] != 0
    for key in keys:
        same &= key[order[1:]] == key[order[:-1]]
    ends = np.full(len(accepted), NEVER)
    ends[order[:-1][same]] = accepted["sequence"][order[1:][same]]
    return ends


def accepted_orders(tape: Tape) -> np.ndarray:
    """The ORDER_ACCEPTED of all orders of a tape by order id, and an empty row in front. It runs the tape once."""
    found = [events[events["kind"] == EventKind.ORDER_ACCEPTED] for events in events_of_tape(tape)]
    accepted = np.concatenate([np.zeros(1, EVENT), *found])
    ordered: np.ndarray = accepted[np.argsort(accepted["order_id"], kind="stable")]
    return ordered
