"""The order messages of a tape describe its books: a plain book that follows them ends with the engine's levels."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from bench.flows.flow import FLOWS, make_flow
from bench.readers.order_messages import ADD, DELETE, EXECUTE, REDUCE, REPLACE
from bench.readers.report import ImportOptions
from bench.tapes.market import GROUP, PlainMarket, flow_market, market_tape
from bench.tapes.tape import TICK_NOTE, Tape, TapeControl
from bench.writers.order_flow import messages_of, order_flow, prints
from exchange.clearing_codes import Life
from exchange.codes import CommandKind, EventFlag, EventKind, Liquidity, MarketState, TimeInForce
from exchange.engine import query
from exchange.engine.control.endings.expire import BookEnd, ExpirePayload
from exchange.engine.control.registry import encode_payload
from exchange.errors import UserError
from exchange.records import COMMAND, EVENT, column
from tests.bench.readers.test_converter import PlainBook


def mixed_tape(commands: int = 3_000, seed: int = 5, books: int = 1, tick: str = "") -> Tape:
    flow = make_flow(replace(FLOWS["mixed"], commands=commands, warm_orders=300, accounts=40, seed=seed, books=books))
    notes: dict[str, object] = {TICK_NOTE: tick} if tick else {}
    return market_tape(flow_market(flow), [flow.warm, flow.commands], notes)


def some_orders(**fields: int) -> Tape:
    rows = np.zeros(1, COMMAND)
    rows["kind"], rows["account"], rows["instrument"] = CommandKind.NEW, 1, 1
    rows["price"], rows["lots"], rows["tif"], rows["client_order_id_0"] = 100, 5, TimeInForce.GTC, 65
    for name, value in fields.items():
        rows[name] = value
    return market_tape(PlainMarket(90, 110, 100), [rows])


@pytest.mark.rule("TAPE-012")
def test_messages_lead_to_the_levels_of_the_engine() -> None:
    flow = order_flow(mixed_tape(books=2))
    for number in range(2):
        book = PlainBook(ImportOptions())
        for row in flow.of_book(number).messages:
            book.apply(row)
        assert book.levels() == query.depth(flow.engine.states, 1 + number)
    assert {ADD, REDUCE, DELETE, REPLACE, EXECUTE} == set(flow.messages["kind"].tolist())
    assert (flow.symbols, flow.symbol(1)) == (["BOOK-1", "BOOK-2"], "BOOK-2")


@pytest.mark.rule("TAPE-012")
def test_orders_that_a_control_cancels_leave_the_feed() -> None:
    tape = some_orders()
    rows = np.concatenate([tape.commands, np.zeros(2, COMMAND)])
    rows["sequence"][-2:] = rows["sequence"][-3] + np.array([1, 2])
    closed, expire = rows[-2:-1], rows[-1:].copy()
    closed["kind"], closed["group"] = CommandKind.SET_STATE, GROUP
    column(closed, "market_state")[:] = MarketState.CLOSED
    expire["kind"] = CommandKind.EXPIRE
    payload = encode_payload(ExpirePayload([BookEnd(1, Life.SETTLED, 100)]))
    ended = replace(tape, commands=rows[:-1], controls=[*tape.controls, TapeControl(expire, payload)])
    assert order_flow(ended).messages["kind"].tolist() == [ADD, DELETE]


@pytest.mark.rule("TAPE-012")
def test_trade_of_two_resting_orders_is_one_trade() -> None:
    rows = np.zeros(5, COMMAND)
    rows["kind"], rows["group"] = CommandKind.SET_STATE, GROUP
    for place, state in ((0, MarketState.CLOSED), (1, MarketState.PREOPEN), (4, MarketState.OPEN)):
        column(rows[place : place + 1], "market_state")[:] = state
    rows[2:4] = some_orders().commands[-1]
    rows["account"][3], rows["side"][3], rows["lots"][3] = 2, 1, 3
    flow = order_flow(market_tape(PlainMarket(90, 110, 100, accounts=2), [rows]))
    assert flow.messages["kind"].tolist() == [ADD, ADD, EXECUTE, DELETE]
    assert flow.messages["lots"].tolist() == [5, 3, 3, 3]


@pytest.mark.rule("SMP-010")
def test_fill_of_an_internal_leg_is_no_trade() -> None:
    events = np.zeros(2, EVENT)
    events["kind"], events["liquidity"], events["order_id"] = EventKind.FILL, Liquidity.MAKER, [7, 8]
    events["flags"] = [0, EventFlag.INTERNAL]
    assert prints(events).tolist() == [True, False]
    assert messages_of(events)["kind"].tolist() == [EXECUTE, DELETE]


@pytest.mark.rule("TAPE-012")
def test_ids_are_new_after_each_entry_and_lots_are_never_more_than_rest() -> None:
    messages = order_flow(mixed_tape()).messages
    entered = messages[np.isin(messages["kind"], (ADD, REPLACE))]["order_id"]
    assert np.array_equal(entered, np.arange(1, 1 + len(entered)))
    left: dict[int, int] = {}
    for row in messages:
        name, lots = int(row["order_id"]), int(row["lots"])
        if row["kind"] in (ADD, REPLACE):
            left.pop(int(row["old_order_id"]), None)
            left[name] = lots
        else:
            assert 0 < lots <= left[name] and (row["kind"] != DELETE or lots == left[name])
            left[name] -= lots


def test_tick_is_that_of_the_tape() -> None:
    tape = some_orders()
    assert order_flow(tape).tick == Decimal("0.001")
    assert order_flow(replace(tape, notes={TICK_NOTE: "0.25"})).tick == Decimal("0.25")
    for note in ("much", "-1", "nan", {}):
        with pytest.raises(UserError, match=r"the tape has the note tick .*, allowed: dollars above 0, like '0.01'"):
            order_flow(replace(tape, notes={TICK_NOTE: note}))


def test_orders_that_a_feed_does_not_show_as_such_are_refused() -> None:
    with pytest.raises(UserError, match="the tape has 1 iceberg orders, allowed in this format: plain orders only"):
        order_flow(some_orders(display_lots=2))
    with pytest.raises(UserError, match="1 entries of mass quotes"):
        order_flow(some_orders(kind=CommandKind.QUOTE))
    with pytest.raises(UserError, match="instrument 3 has no orders; the tape has 1 books: BOOK-1"):
        order_flow(some_orders()).of_book(2)
