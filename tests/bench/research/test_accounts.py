"""Own accounts: free numbers, and money read from the state."""

from dataclasses import replace

import numpy as np
import pytest

from bench.research.accounts import MoneyView, OwnAccount, free_accounts
from bench.tapes.market import PlainMarket, engine_at, market_tape
from bench.tapes.tape import Tape
from exchange.codes import Side, TimeInForce
from exchange.engine import query
from exchange.errors import UserError
from exchange.records import COMMAND
from tests.bench.research.small_flow import small_flow


def tape_naming(*accounts: int) -> Tape:
    rows = np.zeros(len(accounts), COMMAND)
    rows["account"] = accounts
    return Tape(rows, limits="medium")


@pytest.mark.parametrize(
    ("named", "count", "expected"),
    [((), 1, (64, 64)), ((64,), 1, (63, 63)), ((63,), 2, (61, 62)), ((64, 61), 2, (62, 63)), ((9_999,), 1, (64, 64))],
)
def test_own_accounts_are_the_highest_range_that_no_command_names(
    named: tuple[int, ...], count: int, expected: tuple[int, int]
) -> None:
    assert free_accounts(tape_naming(*named), count) == expected


def test_accounts_of_controls_are_not_taken() -> None:
    tape = market_tape(PlainMarket(1, 9, 5, accounts=64), [np.zeros(0, COMMAND)], limits="medium")
    with pytest.raises(UserError, match="1 own accounts: the tape leaves no such range"):
        free_accounts(replace(tape, commands=tape.commands[:0]), 1)


def test_money_is_what_the_engine_answers() -> None:
    tape = small_flow(300)
    engine = engine_at(tape, len(tape.commands))
    money = MoneyView(engine.states)
    for account in range(1, 7):
        row, own = query.margin(engine.states, account), OwnAccount(account, money, list)
        assert own.position() == query.position(engine.states, account, 1).lots
        assert (own.cash_mills, own.equity_mills) == (row.cash_mills, row.equity_mills)
    assert any(money.position(account, 1) for account in range(1, 7))


def test_fills_that_are_not_seen_are_left_out() -> None:
    from bench import Replay

    replay = Replay(small_flow(300))
    heard: list[tuple[int, ...]] = []
    own = replay.account()
    before = (own.position(), replay.cash_mills, replay.equity_mills)
    replay.submit("sell", replay.book(1).best_bid or 0, 2, tif=TimeInForce.IOC.name)
    blind = OwnAccount(own.number, MoneyView(replay.engine.states), lambda: heard)
    assert blind.position() == -2
    from exchange.records import EVENT_STRUCT

    heard += EVENT_STRUCT.iter_unpack(replay.events.rows().tobytes())
    assert (blind.position(), blind.cash_mills, blind.equity_mills) == before
    assert replay.fills[0].side == Side.SELL
