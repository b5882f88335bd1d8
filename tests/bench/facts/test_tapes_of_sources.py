"""What a user names becomes a tape, or one clear line."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.facts.collect import collect
from bench.facts.collector import FILL
from bench.research.sources import is_generated, open_source
from bench.tapes.tape import write_tape
from exchange.errors import UserError
from tests.bench.facts.books import flow_of
from tests.bench.lobster_pair import SAMPLE, write_pair
from tests.bench.test_replay import small_tape, written_journal


def test_flow_is_generated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    tape = open_source("mixed", commands=50, seed=3)
    assert len(tape.commands) - tape.resting_rows == 50 and tape.notes["seed"] == 3
    assert is_generated("mixed") and not is_generated("mixed.parquet")
    (tmp_path / "mixed").mkdir()
    assert not is_generated("mixed")


def test_tape_file_is_read(tmp_path: Path) -> None:
    write_tape(flow_of("mixed", 300), tmp_path / "a.parquet")
    assert (open_source(str(tmp_path / "a.parquet")).commands == flow_of("mixed", 300).commands).all()


def test_lobster_pair_is_found_by_the_name_of_its_messages(tmp_path: Path) -> None:
    messages, book = write_pair(tmp_path)
    series = collect(open_source(str(messages)))
    fills = series.messages[series.messages["kind"] == FILL]
    assert series.trades["lots"].tolist() == [20] and series.tick == "0.01"
    assert fills["lots"].tolist() == [18, 2] and fills["price_tick"].tolist() == [10_100, 10_100]
    first = series.messages[0]  # the first row of the book file only fills the book
    assert (first["ask_tick"], first["ask_lots"], first["bid_lots"]) == (10_150, 170, 18)
    book.unlink()
    with pytest.raises(UserError, match=r"orderbook_2\.csv: no such file"):
        open_source(str(messages))


def test_sample_of_real_messages_has_facts() -> None:
    found = list(SAMPLE.glob("*_message_*.csv"))
    if found:
        series = collect(open_source(str(found[0])))
        assert len(series.messages) > 800 and len(series.trades) > 40 and series.usable.all()


def test_data_folder_gives_the_facts_of_its_tape(tmp_path: Path) -> None:
    tape = small_tape()
    tape.commands["time_ns"] = tape.controls[-1].row["time_ns"]  # a frame has one time
    written_journal(tmp_path, tape)
    folder = collect(open_source(str(tmp_path)))
    whole = collect(replace(tape, resting_rows=0))
    assert len(folder.trades) == len(whole.trades) > 10
    for name in ("kind", "price_tick", "lots", "bid_tick", "ask_tick"):
        assert (folder.messages[name] == whole.messages[name]).all()


@pytest.mark.parametrize(
    ("name", "said"),
    [("none.parquet", "no such file; a source is a tape"), ("folder", "not a data folder, as it has no journal/"),
     ("plain.csv", "its name has no _message"), ("no-tape.txt", "not a Parquet file")],
)  # fmt: skip
def test_what_is_no_source_is_named(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for file in ("plain.csv", "no-tape.txt"):
        (tmp_path / file).write_text("1,2,3\n")
    with pytest.raises(UserError, match=name) as error:
        open_source(str(tmp_path / name))
    assert said in str(error.value)
