"""Instruments that end and books that get another one: what happens to their channels."""

import pytest

from exchange.clearing_codes import Life
from exchange.codes import EventKind, MarketState
from exchange.publish.market_data import MarketData
from tests.publish.feed import START_US, at_time, each_message, plain, rested, spec, traded
from tests.publish.helpers import B200, H27, J27, LISTED, TIME_NS, Levels, event, event_array, table


@pytest.mark.rule("MDATA-019")
def test_channels_end_when_their_book_gets_another_instrument() -> None:
    listed = list(LISTED)
    source = Levels(5)
    source.books[1] = ({2845: 1}, {2846: 1})
    market = MarketData(table(listed), source)
    names = [
        ("depth", 0),
        ("depth", 10),
        ("top", 0),
        ("top", 10),
        ("trades", 0),
        ("stats", 0),
        ("status", 0),
        ("settlement", 0),
    ]
    old = [market.subscribe(spec(name, H27, cadence_ms=cadence))[0] for name, cadence in names]
    other, _ = market.subscribe(spec("status", J27))
    listed[0] = listed[0]._replace(instrument_id=H27 + 4, symbol="H100.G90.N27", group_state=MarketState.PREOPEN)
    market.fold(event_array([event(EventKind.INSTRUMENT_LISTED, 6, instrument=1)]), 6, TIME_NS)
    source.sequence = 6
    source.books[1] = ({}, {})
    market.due(0)
    new = [market.subscribe(spec(name, H27 + 4, cadence_ms=cadence))[0] for name, cadence in names]
    assert not set(new) & set(old) and market.subscribe(spec("depth", H27)) == (0, 5001)
    assert market.snapshot(new[6])[0].phase == "PREOPEN"  # type: ignore[attr-defined]
    source.days[1] = [1] * 8
    rows = [rested(7, 2845, 3), *traded(8, 9, 2845, 1, 2)]
    rows += [event(EventKind.STATE_CHANGED, 9, instrument=0, group=2, market_state=MarketState.OPEN)]
    rows = at_time(rows, START_US)
    market.prints.append(event_array(rows))
    market.fold(event_array(rows), 9, START_US * 1000)
    source.sequence = 9
    told = [number for number, _ in each_message(market.due(START_US + 1_000_000))]
    assert set(told) == {*new[:7], other}, "no settlement came"
    for number in old:
        assert market.snapshot(number) == [] and market.knows(number)
        if market.is_event_channel(number):
            assert list(market.replay(number, 0, 99, 1)) == []
        else:
            assert market.merged(number, 0) == []
        market.unsubscribe(number)


@pytest.mark.rule("MDATA-020")
def test_an_instrument_that_ends_is_told_and_leaves_the_snapshot() -> None:
    listed = list(LISTED)
    market = MarketData(table(listed), Levels(5))
    number, _ = market.subscribe(spec("instruments", 0))
    listed[0] = listed[0]._replace(life=Life.SETTLED)
    rows = [event(EventKind.INSTRUMENT_ENDED, 6, instrument=1), event(EventKind.INSTRUMENT_LISTED, 6, instrument=2)]
    market.fold(event_array(rows), 6, TIME_NS)
    ((channel, message),) = market.due(0)
    assert (channel, message.sequence) == (number, 6), "one message of a command"
    told = [(row["i"], row.get("life"), row["phase"]) for row in plain(message)["x"]]
    assert told == [(H27, "SETTLED", "CLOSED"), (J27, None, "OPEN")]
    (snapshot,) = market.snapshot(number)
    assert [row["i"] for row in plain(snapshot)["x"]] == [J27, B200]
    opened = event(EventKind.STATE_CHANGED, 7, group=2, market_state=MarketState.OPEN)
    market.fold(event_array([opened]), 7, TIME_NS)
    assert market._phases.phase(1) == "CLOSED"
    assert market.subscribe(spec("status", H27)) == (0, 5001)
