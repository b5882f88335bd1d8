"""Sources: each kind becomes the same tape as before, and others are refused with what is allowed."""

from pathlib import Path

import numpy as np
import pytest

from bench import Replay
from bench.research import sources
from bench.research.sources import FileSource, kind_of, open_source, source_names
from bench.tapes.tape import Tape, write_tape
from exchange.errors import UserError
from exchange.records import COMMAND
from tests.bench.itch_file import write_day
from tests.bench.readers.test_dbn import DAY as DBN_DAY
from tests.bench.readers.test_dbn import write as write_dbn
from tests.bench.research.small_flow import small_flow


def test_a_tape_is_its_own_source_and_so_is_its_file(tmp_path: Path) -> None:
    tape, path = small_flow(), tmp_path / "small.parquet"
    write_tape(tape, path)
    assert open_source(tape) is tape
    for source in (path, str(path)):
        found = open_source(source)
        assert np.array_equal(found.commands, tape.commands) and found.limits == "medium"
    one, two = Replay(path), Replay(tape)
    assert one.advance(500) == two.advance(500) == 500
    assert one.state_hash() == two.state_hash()


def test_a_flow_takes_commands_and_a_seed() -> None:
    one, two = (open_source("mixed", commands=200, seed=seed) for seed in (3, 4))
    assert len(one.commands) - one.resting_rows == 200
    assert not np.array_equal(one.commands["price"], two.commands["price"])
    with pytest.raises(UserError, match=r"--commands 0 is not in 1\.\.50000000"):
        open_source("mixed", commands=0)
    with pytest.raises(UserError, match=r"--seed -1 is not in 0\.\.8388607"):
        open_source("mixed", seed=-1)


@pytest.mark.parametrize(
    ("source", "options", "text"),
    [
        ("mixed", {"depth": 3}, "option depth does not apply to the flow mixed, allowed: commands, seed"),
        (small_flow, {"seed": 3}, "option seed does not apply to a Tape, allowed: none"),
        (("a.csv", "b.csv"), {"seed": 3}, "option seed does not apply to a LOBSTER pair, allowed: tick"),
        (("a.csv", "b.csv"), {}, "a.csv: no such file"),
    ],
)
def test_options_that_do_not_apply_are_refused(source: object, options: dict[str, int], text: str) -> None:
    with pytest.raises(UserError, match=text):
        open_source(source() if callable(source) else source, **options)  # type: ignore[arg-type]


def test_what_is_no_source_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no tape")
    for path, found in (
        (tmp_path / "missing", "no such file"),
        (tmp_path, "not a data folder, as it has no journal/"),
        (text, "not a Parquet file"),
    ):
        with pytest.raises(UserError) as raised:
            open_source(path)
        assert str(raised.value) == f"{path}: {found}; a source is {source_names()}"


@pytest.mark.rule("TAPE-011")
def test_files_of_itch_and_dbn_are_opened_with_the_options_of_an_import(tmp_path: Path) -> None:
    day = write_day(tmp_path)
    replay = Replay(day, symbols=("AAPL",), tick="0.1", low_tick=990)
    replay.advance(100)
    assert replay.book(2).best_bid == 1_000 and len(open_source(str(day), symbols="AAPL").commands)
    market = write_dbn(tmp_path, DBN_DAY)
    replay = Replay(market, tick="0.25", symbols=["7"])
    replay.advance(100)
    assert (replay.book(2).best_bid, replay.book(2).best_ask) == (401, 408)
    for source, options, text in (
        (market, {}, r"DBN needs a tick; all prices are multiples of 0\.25"),
        (market, {"tick": 0.25}, r"tick 0\.25, allowed: a number above 0 as text, like '0\.01'"),
        (day, {"symbols": "NONE"}, "no symbol NONE"),
        (day, {"seed": 3}, "option seed does not apply to .*, allowed: tick, lot, low_tick"),
    ):
        with pytest.raises(UserError, match=text):
            open_source(source, **options)


def test_a_kind_is_added_with_one_entry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def read(path: Path, rows: int = 1) -> Tape:
        return Tape(np.zeros(rows, COMMAND), notes={"file": path.name})

    ours = FileSource("a file of zeros (FILE.zero)", lambda path, magic: magic.startswith(b"ZERO"), read, ("rows",))
    monkeypatch.setattr(sources, "FILE_SOURCES", [*sources.FILE_SOURCES, ours])
    path = tmp_path / "day.zero"
    path.write_bytes(b"ZERO" + bytes(100))
    assert kind_of(path) is ours
    assert len(open_source(path, rows=3).commands) == 3
    assert "a file of zeros (FILE.zero)" in source_names()
    with pytest.raises(UserError, match=r"option seed does not apply to .*day\.zero, a file of zeros"):
        open_source(path, seed=1)
