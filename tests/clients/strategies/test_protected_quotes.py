"""The base class of market makers: when it quotes, and what it leaves alone."""

from typing import cast

import pytest

from clients.client import Session
from clients.orders import Order
from clients.strategies.protected_quotes import (
    ENTRIES_MAX,
    ProtectedQuotes,
    QuotedInstrument,
    Side,
    resting,
    within_limits,
)
from exchange.wire.messages import ProtectionEvent
from tests.clients.stub_session import StubSession, instrument


class Fixed(ProtectedQuotes[QuotedInstrument]):
    """Quotes 100 at 110."""

    def price_of(self, line: QuotedInstrument, side: Side) -> int | None:
        return 100 if side == "b" else 110


def quoting(count: int) -> tuple[Fixed, StubSession]:
    symbols = [f"H100.G90.X{number}" for number in range(count)]
    stub = StubSession(symbols)
    maker = Fixed(lots=10, requote_ticks=2, rest_s=0.3)
    maker.session = cast(Session, stub)
    for row in stub.known.values():
        stub.load(row.instrument, [], [])
        maker.lines.append(QuotedInstrument(row, stub.books[row.instrument]))
    return maker, stub


@pytest.mark.rule("ENTRY-020")
def test_many_instruments_take_several_mass_quotes() -> None:
    maker, stub = quoting(ENTRIES_MAX + 3)
    maker.quote_or_rest()
    assert [len(entries) for entries in stub.sent] == [ENTRIES_MAX, 3]


def test_a_stale_book_is_not_quoted_and_an_unanswered_quote_is_waited_for() -> None:
    maker, stub = quoting(3)
    stub.books[1].mark_stale("gap")
    maker.quote_or_rest()
    assert {place[0] for place in stub.sides} == {2, 3}
    stub.sides[2, "b"].unanswered = 1
    stub.sides[2, "b"].price_tick = stub.sides[3, "b"].price_tick = 50
    maker.quote_or_rest()
    assert [entry.instrument.instrument for entry in stub.sent[-1]] == [3]


@pytest.mark.rule("ENTRY-023")
def test_after_a_trip_it_rests_then_resets_and_quotes_again() -> None:
    maker, stub = quoting(1)
    maker.on_event(ProtectionEvent(7, 1, 1, 1, 1, "tripped"))
    for _ in range(4):
        maker.quote_or_rest()
    assert maker.trips == 1 and stub.resets == 1 and not stub.sent
    maker.on_event(ProtectionEvent(7, 1, 1, 1, 1, "armed"))
    assert len(stub.sent) == 1


@pytest.mark.rule("BAND-013")
def test_a_price_outside_the_limits_of_the_day_is_not_quoted() -> None:
    row = instrument(1, "H100.G90.F27", limit=[50, 200])
    assert [within_limits(row, price) for price in (49, 50, 200, 201)] == [None, 50, 200, None]


def test_only_a_working_side_rests() -> None:
    order = Order(7, "", 1, "b")
    assert resting(None) == resting(order) == (0, 0)
    order.state, order.price_tick, order.leaves_lots = "open", 100, 4
    assert resting(order) == (100, 4)
