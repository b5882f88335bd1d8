"""Compiles every kernel before the venue serves, so that trading never waits for the compiler.

With a cold cache this takes minutes. With a warm one it only loads machine code.
"""

from typing import Any

import numpy as np

from exchange.clearing_codes import AccountFlag, Life
from exchange.codes import CommandKind, MarketState, PeriodKind, Side, TimeInForce
from exchange.engine import query
from exchange.engine.apply import apply_commands
from exchange.engine.calls.liquidation import closing_orders
from exchange.engine.calls.margin_run import MarginPayload
from exchange.engine.calls.what_if import WhatIf
from exchange.engine.control.day_limits import BookLimits, DayLimitsPayload
from exchange.engine.control.define_account import AccountPayload
from exchange.engine.control.endings.cascade import CascadePayload
from exchange.engine.control.endings.expire import BookEnd, ExpirePayload
from exchange.engine.control.house.adjust import AdjustPayload
from exchange.engine.control.house.block import BlockPayload
from exchange.engine.control.house.bust import BustedFill, BustedTrade, BustPayload, PaidBack
from exchange.engine.control.house.transfer import TransferPayload
from exchange.engine.control.instrument_terms import CommodityTerms, InstrumentTerms
from exchange.engine.control.list_instruments import ListPayload
from exchange.engine.control.live_books import changing_marks
from exchange.engine.control.mark import MarkPayload
from exchange.engine.control.registry import encode_payload
from exchange.engine.engine import Engine, blank_commands
from exchange.engine.views import views
from exchange.kernel import KERNELS
from exchange.limits import Limits
from exchange.records import column

# Parts of the time of a cold warm-up, measured: all kernels one by one; then the loop, with most of them inlined.
EACH, APPLY = 0.80, 0.20


def warm_up(limits: Limits) -> None:
    """Run a small trading day on a scratch state of this size. It calls every kernel that serving needs."""
    engine = Engine(limits)
    for control in (*definitions(), day_limits(1), marks(), margins()):
        _control(engine, *control)
    engine.apply(_small_day(engine.sequence))
    with changing_marks(engine.states[0], [1]):
        engine.states["books"]["mark_tick"][0, 1] += 1
    for control in (day_limits(2), *endings()):
        _control(engine, *control)
    engine.apply(_next_day(engine.sequence))
    for control in house_controls():
        _control(engine, *control)
    engine.states["accounts"]["flags"][0, 1] |= int(AccountFlag.LIQUIDATING)
    closing_orders(engine.states)
    WhatIf()
    engine.first_refusal(blank_commands(1))
    engine.state_hash()
    views(engine.states.dtype)
    query.position(engine.states, 1, 1)
    query.margin(engine.states, 1)


def _control(engine: Engine, kind: int, payload: bytes) -> None:
    row = blank_commands(1)
    row["sequence"] = engine.sequence + 1
    row["kind"] = kind
    engine.check_control(kind, payload)
    engine.control(row, payload)


def share_done() -> float:
    """Part of a cold warm-up that is done, 0 to 1."""
    each = sum(_is_compiled(kernel) for kernel in KERNELS) / len(KERNELS)
    return EACH * each + APPLY * _is_compiled(apply_commands)


def _is_compiled(kernel: Any) -> bool:
    return bool(kernel.signatures)


def definitions() -> list[tuple[int, bytes]]:
    """Controls that define a book, two more that end in `endings`, and an account, as (kind, payload)."""
    commodity = CommodityTerms(1, 1, psr_mills=40, intra_mills=6, tier_mills=5)
    books = [
        InstrumentTerms(
            number, number, f"WARM.UP{number}", 1, 1, 720, 100, 80, 120, months=[(0, 720)], period_kind=PeriodKind.MONTH
        )
        for number in (1, 2, 3)
    ]
    return [
        (CommandKind.LIST, encode_payload(ListPayload(commodities=[commodity], instruments=books))),
        (CommandKind.DEFINE_ACCOUNT, encode_payload(AccountPayload(1))),
    ]


def endings() -> list[tuple[int, bytes]]:
    """Controls that end two books, as (kind, payload)."""
    return [
        (CommandKind.CASCADE, encode_payload(CascadePayload(2, [3]))),
        (CommandKind.EXPIRE, encode_payload(ExpirePayload([BookEnd(3, Life.SETTLED)]))),
    ]


def day_limits(day: int) -> tuple[int, bytes]:
    """A DAY_LIMITS of these books, as (kind, payload). It is accepted while they are CLOSED."""
    terms = DayLimitsPayload([BookLimits(number, 100, 80, 120) for number in (1, 2, 3)], day=day)
    return CommandKind.DAY_LIMITS, encode_payload(terms)


def marks() -> tuple[int, bytes]:
    """A MARK of all books, as (kind, payload)."""
    return CommandKind.MARK, encode_payload(MarkPayload(pays=True, day=1))


def house_controls() -> list[tuple[int, bytes]]:
    """Controls on the next day: a second account is paid by an adjustment of a settlement, sells a block, takes its
    lots, and has a trade with the first one that is taken back."""
    block = BlockPayload(1, 5, 100, 1, 2, made_ns=0, now_ns=0, lots_min=5, report_ns=0, fee_mills=1)
    fills = [BustedFill(1, 1, 1, 100), BustedFill(2, 1, -1, 100)]
    bust = BustPayload([BustedTrade(1, 1, 1, 100)], fills, [PaidBack(1, 0)], by_two=True)
    return [
        (CommandKind.DEFINE_ACCOUNT, encode_payload(AccountPayload(2))),
        (CommandKind.ADJUST, encode_payload(AdjustPayload(1, 1, [(1, -(10**8)), (2, 10**8)], by_two=True))),
        (CommandKind.BLOCK, encode_payload(block)),
        (CommandKind.TRANSFER, encode_payload(TransferPayload(1, 5, 100, 1, 2, by_two=True))),
        (CommandKind.BUST, encode_payload(bust)),
    ]


def _next_day(sequence: int) -> np.ndarray:
    row = blank_commands(1)
    row["sequence"], row["kind"], row["group"] = sequence + 1, CommandKind.SET_STATE, 1
    column(row, "market_state")[0] = MarketState.PREOPEN
    return row


def margins() -> tuple[int, bytes]:
    """A MARGIN of all accounts, as (kind, payload)."""
    return CommandKind.MARGIN, encode_payload(MarginPayload())


def _small_day(sequence: int) -> np.ndarray:
    rows = blank_commands(10)
    rows["sequence"] = np.arange(sequence + 1, sequence + 11)
    rows["account"] = 1
    rows["group"] = 1
    rows["kind"] = [
        CommandKind.DEPOSIT, CommandKind.SET_STATE, CommandKind.SET_STATE, CommandKind.NEW, CommandKind.NEW,
        CommandKind.CLOCK, CommandKind.MMP_SET, CommandKind.QUOTE, CommandKind.NEW,
        CommandKind.SET_STATE,
    ]  # fmt: skip
    column(rows, "amount_mills")[0] = 10**9
    column(rows, "market_state")[[1, 2, 9]] = [MarketState.PREOPEN, MarketState.OPEN, MarketState.CLOSED]
    rows["price"][[3, 4, 8]] = [100, 100, 101]
    rows["lots"] = 1
    rows["instrument"] = [0, 0, 0, 1, 1, 0, 0, 1, 1, 0]
    rows["tif"][[3, 4]] = [TimeInForce.GTC, TimeInForce.GTD]
    rows["expiry_ns"][4] = 1
    rows["time_ns"][5:] = 1
    column(rows, "window_ns")[6] = 1
    column(rows, "protection_number")[6:8] = 1
    column(rows, "bid_tick")[7], column(rows, "ask_tick")[7] = 101, 102
    column(rows, "ask_lots")[7] = 1
    rows["side"][8] = Side.SELL
    return rows
