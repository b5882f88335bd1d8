"""The venue ends instruments and lists new ones by itself, after the settlement of their last trading day."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contracts_spec.instruments import instruments_on
from contracts_spec.periods import day_number
from contracts_spec.schema import Spec
from exchange.clearing_codes import Life
from exchange.codes import CommandKind, MarketState
from exchange.engine import query
from exchange.engine.control.catalogue import Present, listing_payloads
from exchange.engine.control.endings.expire import BookEnd, ExpirePayload
from exchange.engine.control.registry import encode_payload
from exchange.errors import UserError
from exchange.units import NS_PER_DAY, NS_PER_S
from exchange.venue.daily import life_keeper
from exchange.venue.daily.lives import DueControl, due_controls
from exchange.venue.day_schedule import DaySchedule
from exchange.wire.messages import Cascade, Cash, Fill, Position
from tests.gateway.harness import START_NS, Bench, Peer
from tests.operator.asking import do

DAYS = DaySchedule()
Q1 = ("H100.G90.Q1-27", "H100.G90.F27", "H100.G90.G27", "H100.G90.H27", "H100.G90.F27-G27", "H100.G90.F27:H27")
EPOCH = date(1970, 1, 1)


def go_to(bench: Bench, day: date, second: int = 21 * 3_600 + 1) -> None:
    """Let the clock jump there; the venue does what is due. Connections of before are dead by then."""
    bench.clock.now = (day - EPOCH).days * NS_PER_DAY + second * NS_PER_S
    bench.pass_ms(300)


def open_on(bench: Bench, day: date) -> None:
    """Let the clock jump to the afternoon of a day; closes that were missed are made up for before."""
    for hour in (18, 19, 20):
        go_to(bench, day, hour * 3_600)
    assert set(query.group_states(bench.venue.states).values()) == {MarketState.OPEN}


def days(bench: Bench, first: date, last: date) -> None:
    """Live from close to close."""
    while first <= last:
        go_to(bench, first)
        go_to(bench, first, 22 * 3_600)
        first += timedelta(days=1)


def lives(bench: Bench) -> dict[str, str]:
    return {row.symbol: row.life.name for row in query.known_instruments(bench.venue.states)}


def trade(bench: Bench, request: int, symbol: str, lots: int, price: int) -> list[Peer]:
    """Account 1 sells to account 2. Returns their connections."""
    ids = {row.symbol: row.instrument_id for row in query.instruments(bench.venue.states)}
    peers = []
    for number, side in ((1, "s"), (2, "b")):
        peer = bench.connect(bench.keys[number])
        terms: dict[str, Any] = {"side": side, "price_tick": price, "order_lots": lots}
        order = bench.order(request, f"t{request}", **terms)
        order.instrument = ids[symbol]
        peer.ask(order)
        peers.append(peer)
    return peers


@pytest.mark.rule("CASCADE-002", "CASCADE-003", "DELIVER-002", "SESSION-002", "SPEC-061")
def test_a_quarter_becomes_its_months_and_a_month_ends_on_their_last_trading_days(tmp_path: Path) -> None:
    """V24: the quarter trades until 2026-12-21, its first month until 2026-12-24."""
    with Bench(str(tmp_path), schedule=DAYS, symbols=Q1, day=date(2026, 12, 21)) as bench:
        open_on(bench, date(2026, 12, 21))
        go_to(bench, date(2026, 12, 21), 21 * 3_600 - 2)
        _, peer = trade(bench, 1, "H100.G90.Q1-27", 4, bench.price)
        peer.take()
        bench.pass_ms(2_500)
        told = peer.take()
        assert lives(bench)["H100.G90.Q1-27"] == "CASCADED"
        (cascade,) = [message for message in told if isinstance(message, Cascade)]
        assert (cascade.lots, cascade.price_tick) == (4, bench.price)
        after = told[told.index(cascade) + 1 :]
        assert [message.lots for message in after if isinstance(message, Position)] == [4, 4, 4, 0]
        go_to(bench, date(2026, 12, 21), 22 * 3_600)
        days(bench, date(2026, 12, 22), date(2026, 12, 23))
        assert lives(bench)["H100.G90.F27"] == "LISTED"
        open_on(bench, date(2026, 12, 24))
        go_to(bench, date(2026, 12, 24), 21 * 3_600 - 2)
        peer = bench.connect(bench.keys[2])
        bench.pass_ms(2_500)
        fees = [message for message in peer.take() if isinstance(message, Cash) and message.reason == "fee"]
        assert [(message.amount_mills, message.reference) for message in fees] == [(-4 * 744, "")]
        assert lives(bench) == {
            "H100.G90.Q1-27": "CASCADED", "H100.G90.F27": "SETTLED", "H100.G90.G27": "LISTED",
            "H100.G90.H27": "LISTED", "H100.G90.F27-G27": "DELISTED", "H100.G90.F27:H27": "DELISTED",
        }  # fmt: skip
        go_to(bench, date(2026, 12, 24), 22 * 3_600)
        assert set(query.group_states(bench.venue.states).values()) == {MarketState.OPEN}
        peer = bench.connect(bench.keys[1])
        ended = {row.symbol: row.instrument_id for row in query.known_instruments(bench.venue.states)}
        for request, symbol, name in ((77, "H100.G90.F27", "CLOSED"), (78, "H100.G90.F27-G27", "UNKNOWN_INSTRUMENT")):
            order = bench.order(request, "late")
            order.instrument = ended[symbol]
            assert name in str(peer.ask(order)[0].name), symbol


def warnings_of(bench: Bench) -> list[str]:
    return [line for line in bench.opened.warnings.lines if "not complete" in line]


@pytest.mark.rule("SPEC-051")
def test_a_group_whose_cause_is_repaired_opens_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    causes = ["no free book"]

    def failing(states: np.ndarray, spec: Spec, day: date, group: int) -> list[DueControl]:
        if causes:
            raise UserError(causes[-1])
        return due_controls(states, spec, day, group)

    monkeypatch.setattr(life_keeper, "due_controls", failing)
    with Bench(str(tmp_path), schedule=DAYS) as bench:
        go_to(bench, date(2026, 11, 18), 20 * 3_600)
        for second in range(0, 600, 30):
            go_to(bench, date(2026, 11, 18), 21 * 3_600 + 1 + second)
        assert len(warnings_of(bench)) == 1 and warnings_of(bench)[0].endswith("no free book"), (
            "once, however often it is tried"
        )
        causes.append("a holiday list is missing")
        go_to(bench, date(2026, 11, 18), 21 * 3_600 + 700)
        assert len(warnings_of(bench)) == 2 and warnings_of(bench)[1].endswith("a holiday list is missing")
        causes.clear()
        go_to(bench, date(2026, 11, 18), 21 * 3_600 + 730)
        assert set(query.group_states(bench.venue.states).values()) == {MarketState.CLOSED}, "the minute is not over"
        go_to(bench, date(2026, 11, 18), 21 * 3_600 + 761)
        go_to(bench, date(2026, 11, 18), 22 * 3_600)
        assert set(query.group_states(bench.venue.states).values()) == {MarketState.OPEN}


@pytest.mark.rule("SPEC-051", "ACCT-003")
def test_events_of_an_ended_instrument_name_it_after_its_book_has_another(tmp_path: Path) -> None:
    """A fill and its position, read back after the book was reused, and again after a restart."""
    symbol, day = "H100.G90.F27", date(2026, 11, 18)

    def reports(bench: Bench) -> list[tuple[int, int]]:
        rows = bench.venue.history.of_account(2, 2, query.account_sequence(bench.venue.states, 2))
        assert rows is not None
        shown = [one for *_, one in bench.venue.questions.messages_of(rows) if isinstance(one, Fill | Position)]
        return [(one.instrument, getattr(one, "unrealised_mills", 0)) for one in shown]

    with Bench(str(tmp_path), symbols=Q1) as bench:
        before = next(row for row in query.instruments(bench.venue.states) if row.symbol == symbol)
        trade(bench, 1, symbol, 4, bench.price + 3)
        do(bench, "state", target="H100", to="closed")
        expiry = ExpirePayload([BookEnd(before.index, Life.SETTLED)], 1, day_number(day))
        bench.opened.control(CommandKind.EXPIRE, encode_payload(expiry))
        bench.settle()
        seen = reports(bench)
        assert {instrument for instrument, _ in seen} == {before.instrument_id} and any(mills for _, mills in seen)
        new = [one for one in instruments_on(bench.opened.spec, day) if one.symbol == "H100.G90.J27"]
        present = Present({}, {(before.group, False): 1}, [before.index])
        (payload,) = listing_payloads(new, bench.opened.spec, day, present=present)
        bench.opened.control(CommandKind.LIST, payload)
        bench.settle()
        assert bench.venue.table.id_of(before.index) == new[0].id != before.instrument_id
        assert reports(bench) == seen
        later_ns = bench.clock.now - START_NS
    with Bench(str(tmp_path), symbols=Q1, later_ns=later_ns) as again:
        assert again.venue.table.id_of(before.index) == new[0].id
        assert reports(again) == seen
