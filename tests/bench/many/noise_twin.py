"""The slow, obvious twin of `bench.many.noise` and of the event hash, in plain whole numbers."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from exchange.codes import CommandKind, OrderState, Side, TimeInForce
from exchange.engine import query
from exchange.records import COMMAND, EVENT, blank_rows

ALL = 2**64 - 1
GAMMA, MIX_A, MIX_B = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


@dataclass
class Stream:
    """SplitMix64 as its authors write it."""

    word: int

    def next(self) -> int:
        self.word = self.word + GAMMA & ALL
        word = (self.word ^ self.word >> 30) * MIX_A & ALL
        word = (word ^ word >> 27) * MIX_B & ALL
        return word ^ word >> 31


def message(states: np.ndarray, flow: dict[str, int], stream: Stream) -> np.ndarray:
    """The next message of a flow, COMMAND, shape (1,)."""
    row = blank_rows(COMMAND, 1)
    row["sequence"], row["time_ns"] = states["sequence"] + 1, states["time_ns"] + flow["step_ns"]
    row["instrument"] = flow["instrument"]
    used = int(states["used_orders"][0])
    adds, news = flow["add_weight"], flow["add_weight"] + flow["take_weight"]
    mine = range(flow["first_account"], flow["first_account"] + flow["accounts"])
    for _ in range(16):
        high, low = divmod(stream.next(), 2**32)
        choice = low * (news + flow["cancel_weight"] * used) >> 32
        if choice < news:
            return _new(row, states, flow, stream, high, choice >= adds)
        order = states["orders"][0, 1 + (high * used >> 32)]
        if order["state"] != OrderState.NONE and order["account"] in mine:
            row["kind"], row["account"], row["order_id"] = CommandKind.CANCEL, order["account"], order["order_id"]
            return row
    return _new(row, states, flow, stream, stream.next() >> 32, False)


def _new(row: np.ndarray, states: np.ndarray, flow: dict[str, int], stream: Stream, bits: int, takes: bool) -> Any:
    side = Side(bits % 2)
    best = [levels[0][0] if levels else None for levels in query.depth(states, flow["instrument"])]
    opposite, away = best[1 - side], 1 + (bits * flow["depth_ticks"] >> 32)
    if opposite is None:
        tick = flow["middle_tick"] + side.sign * (1 - away)
    else:
        tick = opposite + side.sign * (flow["depth_ticks"] if takes else -away)
    high, low = divmod(stream.next(), 2**32)
    book = states["books"][0, flow["instrument"]]
    row["kind"], row["side"], row["price"] = CommandKind.NEW, side, np.clip(tick, book["low_tick"], book["high_tick"])
    row["tif"] = TimeInForce.IOC if takes and opposite is not None else TimeInForce.DAY
    row["lots"] = 1 + (low * flow["lots_max"] >> 32)
    row["account"] = flow["first_account"] + (high * flow["accounts"] >> 32)
    return row


def hash_events(value: int, events: np.ndarray) -> int:
    """Hash of some events, with more of them: four lanes of every fourth word, put together one after the other."""
    assert events.dtype == EVENT
    for words in np.frombuffer(events.tobytes(), "<u8").reshape(-1, 16).tolist():
        lanes = [0, 0, 0, 0]
        for place, word in enumerate(words):
            lanes[place % 4] = (lanes[place % 4] ^ word) * GAMMA & ALL
        for lane in lanes:
            value = (value ^ lane ^ lane >> 29) * GAMMA & ALL
        value ^= value >> 29
    return value
