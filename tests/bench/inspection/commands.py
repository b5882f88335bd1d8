"""Tapes of commands written by hand, each given by its fields, in an open market of two books and two accounts."""

from typing import Any

import numpy as np

from bench.inspection.explain import Explanation, explain
from bench.tapes.market import PlainMarket, market_tape
from bench.tapes.tape import Tape
from exchange.records import COMMAND, column, pack_client_order_id


def tape_of(*commands: dict[str, Any]) -> Tape:
    """Prices are from 100 to 300 ticks, settlement is 200."""
    rows = np.zeros(len(commands), COMMAND)
    for place, fields in enumerate(commands):
        row = rows[place : place + 1]
        row["account"], row["instrument"] = 1, 1
        for name, value in fields.items():
            if name == "client_order_id":
                for word, number in enumerate(pack_client_order_id(value)):
                    row[f"client_order_id_{word}"] = number
            else:
                column(row, name)[:] = value
    return market_tape(PlainMarket(100, 300, 200, books=2, accounts=2), [rows], limits="medium")


def explain_last(*commands: dict[str, Any]) -> Explanation:
    tape = tape_of(*commands)
    return explain(tape, int(tape.commands["sequence"][-1]))


def verdicts(found: Explanation, entry: int = 0) -> dict[str, str]:
    """Verdict of each check by its reason."""
    return {check.reason: check.verdict for check in found.rows[entry].checks}


def found_by(found: Explanation, entry: int = 0) -> dict[str, str]:
    """What each check found, by its reason."""
    return {check.reason: check.found for check in found.rows[entry].checks}
