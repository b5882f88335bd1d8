"""An engine at the scenario's time: numbers of accounts, commands in the journal, orders by name."""

from datetime import date

from contracts_spec.load import load_spec
from exchange.conformance.engine_house.running import SPARE_ACCOUNTS, UNLISTED, Fate, RunningVenue
from exchange.engine import query
from exchange.units import NS_PER_S
from tests.conformance.engine_house.scenes import play


def test_an_account_is_opened_before_it_is_named() -> None:
    venue = RunningVenue(load_spec(), NS_PER_S, date(2026, 11, 16))
    venue.open_named("A", 5)
    venue.open_spare()
    sequence = venue.engine.sequence
    assert [venue.account(name) for name in ("B", "A", "B", "C")] == [2, 1, 2, 3]
    assert venue.engine.sequence == sequence
    assert len(query.accounts(venue.states)) == 1 + SPARE_ACCOUNTS
    assert [query.margin(venue.states, number).cash_mills for number in (1, 2)] == [5, 10**12]
    assert venue.index("H100.G90.F27") == UNLISTED


def test_commands_carry_the_scenario_time_and_stand_in_the_journal() -> None:
    venue = play("11:30 order o1 A buys 2 H100.G90.F27 @2800\n11:31 trade B sells 1 H100.G90.G27 @2810 to C\n")
    times = [command.row.time_ns // NS_PER_S % 86_400 for command in venue.journal]
    assert times == sorted(times)
    assert {10 * 3600, 11 * 3600 + 30 * 60, 11 * 3600 + 31 * 60} == set(times)
    assert [command.row.sequence for command in venue.journal] == list(range(1, len(times) + 1))


def test_the_fate_of_an_order_is_that_of_its_last_event() -> None:
    lines = ("o1 A buys 2 H100.G90.F27 @2800", "o2 B sells 5 H100.G90.F27 @2800", "o3 A buys 1 H100.G90.G27 @2300")
    venue = play("\n".join(f"order {line}" for line in lines) + "\ncancel o3\n")
    account_a, account_b = venue.account("A"), venue.account("B")
    assert venue.fates["o1"] == Fate(account_a, "FILLED", 0)
    assert venue.fates["o2"] == Fate(account_b, "WORKING", 3)
    assert venue.fates["o3"] == Fate(account_a, "GONE", 1, "USER")
