"""The commands of a tape as a driver reads them."""

import numpy as np
import pytest

from bench import Replay
from bench.research import tape_rows
from bench.research.tape_rows import TapeRows
from bench.tapes.tape import Tape, TapeControl
from exchange.codes import CommandFlag, CommandKind
from exchange.records import COMMAND
from tests.bench.research.small_flow import small_flow


def rows_at(*times_ns: int) -> np.ndarray:
    rows = np.zeros(len(times_ns), COMMAND)
    rows["sequence"], rows["time_ns"] = 1 + np.arange(len(rows)), times_ns
    return rows


def test_times_and_sequences_are_those_of_rows_and_controls_and_never_go_back() -> None:
    rows = rows_at(5, 9, 7, 20)
    rows["sequence"][2:] += 1
    control = np.zeros(1, COMMAND)
    control["sequence"], control["time_ns"] = 3, 8
    source = TapeRows(Tape(rows, [TapeControl(control, b"")]))
    assert (source.sequences.tolist(), source.times_ns.tolist()) == ([1, 2, 3, 4, 5], [5, 9, 9, 9, 20])
    assert (source.control_rows, source.length, source.controls_before(2), source.controls_before(3)) == (
        [2, 4],
        5,
        0,
        1,
    )


def test_a_mass_quote_ends_behind_its_last_entry_or_before_a_control() -> None:
    rows = rows_at(1, 2, 3, 4, 5)
    rows["kind"], rows["flags"] = CommandKind.QUOTE, [0, CommandFlag.MORE, CommandFlag.MORE, 0, CommandFlag.MORE]
    source = TapeRows(Tape(rows))
    assert [source.quote_end(row, 5) for row in range(6)] == [0, 1, 4, 4, 4, 5]
    assert source.quote_end(2, 3) == 3


def test_rows_of_another_layout_are_copied() -> None:
    rows = rows_at(*range(8))
    assert TapeRows(Tape(rows)).rows is rows
    copy = TapeRows(Tape(rows[::2])).rows
    assert copy.flags.c_contiguous and copy.tobytes() == rows[::2].tobytes()


def test_a_tape_is_read_for_names_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tapes, named = [], tape_rows.named_by_client
    monkeypatch.setattr(tape_rows, "named_by_client", lambda tape: tapes.append(tape) or named(tape))
    replay = Replay(small_flow())
    early = replay.fork()
    for one in (replay, early, replay.at(replay.sequence)):
        one.submit("buy", 5, 1)
        assert len(one.events) > 0
    assert len(tapes) == 1
