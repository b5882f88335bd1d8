"""BLOCK: books a block that two members have made outside the book and reported (LIMIT-006).

It is no print: it moves neither last price nor closing window, and no order. The text of a refusal begins with its
reason: BAD_LOT, UNKNOWN_INST, STATE, BAND, LATE, then for the buyer and the seller UNKNOWN_ACCOUNT, KILLED, CLOSE_ONLY,
POSITION, RISK, FULL.
"""

import msgspec
import numpy as np

from exchange.clearing_codes import CashReason
from exchange.codes import EventKind, MarketState, Side
from exchange.engine.control.account_reports import report_accounts
from exchange.engine.control.checks import require, within
from exchange.engine.control.events import control_events
from exchange.engine.control.house.block_booking import book_sides, refusal_of_side
from exchange.engine.control.house.known import known_outright, require_none
from exchange.records import column
from exchange.units import CHARGE_MILLS_MAX, NS_PER_DAY, POSITION_LOTS_MAX, PRICE_MAX

NO_BLOCKS = (MarketState.CLOSED, MarketState.HALT, MarketState.NONE)
TIME_MAX = 2**63 - 1


class BlockPayload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reported block.

    instrument     number of an outright's book
    buyer, seller  numbers of their accounts
    made_ns        when it was made, ns since 1970
    now_ns         when it was reported
    lots_min       least lots of a block
    report_ns      time within which it is reported
    fee_mills      of each side, mills per GPU-hour (FEE-001)
    """

    instrument: int
    lots: int
    tick: int
    buyer: int
    seller: int
    made_ns: int
    now_ns: int
    lots_min: int
    report_ns: int
    fee_mills: int


def check_block(state: np.record, terms: BlockPayload) -> None:
    """Raise ControlError if the block cannot be booked now."""
    within("block: lots_min", terms.lots_min, 1, POSITION_LOTS_MAX)
    within("block: fee_mills", terms.fee_mills, 0, CHARGE_MILLS_MAX)
    within("block: report_ns", terms.report_ns, 0, NS_PER_DAY)
    within("block: now_ns", terms.now_ns, 0, TIME_MAX)
    within("BAD_LOT: block: lots", terms.lots, terms.lots_min, POSITION_LOTS_MAX)
    name = f"block of book {terms.instrument}"
    book = known_outright(state, terms.instrument, "block")
    market = MarketState(int(book.market_state))
    require(market not in NO_BLOCKS, f"STATE: {name}: its market is {market.name}")
    within("block: price", terms.tick, -PRICE_MAX, PRICE_MAX)
    within(f"BAND: {name}: price", terms.tick, int(book.low_tick), int(book.high_tick))
    late = terms.now_ns - terms.made_ns
    within(f"LATE: {name}: ns from its making to its report", late, 0, terms.report_ns)
    require(terms.buyer != terms.seller, f"BAD_COMBO: {name}: buyer and seller are account {terms.buyer}")
    for account in (terms.buyer, terms.seller):
        within("UNKNOWN_ACCOUNT: block: account", account, 1, state.accounts.shape[0] - 1)
    deal = (terms.instrument, terms.lots, terms.tick, terms.fee_mills)
    bought = refusal_of_side(state, terms.buyer, int(Side.BUY), *deal)
    require_none(bought, f"{name}: account {terms.buyer} cannot buy")
    sold = refusal_of_side(state, terms.seller, int(Side.SELL), *deal)
    require_none(sold, f"{name}: account {terms.seller} cannot sell")


def book_block(state: np.record, terms: BlockPayload) -> np.ndarray:
    """Carry out a checked block. Returns events: BLOCKED, then for buyer and seller, in ascending order, a CASH_MOVED
    with the fee, if there is one, and a POSITION_CHANGED."""
    paid, rows = np.zeros(state.accounts.shape[0], np.int64), np.zeros(2, np.int64)
    book_sides(state, terms.buyer, terms.seller, terms.instrument, terms.lots, terms.tick, terms.fee_mills, paid, rows)
    events = control_events(state, EventKind.BLOCKED, 1)
    events["account"], events["instrument"] = terms.buyer, terms.instrument
    column(events, "seller")[:] = terms.seller
    column(events, "trade_tick")[:] = terms.tick
    events["lots"] = terms.lots
    moved = report_accounts(state, rows, -paid, CashReason.FEE, 0)
    moved["instrument"] = terms.instrument
    return np.concatenate([events, moved])
