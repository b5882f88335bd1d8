"""Which instruments end and which are new, from the calendar and what is listed: the controls, in order."""

from datetime import date
from typing import Any

import msgspec
import pytest

from contracts_spec.instruments import instruments_on, with_legs
from contracts_spec.load import load_spec
from contracts_spec.periods import day_number
from exchange.clearing_codes import Life
from exchange.codes import CommandKind
from exchange.engine import query
from exchange.engine.control.catalogue import listing_payloads
from exchange.engine.control.registry import decode_payload
from exchange.engine.engine import Engine, blank_commands
from exchange.errors import UserError
from exchange.limits import VENUE
from exchange.venue.daily import lives
from exchange.venue.daily.lives import DueControl, due_controls
from exchange.venue.daily.settlement import day_limits, encoded, settle_groups

SPEC = load_spec()
H100 = msgspec.structs.replace(
    SPEC, chips=tuple(msgspec.structs.replace(chip, listed=chip.name == "H100") for chip in SPEC.chips)
)
GROUP = SPEC.chip("H100").code
START = date(2026, 12, 14)


def opened(*symbols: str) -> Engine:
    """A venue with all instruments of H100, or with some; its group is CLOSED."""
    found = instruments_on(H100, START)
    engine = Engine(VENUE)
    for payload in listing_payloads(with_legs(found, symbols) if symbols else found, H100, START,
                                    groups=() if symbols else [GROUP]):  # fmt: skip
        carry_out(engine, [DueControl(CommandKind.LIST, payload)])
    return engine


def carry_out(engine: Engine, due: list[DueControl]) -> None:
    for kind, payload in due:
        row = blank_commands(1)
        row["sequence"], row["kind"] = engine.sequence + 1, kind
        engine.check_control(kind, payload)
        engine.control(row, payload)


def due_on(engine: Engine, day: date) -> list[tuple[str, Any]]:
    return [
        (kind.name, decode_payload(kind, payload)) for kind, payload in due_controls(engine.states, H100, day, GROUP)
    ]


def symbols(engine: Engine) -> dict[int, str]:
    return {row.index: row.symbol for row in query.known_instruments(engine.states)}


@pytest.mark.rule("SPEC-061", "CASCADE-003", "SPEC-051")
def test_each_day_has_what_the_calendar_ends_and_then_what_it_adds() -> None:
    """V24: terms of 2027 trade until 12-16, its first quarter and the year until 12-21, January until 12-24."""
    engine = opened()
    assert due_on(engine, date(2026, 12, 16)) == [], "a last trading day is a trading day"
    names, before = symbols(engine), len(query.instruments(engine.states))
    terms = due_on(engine, date(2026, 12, 17))
    assert [(kind, names[one.parent].split(".")[2]) for kind, one in terms] == [("CASCADE", "T5-27")] * 4 + [
        ("CASCADE", "T3-27")
    ] * 4  # of four tiers each
    assert [names[child] for child in terms[0][1].children] == [f"H100.G80.C{year}" for year in range(27, 32)]
    carry_out(engine, due_controls(engine.states, H100, date(2026, 12, 17), GROUP))
    (added,) = due_on(engine, date(2026, 12, 17))
    assert {one.symbol.split(".")[2] for one in added[1].instruments} == {"T3-29", "T5-29"}
    assert (added[1].groups, added[1].day) == ([GROUP], day_number(date(2026, 12, 17)))
    carry_out(engine, due_controls(engine.states, H100, date(2026, 12, 17), GROUP))
    assert due_on(engine, date(2026, 12, 17)) == []
    assert len(query.instruments(engine.states)) == before


@pytest.mark.rule("CASCADE-003", "SPEC-051")
def test_what_weeks_have_ended_ends_in_order_of_last_trading_days() -> None:
    engine = opened("H100.G90.F27", "H100.G90.G27", "H100.G90.H27", "H100.G90.Q1-27", "H100.G90.T3-27", "H100.G90.C27")
    for children in ({"H100.G90.C28", "H100.G90.C29"}, {"H100.G90.Q2-27", "H100.G90.Q3-27", "H100.G90.Q4-27"}):
        ((kind, terms),) = due_on(engine, date(2027, 1, 10))
        assert kind == "LIST", "children that are not listed come first, parent by parent"
        assert {one.symbol for one in terms.instruments} == children
        carry_out(engine, due_controls(engine.states, H100, date(2027, 1, 10), GROUP))
    names = symbols(engine)
    ends = due_on(engine, date(2027, 1, 10))
    ended = [names[one.parent] if kind == "CASCADE" else [names[end.index] for end in one.books] for kind, one in ends]
    assert ended == ["H100.G90.T3-27", "H100.G90.C27", "H100.G90.Q1-27", ["H100.G90.F27"]]
    assert ends[-1][1].fee_mills == SPEC.products.fees.cash_settlement_mills == 1
    carry_out(engine, due_controls(engine.states, H100, date(2027, 1, 10), GROUP))
    assert due_on(engine, date(2027, 1, 10)) == [], "a venue with chosen instruments lists no more"


@pytest.mark.rule("SETTLE-009")
def test_an_index_month_waits_for_its_final_price() -> None:
    engine = opened("H100.G90.Z26/I", "H100.G90.F27/I")
    ((kind, expiry),) = due_on(engine, date(2027, 1, 1))
    assert (kind, [(end.index, end.life) for end in expiry.books]) == ("EXPIRE", [(1, Life.EXPIRED)])


@pytest.mark.rule("SPEC-051", "SPEC-043")
def test_a_book_that_none_has_had_comes_before_those_that_have_ended_longest() -> None:
    engine = opened("H100.G90.Q1-27", "H100.G90.F27", "H100.G90.G27", "H100.G90.H27", "H100.G90.F27-G27")
    engine.states["groups"]["catalogue_day"][0, GROUP] = day_number(START)
    carry_out(engine, due_controls(engine.states, H100, date(2026, 12, 28), GROUP))
    listed = int(engine.states["books_listed"][0])
    last = int(engine.states["last_combination"][0])
    added = [one for _, terms in due_on(engine, date(2026, 12, 28)) for one in terms.instruments]
    assert [one.index for one in added] == [*range(listed + 1, listed + 1 + len(added))]
    new = [one.instrument_id for one in added if one.legs]
    assert new == [*range(last + 1, last + 1 + len(new))], "ids of combinations are never used again"


@pytest.mark.rule("BAND-013", "SPEC-051", "SPEC-053")
def test_a_new_spread_has_the_wider_limits_of_a_leg_that_settled_at_its_limit() -> None:
    day, last = date(2026, 12, 28), date(2026, 12, 24)
    engine = opened("H100.G90.Q1-27", "H100.G90.F27", "H100.G90.G27", "H100.G90.H27")
    engine.states["groups"]["catalogue_day"][0, GROUP] = day_number(last)
    rows = {row.symbol: row for row in query.instruments(engine.states)}
    leg, other = rows["H100.G90.G27"], rows["H100.G90.H27"]
    prices = {leg.symbol: leg.high_tick, other.symbol: other.settle_tick + 1}
    settled = settle_groups(engine.states, day, [GROUP], prices)
    (limits,) = encoded(day_limits(engine.states, H100, day, settled.prices, by_two=True)).values()
    carry_out(engine, [DueControl(CommandKind.DAY_LIMITS, limits)])
    carry_out(engine, due_controls(engine.states, H100, day, GROUP))  # what has ended goes first
    added = [one for _, terms in due_on(engine, day) for one in terms.instruments]
    (spread,) = [one for one in added if one.symbol == "H100.G90.G27-H27"]
    wide, plain = 2 * (leg.high_tick * 2_000 // 10_000), prices[other.symbol] * 2_000 // 10_000
    difference = leg.high_tick - prices[other.symbol]
    assert spread.settle_tick == difference
    assert (spread.low_tick, spread.high_tick) == (difference - wide - plain, difference + wide + plain)


@pytest.mark.rule("SPEC-051", "CASCADE-003")
def test_children_are_those_of_their_own_parent_s_last_trading_day() -> None:
    """A month and a year that ended eleven months apart: the later quarters are on no list of the month's day."""
    engine = opened("H100.G90.F27", "H100.G90.C28")
    late = date(2028, 1, 10)
    stages = []
    while due := due_controls(engine.states, H100, late, GROUP):
        stages.append([kind.name for kind, _ in due])
        assert len(stages) < 20, "each stage brings the group forward"
        carry_out(engine, due)
    assert stages[:2] == [["LIST"], ["EXPIRE", "CASCADE", "EXPIRE"]]
    life = {row.symbol: row.life for row in query.known_instruments(engine.states)}
    assert life["H100.G90.C28"] == Life.CASCADED and life["H100.G90.Q4-28"] == Life.LISTED


@pytest.mark.rule("SPEC-051")
def test_a_child_that_no_list_has_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = opened("H100.G90.Q1-27", "H100.G90.F27")
    monkeypatch.setattr(lives, "instruments_on", lambda *_: [])
    with pytest.raises(UserError, match=r"H100.G90.G27, H100.G90.H27 must take the positions .* 2026-12-21"):
        due_controls(engine.states, H100, date(2027, 1, 10), GROUP)
