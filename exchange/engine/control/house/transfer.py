"""TRANSFER: moves lots of one account to another, such as between two accounts of one owner (SETTLE-015).

It has no fee and is no print. The text of a refusal begins with its reason: BAD_LOT, UNKNOWN_INST, STATE, BAND,
BAD_COMBO, UNKNOWN_ACCOUNT, for the giver POSITION, RISK, FULL, for the taker KILLED, CLOSE_ONLY, POSITION, RISK, FULL.
"""

import msgspec
import numpy as np

from exchange.clearing_codes import CashReason
from exchange.codes import EventKind, MarketState, Side
from exchange.engine.control.account_reports import report_accounts
from exchange.engine.control.checks import require, within
from exchange.engine.control.events import control_events
from exchange.engine.control.house.block_booking import book_sides, lots_in, refusal_of_side, risk_of_side
from exchange.engine.control.house.known import check_account, known_outright, require_none
from exchange.records import column
from exchange.units import POSITION_LOTS_MAX

NO_TRANSFERS = (MarketState.CLOSED, MarketState.NONE)


class TransferPayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lots that one account gives to another.

    instrument    number of an outright's book
    lots          of a long position; below 0: of a short one
    tick          price at which both are booked, ticks
    giver, taker  numbers of their accounts
    by_two        two people ask (SEC-061)
    """

    instrument: int
    lots: int
    tick: int
    giver: int
    taker: int
    by_two: bool = False

    @property
    def sides(self) -> tuple[int, int]:
        """(buyer, seller): who takes long lots buys them."""
        return (self.taker, self.giver) if self.lots > 0 else (self.giver, self.taker)


def check_transfer(state: np.record, terms: TransferPayload) -> None:
    """Raise ControlError if the lots cannot be moved now."""
    within("BAD_LOT: transfer: lots", abs(terms.lots), 1, POSITION_LOTS_MAX)
    name = f"transfer in book {terms.instrument}"
    book = known_outright(state, terms.instrument, "transfer")
    market = MarketState(int(book.market_state))
    require(market not in NO_TRANSFERS, f"STATE: {name}: its market is {market.name}")
    within(f"BAND: {name}: price", terms.tick, int(book.low_tick), int(book.high_tick))
    require(terms.giver != terms.taker, f"BAD_COMBO: {name}: giver and taker are account {terms.giver}")
    for account in (terms.giver, terms.taker):
        check_account(state, account)
    _check_giver(state, terms, name)
    side = Side.BUY if terms.lots > 0 else Side.SELL
    taken = refusal_of_side(state, terms.taker, int(side), terms.instrument, abs(terms.lots), terms.tick, 0)
    require_none(taken, f"{name}: account {terms.taker} cannot take them")


def _check_giver(state: np.record, terms: TransferPayload, name: str) -> None:
    """Raise ControlError unless the giver has these lots, and the funds to be without them. It may be killed."""
    held = int(lots_in(state, terms.giver, terms.instrument))
    has = abs(terms.lots) <= abs(held) and terms.lots * held > 0
    require(has, f"POSITION: {name}: account {terms.giver} holds {held} lots, it cannot give {terms.lots}")
    side = Side.SELL if terms.lots > 0 else Side.BUY
    given = risk_of_side(state, terms.giver, int(side), terms.instrument, abs(terms.lots), terms.tick, 0)
    require_none(given, f"{name}: account {terms.giver} cannot give them")


def check_transfer_people(state: np.record, terms: TransferPayload) -> None:
    """Raise ControlError unless two people ask."""
    require(terms.by_two, "a transfer of positions takes two people (SEC-061)")


def transfer(state: np.record, terms: TransferPayload) -> np.ndarray:
    """Carry out a checked transfer. Returns events: TRANSFERRED, then a POSITION_CHANGED of each account, in ascending
    order."""
    buyer, seller = terms.sides
    paid, rows = np.zeros(state.accounts.shape[0], np.int64), np.zeros(2, np.int64)
    book_sides(state, buyer, seller, terms.instrument, abs(terms.lots), terms.tick, 0, paid, rows)
    events = control_events(state, EventKind.TRANSFERRED, 1)
    events["account"], events["instrument"] = buyer, terms.instrument
    column(events, "seller")[:] = seller
    column(events, "trade_tick")[:] = terms.tick
    events["lots"] = abs(terms.lots)
    return np.concatenate([events, report_accounts(state, rows, paid, CashReason.TRANSFER, 0)])
