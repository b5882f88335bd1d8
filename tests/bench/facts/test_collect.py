"""A tape is recorded in one pass, from its opening on."""

from dataclasses import replace

import numpy as np
import pytest

from bench.facts import collect as collecting
from bench.facts.collect import collect
from bench.facts.collector import FILL
from bench.flows.zero_intelligence import fill_rows
from bench.tapes.market import PlainMarket, market_tape
from bench.tapes.tape import TapeControl
from exchange.codes import CommandKind
from exchange.errors import UserError
from tests.bench.facts.books import flow_of, recorded


def test_every_trade_that_the_flow_predicts_is_recorded() -> None:
    tape, series = flow_of(), recorded()
    assert np.count_nonzero(series.messages["kind"] == FILL) == tape.notes["fills"] > 100
    assert series.symbol == "BOOK-1" and series.min_inc == 1


def test_opening_rows_are_not_recorded() -> None:
    tape, series = flow_of(), recorded()
    assert series.messages["sequence"][0] > tape.commands["sequence"][tape.resting_rows - 1]
    whole = collect(replace(tape, resting_rows=0))
    assert len(whole.messages) > len(series.messages)
    assert (whole.messages[-len(series.messages) :] == series.messages).all()


@pytest.mark.parametrize("rows", [1, 7, 1_000])
def test_result_does_not_depend_on_how_the_tape_is_cut(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = recorded("mixed", 500)
    monkeypatch.setattr(collecting, "CHUNK_ROWS", rows)
    monkeypatch.setattr(collecting, "ROOM_TICKS", 1)  # so that the levels grow often
    cut = collect(flow_of("mixed", 500))
    assert (cut.messages == whole.messages).all() and (cut.distance_lots == whole.distance_lots).all()


def test_each_book_is_recorded_apart() -> None:
    tape = flow_of("mixed", 900, books=3)
    parts = [collect(tape, f"BOOK-{index}") for index in (1, 2, 3)]
    assert sum(np.count_nonzero(part.messages["kind"] == FILL) for part in parts) == tape.notes["fills"]
    assert all(part.usable.any() for part in parts)


def test_only_the_time_of_the_listing_counts() -> None:
    """The second listing of a book is refused by the engine here; so the first is recorded with its end moved."""
    tape = flow_of("mixed", 300)
    series = recorded("mixed", 300)
    one = collecting.BookRecorder(
        replace(collecting.listing_of(tape), end=int(tape.commands["sequence"][-20])), 1_024, 1
    )
    engine = collecting.Engine(collecting.NAMED["medium"])
    for part in tape.parts():
        if isinstance(part, TapeControl):
            one.take(engine.control(part.row, part.payload), False)
        else:
            one.take(engine.apply(part), True)
    messages = one.series().messages
    assert messages["sequence"][-1] < one.listing.end
    assert messages["sequence"][-1] in series.messages["sequence"]


def test_control_that_the_engine_refuses_is_named() -> None:
    tape = flow_of("mixed", 300)
    bad = replace(tape.controls[1], payload=b"{}")
    with pytest.raises(UserError, match="tape: control at sequence 2, "):
        collect(replace(tape, controls=[tape.controls[0], bad, *tape.controls[2:]]))


def test_depth_is_sampled_at_equal_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    tape = flow_of("mixed", 900)
    sent = np.isin(tape.commands["kind"], (CommandKind.NEW, CommandKind.REPLACE, CommandKind.CANCEL))
    monkeypatch.setattr(collecting, "SAMPLES_MAX", 90)
    series = collect(tape)
    assert series.sample_every == np.count_nonzero(sent[tape.resting_rows :]) // 90 == 10
    assert (
        len(series.level_lots) == len(series.messages) // 10 or len(series.level_lots) == len(series.messages) // 10 + 1
    )
    assert (series.level_lots[:, :, 0] == series.distance_lots[:, :, 0]).all()


def test_a_level_far_from_the_best_price_counts_to_the_depth() -> None:
    """Prices more than 4,096 ticks apart, as in books with small ticks."""
    rows = fill_rows([8_192, 8_193, 100, 16_000, 99, 16_001], 3)
    market = PlainMarket(1, 16_384, 8_192, 1, 16)
    last = collect(market_tape(market, [rows[:0], rows], limits="medium")).messages[-1]
    assert (last["bid_total_lots"], last["ask_total_lots"], last["level"]) == (9, 9, 3)
