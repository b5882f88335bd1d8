"""Busts and transfers, from the signed request to the accounts and the audit."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exchange.operator.audit import audit
from exchange.units import NS_PER_DAY, NS_PER_S
from exchange.venue.day_schedule import DaySchedule
from tests.gateway.harness import SYMBOL, Bench
from tests.operator.asking import refused
from tests.operator.test_authority import Office
from tests.operator.test_house_requests import cash, lots, row, through_the_close
from tests.venue.daily.test_life_keeper import trade
from tests.venues import check_ledger

WHY = "both sides say so"
SPREAD = "H100.G90.H27-J27"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(str(tmp_path), schedule=DaySchedule(), symbols=(SYMBOL, "H100.G90.J27", SPREAD)) as made:
        yield made
        check_ledger(made.venue.states)


@pytest.fixture
def office(bench: Bench) -> Office:
    return Office(bench)


def by_two(office: Office, what: str, **fields: Any) -> list[str]:
    bench = office.bench
    one, two = office.operators
    answer = office.ask(what, one, **fields, reason=WHY)
    assert answer.ok, answer
    before = bench.venue.sequence
    confirmed = office.ask("confirm", two, proposal=answer.lines[0].split()[0], reason="seen")
    assert confirmed.ok and bench.venue.sequence > before, confirmed
    (finding,) = list(audit(bench.folder))[-1:]
    assert not finding.faults and json.loads(finding.asked)["do"] == what
    return confirmed.lines


def money(bench: Bench) -> list[int]:
    return [cash(bench, account) for account in (1, 2)]


@pytest.mark.rule("SETTLE-014", "SEC-061", "SEC-063", "INV-018")
def test_a_trade_is_taken_back_once_with_its_fee(bench: Bench, office: Office) -> None:
    trade(bench, 1, SYMBOL, 4, bench.price)
    assert lots(bench, 2) == 4 and cash(bench, 2) < 0
    assert by_two(office, "bust", trade=1) == [f"trade 1: 4 {SYMBOL} at 2.810 taken back"]
    assert [lots(bench, account) for account in (1, 2)] == [0, 0] == money(bench)
    assert office.refused("bust", office.operators[0], trade=1, reason=WHY).startswith("DONE: trade 1")


@pytest.mark.rule("SEC-061", "SPEC-041", "IMP-010")
def test_a_spread_s_trade_is_taken_back_in_its_legs(bench: Bench, office: Office) -> None:
    spread = row(bench, SPREAD)
    trade(bench, 1, SPREAD, 3, spread.settle_tick)
    assert (lots(bench, 2), lots(bench, 2, "H100.G90.J27")) == (3, -3)
    assert by_two(office, "bust", trade=1) == [f"trade 1: 3 {SPREAD} at 0.000 taken back"]
    assert (lots(bench, 2), lots(bench, 2, "H100.G90.J27")) == (0, 0) and money(bench) == [0, 0]


@pytest.mark.rule("SEC-061")
def test_a_trade_that_never_was_is_refused_before_a_second_person_is_asked(bench: Bench, office: Office) -> None:
    why = office.refused("bust", office.operators[0], trade=7, reason=WHY)
    assert why == "trade 7 is not among the trades that the venue keeps, those of the last 24 hours"


@pytest.mark.rule("SEC-061", "SETTLE-007")
def test_variation_of_a_trade_taken_back_a_day_later_is_returned(bench: Bench, office: Office) -> None:
    trade(bench, 1, SYMBOL, 4, bench.price + 8)
    _, fee = money(bench)
    trade(bench, 2, SYMBOL, 4, bench.price)
    through_the_close(bench)
    variation = 8 * row(bench).hours * 4
    assert money(bench) == [variation, 2 * fee - variation]
    by_two(office, "bust", trade=1)
    bench.clock.now += NS_PER_DAY - 400 * NS_PER_S
    through_the_close_of(bench)
    assert money(bench) == [0, fee] and lots(bench, 2) == 4


def through_the_close_of(bench: Bench) -> None:
    bench.pass_ms(200)
    bench.clock.now += 10**12
    bench.pass_ms(2_000)


@pytest.mark.rule("SEC-061")
def test_lots_are_moved_at_the_price_they_are_valued_at(bench: Bench, office: Office) -> None:
    trade(bench, 1, SYMBOL, 4, bench.price)
    before = money(bench)
    terms = {"symbol": SYMBOL, "lots": 3, "giver": 2, "taker": 1}
    mark = bench.venue.states["books"]["mark_tick"][0, row(bench).index]
    lines = by_two(office, "transfer", **terms)
    assert lines == [f"+3 {SYMBOL} at {mark / 1_000:.3f} moved from account 2 to 1"]
    assert [lots(bench, account) for account in (1, 2)] == [-1, 1] and money(bench) == before
    one = office.operators[0]
    assert office.refused("transfer", one, **terms, reason=WHY).startswith("POSITION: ")
    assert (
        office.refused("transfer", one, **terms | {"symbol": SPREAD}, reason=WHY) == f"no outright {SPREAD} is listed"
    )
    assert office.refused("transfer", one, **terms | {"taker": 9}, reason=WHY).startswith("UNKNOWN_ACCOUNT: ")


@pytest.mark.rule("SETTLE-015", "SEC-061")
def test_a_transfer_is_booked_at_the_price_that_was_proposed(bench: Bench, office: Office) -> None:
    trade(bench, 1, SYMBOL, 4, bench.price)
    bench.pass_ms(200)
    one, two = office.operators
    proposed = office.ask("transfer", one, symbol=SYMBOL, lots=1, giver=2, taker=1, reason=WHY)
    assert " at 2.810 " in proposed.lines[0]
    trade(bench, 1, SYMBOL, 1, bench.price - 60)
    bench.clock.now += 60 * NS_PER_S
    bench.pass_ms(200)
    assert row(bench, SYMBOL).settle_tick == bench.price
    assert bench.venue.states["books"]["mark_tick"][0, row(bench, SYMBOL).index] == bench.price - 60
    confirmed = office.ask("confirm", two, proposal=proposed.lines[0].split()[0], reason="seen")
    assert confirmed.ok and " at 2.810 " in confirmed.lines[0]


@pytest.mark.rule("SEC-061")
def test_the_owner_of_the_folder_alone_can_do_neither(bench: Bench) -> None:
    assert refused(bench, "bust", trade=7).startswith("NEEDS_TWO: a bust of trade 7")
    terms = {"symbol": SYMBOL, "lots": 3, "giver": 2, "taker": 1}
    assert refused(bench, "transfer", **terms).startswith("NEEDS_TWO: a transfer from account 2 to 1")
