"""A mass quote that something else cuts short ends there, with everything it has to tell (QUOTE-008)."""

from typing import Any

import pytest

from exchange.codes import CommandFlag, CommandKind, EventKind, Side, TimeInForce
from exchange.limits import STEP_EVENTS
from exchange.reference.rows import Command
from tests.market import account_payload, open_property_market
from tests.venues import Pair

BOOK = 9


class Market:
    """Engine and reference with one resting offer that a quote of account 1 takes."""

    def __init__(self) -> None:
        self.pair, self.sequence = Pair(), 0
        open_property_market(self.pair, self.row, (1, 2))
        self.row(CommandKind.NEW, account=2, instrument=BOOK, side=Side.SELL, price=100, lots=1, tif=TimeInForce.GTC)

    def row(self, kind: CommandKind, **fields: Any) -> list[Any]:
        self.sequence += 1
        return self.pair.apply(
            Command(
                kind=kind, sequence=self.sequence, time_ns=1_000 * self.sequence, request_id=self.sequence, **fields
            )
        )

    def quote_that_trades(self) -> list[Any]:
        return self.row(
            CommandKind.QUOTE,
            account=1,
            instrument=BOOK,
            bid_tick=100,
            bid_lots=1,
            ask_tick=105,
            flags=CommandFlag.MORE,
        )


@pytest.mark.rule("QUOTE-008")
def test_a_control_ends_an_open_mass_quote_before_it_is_carried_out() -> None:
    market = Market()
    assert EventKind.POSITION_CHANGED not in {event.kind for event in market.quote_that_trades()}, (
        "the quote is not at its end"
    )
    events = market.pair.control(CommandKind.DEFINE_ACCOUNT, account_payload(2, {}))
    assert [EventKind(event.kind).abbreviation for event in events] == ["POS", "POS", "ACCOUNT"]
    own = (market.sequence, 1_000 * market.sequence)
    assert [(event.sequence, event.time_ns) for event in events[:2]] == [own, own]


@pytest.mark.rule("QUOTE-008")
def test_another_command_ends_an_open_mass_quote_before_it_begins() -> None:
    market = Market()
    market.quote_that_trades()
    quoted = market.sequence
    events = market.row(CommandKind.TIMER, account=1)
    assert [EventKind(event.kind).abbreviation for event in events] == ["POS", "POS", "TIMER"]
    assert [event.sequence for event in events] == [quoted, quoted, quoted + 1]


@pytest.mark.rule("QUOTE-008")
def test_the_end_of_a_cut_quote_comes_out_whole_through_a_short_buffer() -> None:
    market = Market()
    market.pair.fast.engine.outs["capacity"] = STEP_EVENTS
    market.quote_that_trades()
    events = market.pair.control(CommandKind.DEFINE_ACCOUNT, account_payload(2, {}))
    assert len(events) == 3 and not market.pair.fast.engine.states["cursor"]["run"][0]
