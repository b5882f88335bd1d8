"""The accounts of the story, and the orders that they send."""

from datetime import date
from pathlib import Path

from contracts_spec.load import load_spec
from exchange.clearing_codes import HouseAccount
from exchange.codes import CommandKind, Side
from exchange.demo.simulated_venue import SimulatedVenue
from exchange.demo.story.cast import DEPOSITS, ROLES, Desk, Who
from exchange.engine import query

YEAR = "H100.G90.C27"


def test_every_account_has_a_role_and_a_deposit() -> None:
    assert set(ROLES) == set(DEPOSITS) == set(Who)


def test_a_desk_takes_what_the_other_side_shows_and_no_more(tmp_path: Path) -> None:
    with SimulatedVenue(str(tmp_path), date(2026, 11, 2), load_spec().with_chips(["H100"])) as simulated:
        desk = Desk(simulated)
        desk.open_accounts()
        assert -query.totals(simulated.states).house_mills[HouseAccount.DEPOSITS] == sum(DEPOSITS.values())
        assert desk.take(Who.BANK, Side.BUY, YEAR, 5) == 0, "nobody offers"
        row = desk.listed[YEAR]
        simulated.row(
            CommandKind.NEW, account=Who.MAKER, instrument=row.index, side=Side.SELL, price=row.settle_tick, lots=3,
        )  # fmt: skip
        assert desk.take(Who.BANK, Side.BUY, YEAR, 5) == 3
        assert desk.held_lots(Who.BANK, YEAR) == 3 == -desk.held_lots(Who.MAKER, YEAR)
        assert desk.take(Who.BANK, Side.BUY, "H100.G90.C99", 5) == desk.held_lots(Who.BANK, "H100.G90.C99") == 0
        before = query.margin(simulated.states, Who.FUND).cash_mills
        desk.deposit(Who.FUND, 7)
        assert query.margin(simulated.states, Who.FUND).cash_mills == before + 7
