"""`gpux replay` that looks into a source: places, explanations, events, and wrong options."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from bench.flows.flow import FLOWS, make_flow
from bench.tapes.market import GROUP, flow_market, market_tape
from bench.tapes.tape import Tape, TapeControl, write_tape
from exchange.codes import CommandFlag, CommandKind, MarketState, TimeInForce
from exchange.engine.control.endings.cascade import CascadePayload
from exchange.engine.control.list_instruments import ListPayload
from exchange.engine.control.registry import encode_payload
from exchange.engine.event_rows import split_rests
from exchange.records import COMMAND, column
from tests.bench.inspection.commands import tape_of
from tests.bench.inspection.test_place import engine_at
from tests.bench.lobster_pair import write_pair
from tests.bench.test_replay import run, small_tape


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    write_tape(small_tape(), tmp_path / "day.parquet")
    return tmp_path / "day.parquet"


def relisted_tape() -> Tape:
    """A flow in two books. The first then cascades into the second, and its book gets the instrument LATER."""
    flow = make_flow(replace(FLOWS["mixed"], commands=600, warm_orders=300, accounts=10, books=2))
    tape = market_tape(flow_market(flow), [flow.warm, flow.commands], limits="medium")
    rows = np.zeros(3, COMMAND)
    rows["sequence"] = tape.commands["sequence"][-1] + np.arange(1, 4)
    rows["time_ns"] = tape.commands["time_ns"][-1]
    rows["kind"] = CommandKind.SET_STATE, CommandKind.CASCADE, CommandKind.LIST
    rows["group"][0], rows["flags"][0] = GROUP, CommandFlag.FORCE
    column(rows, "market_state")[0] = MarketState.CLOSED
    later = flow_market(flow).listing(1, "BOOK-1")
    later.symbol = "LATER"
    payloads = CascadePayload(1, [2]), ListPayload(instruments=[later])
    controls = [TapeControl(rows[place : place + 1], encode_payload(one)) for place, one in enumerate(payloads, 1)]
    return replace(tape, commands=np.concatenate([tape.commands, rows[:1]]), controls=[*tape.controls, *controls])


def test_a_place_is_shown_as_tables_or_as_json(tape: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text, _ = run(capsys, tape, "--at", 500)
    assert code == 0 and text.startswith("BOOK-1  OPEN  limits ") and "bid" in text
    code, text, _ = run(capsys, tape, "--at", 500, "--book", "k-1", "--account", 3, "--json")
    found = json.loads(text)
    assert code == 0 and found["sequence"] == 500 and found["account"]["account"] == 3
    assert len(found["book"]["bids"]) == 10 and found["book"]["symbol"] == "BOOK-1"


def test_an_explanation_is_shown_as_a_table_or_as_json(tape: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, text, _ = run(capsys, tape, "--explain", 700)
    assert "verdict   accepted" in text and "UNKNOWN_ACCOUNT" in text and "\nevent " in text
    _, text, _ = run(capsys, tape, "--explain", 700, "--json")
    assert json.loads(text)["verdict"] == "accepted" and json.loads(text)["rows"][0]["command"]["sequence"] == 700


def test_entries_of_a_mass_quote_are_shown_one_by_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry = {"kind": CommandKind.QUOTE, "flags": CommandFlag.MORE, "bid_tick": 190, "bid_lots": 5}
    tape = tape_of(entry, {**entry, "instrument": 2, "bid_tick": 9})
    write_tape(tape, tmp_path / "quotes.parquet")
    _, text, _ = run(capsys, tmp_path / "quotes.parquet", "--explain", tape.commands["sequence"][-1])
    assert "verdict of entry 1   accepted" in text and "verdict of entry 2   refused: BAND" in text
    assert "before BOOK-1" in text and "before BOOK-2" in text and "verdict   1 of 2 entries accepted" in text


def test_a_text_with_brackets_is_shown_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order = {"kind": CommandKind.NEW, "tif": TimeInForce.GTC, "price": 190, "lots": 5, "client_order_id": "[/a]"}
    tape = tape_of(order)
    write_tape(tape, tmp_path / "day.parquet")
    for options in (("--explain", tape.commands["sequence"][-1]), ("--kind", "ORDER_ACCEPTED")):
        code, text, _ = run(capsys, tmp_path / "day.parquet", *options)
        assert code == 0 and "client_order_id=[/a]" in text


def test_events_are_listed_or_written_by_filter(tape: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, text, _ = run(capsys, tape, "--kind", "FILL", "--account", 3, "--json")
    lines = [json.loads(line) for line in text.splitlines()]
    assert lines and {(line["kind"], line["account"], line["instrument"]) for line in lines} == {("FILL", 3, "BOOK-1")}
    _, text, _ = run(capsys, tape, "--kind", "FILL", "--account", 3)
    assert len(text.splitlines()) == len(lines)
    file = tape.with_name("events.parquet")
    _, text, _ = run(capsys, tape, "--events", file)
    table = pq.read_table(file)
    assert f"{table.num_rows:,} rows" in text
    rows = small_tape().commands
    engine = engine_at(small_tape(), int(rows["sequence"][99]))
    last = split_rests(engine.apply(rows[100:]))
    assert table.column("sequence").to_pylist()[-len(last) :] == last["sequence"].tolist()


def test_a_book_that_gets_another_instrument_keeps_its_events_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tape(relisted_tape(), tmp_path / "day.parquet")

    def events(*options: object) -> list[dict[str, object]]:
        _, text, _ = run(capsys, tmp_path / "day.parquet", "--json", *options)
        return [json.loads(line) for line in text.splitlines()]

    listed = {event["instrument"]: event["sequence"] for event in events("--kind", "INSTRUMENT_LISTED")}
    old, new = events("--book", "BOOK-1"), events("--book", "LATER")
    assert {event["instrument"] for event in old} == {"BOOK-1"} and "FILL" in {event["kind"] for event in old}
    assert [event["kind"] for event in new] == ["INSTRUMENT_LISTED"]
    assert old[-1]["kind"] == "INSTRUMENT_ENDED" and old[-1]["sequence"] < listed["LATER"] == new[0]["sequence"]
    assert events("--book", "1") == old + new


def test_a_lobster_pair_has_one_book_to_look_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    messages, book = write_pair(tmp_path)
    code, text, _ = run(capsys, "lobster", "--messages", messages, "--book", book, "--at", 90, "--json")
    assert code == 0 and json.loads(text)["book"]["symbol"] == "BOOK-1"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--at", "5", "--explain", "6"], "--at and --explain: give one of them"),
        (["--at", "5", "--kind", "FILL"], "--kind chooses events; --at and --explain show one place"),
        (["--explain", "6", "--account", "1"], "leave out --book and --account"),
        (["--explain", "-6"], "--explain -6, allowed: 1 or more"),
        (["--explain", "0"], "--explain 0, allowed: 1 or more"),
        (["--at", "-1"], "--at -1, allowed: 0 or more"),
        (["--account", "0"], "--account 0, allowed: 1 or more"),
        (["--from", ""], "--from '', allowed: ns since 1970"),
        (["--from", "5", "--to", "5"], "--from 5 is not before --to 5"),
        (["--book", "H27"], "--book H27: no such instrument in the source; there: BOOK-1"),
        (["--at", "100000"], "--at 100,000, allowed: 0 to 9"),
        (["--at", "500", "--book", "H27"], "--book H27: no such instrument at sequence 500; there: BOOK-1"),
        (["--at", "3"], "--at needs --book SYMBOL or --account N: 1 instruments"),
        (["--kind", "fil"], "--kind fil, allowed: ORDER_ACCEPTED"),
        (["--from", "noon"], "--from 'noon', allowed: ns since 1970"),
        (["--events", "x.csv"], "--events x.csv: found ending '.csv', allowed: .parquet"),
        (["--at", "5", "--save", "x.parquet"], "--save and --plot are of a whole replay"),
        (["--account", "3", "--messages", "x.csv"], "--messages x.csv does not apply to"),
    ],
)
def test_wrong_options_are_one_line(
    tape: Path, options: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if options == ["--at", "3"]:
        options, text = ["--at", "0"], "--at needs --book SYMBOL or --account N: 0 instruments"
    code, output, errors = run(capsys, tape, *options)
    assert (code, output) == (2, "") and text in errors and errors.count("\n") == 1
