"""Acts about the clearing house, from the signed request to the accounts: index, adjustments, blocks, flags."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exchange.clearing_codes import HouseAccount
from exchange.codes import MarketState
from exchange.engine import query
from exchange.errors import UserError
from exchange.operator.audit import audit
from exchange.operator.house_requests import made_ns
from exchange.units import NS_PER_DAY, NS_PER_HOUR, NS_PER_S
from exchange.venue.day_schedule import DaySchedule
from tests.gateway.harness import DEPOSIT_MILLS, START_NS, SYMBOL, Bench
from tests.operator.asking import do, refused
from tests.operator.test_authority import Office
from tests.venues import check_ledger

MONTH = "H100.G90.X26/I"
WHY = "the feed was wrong"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(str(tmp_path), schedule=DaySchedule(), symbols=(SYMBOL, MONTH, "H100.G90.G27-H27")) as made:
        yield made
        check_ledger(made.venue.states)


def cash(bench: Bench, account: int) -> int:
    return query.margin(bench.venue.states, account).cash_mills - DEPOSIT_MILLS


def lots(bench: Bench, account: int, symbol: str = SYMBOL) -> int:
    return sum(
        one.lots for one in query.positions(bench.venue.states, account) if row(bench, symbol).index == one.instrument
    )


def row(bench: Bench, symbol: str = SYMBOL) -> Any:
    return next(one for one in query.instruments(bench.venue.states) if one.symbol == symbol)


def through_the_close(bench: Bench) -> None:
    """21:00 of 18 November, and the next day opens."""
    bench.clock.now = START_NS // NS_PER_DAY * NS_PER_DAY + 21 * NS_PER_HOUR
    bench.pass_ms(200)
    bench.clock.now += 301 * NS_PER_S
    bench.pass_ms(200)
    assert row(bench).state == MarketState.OPEN


@pytest.mark.rule("SETTLE-011", "SEC-061", "SEC-063", "INV-018")
def test_an_adjustment_takes_two_people_and_is_audited(bench: Bench) -> None:
    through_the_close(bench)
    office = Office(bench)
    one, two = office.operators
    terms = {"symbol": SYMBOL, "day": "2026-11-18", "amounts": [[1, 7_440], [2, -7_440]], "reason": WHY}
    answer = office.ask("adjust", one, **terms)
    assert answer.ok and "an adjustment of the settlement of H100.G90.H27 on 2026-11-18" in answer.lines[0]
    assert cash(bench, 1) == 0, "proposed, and nothing has moved"
    assert "another operator confirms it" in office.refused(
        "confirm", one, proposal=answer.lines[0].split()[0], reason=WHY
    )
    confirmed = office.ask("confirm", two, proposal=answer.lines[0].split()[0], reason="seen")
    wanted = "adjusted: account 1 +7,440 mills, account 2 -7,440 mills"
    assert confirmed.ok and confirmed.lines == [f"settlement of {SYMBOL} on 2026-11-18 {wanted}"]
    assert (cash(bench, 1), cash(bench, 2)) == (7_440, -7_440)
    assert query.totals(bench.venue.states).house_mills[HouseAccount.VARIATION] == 0
    findings = list(audit(bench.folder))
    assert not findings[-1].faults
    assert findings[-1].signers == [one.key, two.key] and json.loads(findings[-1].asked)["do"] == "adjust"


@pytest.mark.rule("SETTLE-011", "SEC-061")
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"day": "2026-11-17"}, "UNKNOWN: no settlement of instrument"),
        ({"symbol": "H100.G90.G28"}, "UNKNOWN: no settlement of instrument"),
        ({"symbol": "H100.G90.G27-H27"}, "'H100.G90.G27-H27' is no outright"),
        ({"symbol": "XYZ.G90.F27"}, "'XYZ.G90.F27' is no outright"),
        ({"symbol": "nonsense"}, "'nonsense' is no outright"),
        ({"day": "yesterday"}, "day 'yesterday' is not a day like 2026-11-23"),
        ({"amounts": [[1, 7_440], [2, -7_441]]}, "UNBALANCED: the amounts sum to -1 mills"),
        ({"amounts": [[1, 7_440], [9, -7_440]]}, "UNKNOWN_ACCOUNT: account 9 is not defined"),
    ],
)
def test_an_adjustment_that_cannot_be_is_refused_before_a_second_person_is_asked(
    bench: Bench, change: dict[str, Any], why: str
) -> None:
    through_the_close(bench)
    office = Office(bench)
    terms = {"symbol": SYMBOL, "day": "2026-11-18", "amounts": [[1, 7_440], [2, -7_440]], "reason": WHY}
    assert office.refused("adjust", office.operators[0], **terms | change).startswith(why)


@pytest.mark.rule("SEC-061")
def test_what_takes_two_cannot_be_done_by_the_owner_of_the_folder(bench: Bench) -> None:
    through_the_close(bench)
    terms = {"symbol": SYMBOL, "day": "2026-11-18", "amounts": [[1, 1], [2, -1]]}
    assert refused(bench, "adjust", **terms).startswith("NEEDS_TWO: an adjustment")
    assert refused(bench, "committee", index="H100.G90", day="2026-11-18", price=2_805).startswith("NEEDS_TWO")


@pytest.mark.rule("INDEX-003", "SEC-061")
def test_a_committee_s_value_is_taken_from_two_people(bench: Bench) -> None:
    office = Office(bench)
    one, two = office.operators
    for day in range(18, 22):
        bench.clock.now = START_NS // NS_PER_DAY * NS_PER_DAY + (day - 18) * NS_PER_DAY + 12 * NS_PER_HOUR
        bench.pass_ms(2_100)
    assert do(bench, "index_values")[-1] == "H100.G90 2026-11-20 none MISSING"
    terms = {"index": "H100.G90", "day": "2026-11-20", "price": 2_805, "reason": WHY}
    answer = office.ask("committee", one, **terms)
    assert office.ask("confirm", two, proposal=answer.lines[0].split()[0], reason="seen").lines == [
        "H100.G90 2026-11-20 2.805 COMMITTEE"
    ]
    assert do(bench, "index_values")[-1] == "H100.G90 2026-11-20 2.805 COMMITTEE"
    assert not list(audit(bench.folder))[-1].faults
    assert office.refused("committee", one, **terms).startswith("FROZEN")
    assert "is no index of this venue" in office.refused("committee", one, **terms | {"index": "H100.G80"})


@pytest.mark.rule("LIMIT-006", "FEE-001")
def test_a_reported_block_is_booked_for_both_and_pays_its_fee(bench: Bench) -> None:
    now = f"{bench.clock.now // (60 * NS_PER_S) % 1_440 // 60:02d}:{bench.clock.now // (60 * NS_PER_S) % 60:02d}"
    terms = {"symbol": SYMBOL, "lots": 50, "price": bench.price, "buyer": 1, "seller": 2}
    text = f"block of 50 {SYMBOL} at {bench.price / 1_000:.3f}, account 1 from account 2"
    assert do(bench, "block", **terms, made=now) == [text]
    assert (lots(bench, 1), lots(bench, 2)) == (50, -50)
    assert cash(bench, 1) == cash(bench, 2) == -3 * row(bench).hours * 50
    assert not bench.venue.states[0].books[1].has_last


@pytest.mark.rule("LIMIT-006")
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"lots": 4}, "BAD_LOT: "),
        ({"symbol": "H100.G90.G27-H27"}, "UNKNOWN_INST: "),
        ({"symbol": "H100.G90.F27"}, "UNKNOWN_INST: "),
        ({"price": 99_999}, "BAND: "),
        ({"made": "10:51"}, "LATE: "),
        ({"made": "11:07"}, "LATE: "),
        ({"buyer": 9}, "UNKNOWN_ACCOUNT: "),
        ({"buyer": 2}, "BAD_COMBO: "),
        ({"buyer": 3}, "RISK: "),
        ({"made": "25:00"}, "made '25:00' is not a time like 14:45"),
        ({"made": "9:00"}, "made '9:00' is not a time like 14:45"),
    ],
)
def test_a_block_that_cannot_be_is_refused_with_its_reason(bench: Bench, change: dict[str, Any], why: str) -> None:
    do(bench, "money", account=3, mills=1 - DEPOSIT_MILLS)
    terms = {"symbol": SYMBOL, "lots": 50, "price": bench.price, "buyer": 1, "seller": 2}
    assert refused(bench, "block", **terms | change).startswith(why)


@pytest.mark.rule("INDEX-002")
def test_a_file_of_prints_is_one_act_taken_as_a_whole_or_not_at_all(bench: Bench) -> None:
    assert refused(bench, "index", prints=[]) == "no print is given"
    assert refused(bench, "index", prints=[("B200.G90", "2026-11-17", 2_800)]).startswith("'B200.G90' is no index")
    early = [("H100.G90", "2026-11-17", 2_800), ("H100.G90", "2026-11-18", 2_800)]
    assert refused(bench, "index", prints=early).startswith(("EARLY: ", "SOURCE: "))


@pytest.mark.rule("LIMIT-002", "LIMIT-005")
def test_accounts_above_a_level_are_listed(bench: Bench) -> None:
    assert do(bench, "flags") == []
    bench.opened.deposit(1, 10**15), bench.opened.deposit(2, 10**15)
    terms = {"symbol": SYMBOL, "lots": 15_001, "price": bench.price, "buyer": 1, "seller": 2}
    do(bench, "block", **terms)
    assert do(bench, "flags") == [
        "account 1 H100 SINGLE_MONTH 15,001 lots",
        "account 2 H100 SINGLE_MONTH -15,001 lots",
        f"account 1 {SYMBOL} REPORTABLE 15,001 lots",
        f"account 2 {SYMBOL} REPORTABLE -15,001 lots",
    ]


@pytest.mark.rule("LIMIT-002")
def test_positions_from_the_reportable_level_on_are_listed(bench: Bench) -> None:
    terms = {"symbol": SYMBOL, "price": bench.price, "buyer": 1, "seller": 2}
    do(bench, "block", lots=24, **terms)
    assert do(bench, "flags") == []
    do(bench, "block", lots=5, **terms)
    assert do(bench, "flags") == [
        f"account 1 {SYMBOL} REPORTABLE 29 lots",
        f"account 2 {SYMBOL} REPORTABLE -29 lots",
    ]


def test_the_time_of_a_block_is_of_the_present_day() -> None:
    now = 20_000 * NS_PER_DAY + 15 * NS_PER_HOUR
    assert made_ns("", now) == now
    assert made_ns("14:45", now) == now - 15 * 60 * NS_PER_S
    with pytest.raises(UserError, match="made '14:60' is not a time"):
        made_ns("14:60", now)
