"""The process that test_kill kills: trades into a folder for ever and prints each acknowledged sequence.

Run as a module with the folder as its argument.
"""

import json
import sys
from itertools import count

import numpy as np

from exchange.codes import CommandKind, MarketState, Side, TimeInForce
from exchange.conformance.market import account_payload, scenario_listing
from exchange.journal.recovery import Opened, open_journal
from exchange.limits import MEDIUM
from exchange.records import COMMAND
from exchange.seams import RealClock, RealDisk, RealRng

ACCOUNTS = (1, 2)
SEGMENT_BYTES = 1 << 18


def open_folder(folder: str) -> Opened:
    """The folder with the compiled engine and the real disk; spares by a thread."""
    return open_journal(
        folder, RealDisk(), RealRng(), RealClock(), MEDIUM, b'{"matching":"price-time"}', segment_bytes=SEGMENT_BYTES
    )


def blank(kind: CommandKind, rows: int = 1) -> np.ndarray:
    commands = np.zeros(rows, COMMAND)
    commands["kind"] = kind
    return commands


def control(opened: Opened, kind: CommandKind, payload: object) -> None:
    row, data = blank(kind), json.dumps(payload).encode()
    opened.sequencer.stamp(row)
    opened.journal.append_control(row, data)
    opened.journal.observe(opened.engine.control(row, data), opened.engine.sequence)


def send(opened: Opened, rows: np.ndarray) -> int:
    opened.sequencer.stamp(rows)
    opened.journal.append(rows)
    opened.journal.observe(opened.engine.apply(rows), opened.engine.sequence)
    return opened.journal.durable_sequence


def set_up(opened: Opened) -> None:
    """List the scenarios' market, define two rich accounts, open the market."""
    control(opened, CommandKind.LIST, scenario_listing({}))
    for account in ACCOUNTS:
        control(opened, CommandKind.DEFINE_ACCOUNT, account_payload(account, {}))
        deposit = blank(CommandKind.DEPOSIT)
        deposit["account"], deposit["price"] = account, 10**12
        send(opened, deposit)
    for wanted in (MarketState.PREOPEN, MarketState.OPEN):
        state = blank(CommandKind.SET_STATE)
        state["group"], state["order_type"] = 1, wanted
        send(opened, state)


def orders(number: int) -> np.ndarray:
    """A batch of 1 to 40 orders of both accounts around one price; about half of them trade."""
    rng = np.random.default_rng(number)
    rows = blank(CommandKind.NEW, int(rng.integers(1, 41)))
    rows["account"] = rng.choice(ACCOUNTS, len(rows))
    rows["side"] = rng.choice([Side.BUY, Side.SELL], len(rows))
    rows["instrument"], rows["tif"] = 1, TimeInForce.GTC
    rows["price"], rows["lots"] = rng.integers(98, 103, len(rows)), rng.integers(1, 5, len(rows))
    return rows


def trade_for_ever(folder: str) -> None:
    opened = open_folder(folder)
    print("open", opened.report.replayed, flush=True)
    if not opened.engine.sequence:
        set_up(opened)
    for number in count(opened.engine.sequence):
        print(send(opened, orders(number)), flush=True)
        if number % 40 == 39:
            opened.journal.snapshot(opened.engine)


if __name__ == "__main__":
    trade_for_ever(sys.argv[1])
