"""The compiled decoder reads every field as `struct` does."""

import struct

import numpy as np
import pytest

from bench.readers.itch_frames import SMALLEST_FRAME, TYPES
from bench.readers.itch_walk import DIRECTORY, END, TRUNCATED, WALK, walk_frames
from bench.readers.order_messages import ADD, DELETE, EXECUTE, KINDS, ORDER_MESSAGE, REDUCE, REPLACE
from tests.bench import itch_file

CODES = [("A", ADD), ("F", ADD), ("E", EXECUTE), ("C", EXECUTE), ("X", REDUCE), ("D", DELETE), ("U", REPLACE)]


def walk(data: bytes, chosen: bool = True) -> tuple[int, np.ndarray, np.ndarray]:
    lengths = np.zeros(256, np.int64)
    for letter, (length, _) in TYPES.items():
        lengths[ord(letter)] = length
    state = np.zeros(1, WALK)
    state["tick"], state["lot"], state["low"], state["high"] = 100, 1, 100, 10_000_000
    out = np.zeros(len(data) // SMALLEST_FRAME + 1, ORDER_MESSAGE)
    traded = np.zeros(1 << 16, np.bool_)
    tables = (np.full(1 << 16, chosen), traded, np.zeros(256, np.int64), state, out)
    stop = walk_frames(np.frombuffer(data, np.uint8), lengths, *tables)
    rows = out[: int(state["written"][0])]
    assert np.flatnonzero(traded).tolist() == np.unique(rows["book"]).tolist()
    return stop, state[0], rows


@pytest.mark.rule("TAPE-011")
@pytest.mark.parametrize("seed", range(3))
def test_random_messages_are_read_as_struct_reads_them(seed: int) -> None:
    random = np.random.default_rng(seed)
    frames, wanted = [], []
    for row in range(1, 201):
        old, new = (int(number) for number in random.integers(1, 2**63, 2))
        shares, tick, locate = int(random.integers(1, 2**32)), int(random.integers(1, 100_001)), 7
        letter, kind = CODES[int(random.integers(len(CODES)))]
        add = struct.pack(">QcI8sI", new, b"S", shares, b"X", tick * 100)
        body = {
            "A": add,
            "F": add + b"MPID",
            "E": struct.pack(">QIQ", new, shares, 3),
            "C": struct.pack(">QIQcI", new, shares, 3, b"Y", 77),
            "X": struct.pack(">QI", new, shares),
            "D": struct.pack(">Q", new),
            "U": struct.pack(">QQII", old, new, shares, tick * 100),
        }[letter]
        frames.append(itch_file.message(letter, row * 10**11, body, locate))
        priced = kind in (ADD, REPLACE)
        lots, side = 0 if kind == DELETE else shares, int(kind == ADD)
        earlier = old if kind == REPLACE else 0
        wanted.append((row * 10**11, row, new, earlier, tick if priced else 0, lots, locate, kind, side, 0))
    # The day has 86,400 s, but nothing limits what six bytes hold.
    stop, _, rows = walk(b"".join(frames))
    assert (stop, rows.tolist()) == (END, wanted) and len(KINDS) == 8


def test_walk_stops_after_a_directory_and_before_half_a_frame() -> None:
    data = itch_file.OPEN + itch_file.directory("AAPL")
    assert walk(data)[0] == DIRECTORY and walk(data)[1]["offset"] == len(data)
    assert walk(data[:-1])[0] == TRUNCATED and walk(data[:-1])[1]["offset"] == len(itch_file.OPEN)


def test_messages_of_other_symbols_are_counted_only() -> None:
    _, state, rows = walk(itch_file.add(1, "B", 5, 1_000_050), chosen=False)
    assert (len(rows), state["others"]) == (0, 1)
