"""Settlement of all product groups, and a MARK run, of a house full of positions and working orders.

A settlement is what the venue does after the close: prices of all outrights, limits of the coming day, and one
DAY_LIMITS control for each product group, which pays variation margin and puts all orders into their new windows. A
MARK run moves the mark of every book that has printed, and of the combinations on them.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta

import msgspec
import numpy as np

from bench.clearing.house import DAY, House
from bench.record import time_ns
from contracts_spec.outrights import BENCHMARK_BP
from contracts_spec.periods import day_number
from exchange.codes import CommandKind, MarketState, OrderState
from exchange.engine import query
from exchange.engine.control.list_instruments import ListPayload
from exchange.engine.control.mark import MarkPayload
from exchange.engine.control.registry import encode_payload
from exchange.reference.book import Order
from exchange.reference.clearing import Account, Clearing, Position
from exchange.reference.formulas.settlement import quoted
from exchange.units import NS_PER_MS, ORDER_LOTS_MAX, POSITION_LOTS_MAX
from exchange.venue.daily.settlement import day_limits, encoded, settle_groups

MARK = encode_payload(MarkPayload())
NEXT_DAY = DAY + timedelta(1)
SAMPLE = 25  # accounts that the reference computes too


def time_marks(house: House, passes: int) -> list[float]:
    """Milliseconds of a MARK, each from the same state. The house is marked afterwards.

    AssertionError: the money of an account is not that of the reference
    """
    times = _time_passes(house, passes, lambda: house.control(CommandKind.MARK, MARK))
    check_accounts(house)
    return times


def time_settlements(house: House, passes: int) -> list[float]:
    """Milliseconds of a settlement of all groups, each from the same state. The house is settled afterwards.

    AssertionError: the sums of an account, or the price of a book, are not those of the reference
    """
    prices = expected_prices(house)
    house.set_states(MarketState.CLOSED)
    before = {account: reference_account(house, account)[0] for account in sample_of(house)}
    times = _time_passes(house, passes, lambda: settle(house))
    check_prices(house, prices)
    check_payments(house, before)
    check_accounts(house)
    return times


def _time_passes(house: House, passes: int, step: Callable[[], object]) -> list[float]:
    """Milliseconds of a step, each from the same state. AssertionError: two passes end in different states."""
    start, times, hashes = house.engine.states.view(np.uint8).copy(), [], set()
    for _ in range(passes):
        np.copyto(house.engine.states.view(np.uint8), start)
        times.append(time_ns(step) / NS_PER_MS)
        hashes.add(house.engine.state_hash())
    assert len(hashes) == 1, f"passes end in {len(hashes)} states"
    return times


def settle(house: House) -> None:
    """Settle all groups, as the venue's timekeeper does."""
    states = house.engine.states
    settled, inputs = settle_groups(states, NEXT_DAY, house.groups)
    for payload in encoded(day_limits(states, house.spec, NEXT_DAY, settled, inputs=inputs)).values():
        house.control(CommandKind.DAY_LIMITS, payload)


# --- the same by the reference


def sample_of(house: House) -> list[int]:
    """Accounts that are compared with the reference."""
    accounts = house.filling.accounts
    return list(range(1, 1 + accounts, max(1, accounts // SAMPLE)))


def reference_clearing(house: House) -> Clearing:
    """What is listed, with the present marks, settlements and limits, as the reference has it; no account."""
    clearing, books = Clearing(), house.engine.states[0].books
    for payload in house.payloads:
        terms = msgspec.json.decode(payload, type=ListPayload)
        listings = [msgspec.structs.asdict(one) for one in terms.instruments]
        for one in listings:
            one |= {name: int(books[one["index"]][name]) for name in ("settle_tick", "low_tick", "high_tick")}
            one["sharing"] = msgspec.structs.asdict(one["sharing"])
        commodities = [msgspec.structs.asdict(one) for one in terms.commodities]
        clearing.list_payload({"commodities": commodities, "instruments": listings})
    clearing.marks = {index: int(books[index].mark_tick) for index in clearing.instruments}
    return clearing


def reference_account(house: House, number: int) -> tuple[Account, list[Order]]:
    """An account as it is, and its working orders."""
    state = house.engine.states[0]
    account = Account(number, ORDER_LOTS_MAX, POSITION_LOTS_MAX, POSITION_LOTS_MAX, close_only=False)
    account.cash_mills = int(state.accounts[number].cash_mills)
    held = state.positions[state.positions["account"] == number]
    columns = (held[name].tolist() for name in ("book", "lots", "open_value_tick_lots"))
    account.positions = {book: Position(lots, value) for book, lots, value in zip(*columns, strict=True)}
    live = state.orders[(state.orders["state"] != OrderState.NONE) & (state.orders["account"] == number)]
    columns = (live[name].tolist() for name in ("book", "side", "price", "leaves_lots"))
    orders = [
        Order(place, place, number, 0, book, side, 0, 0, price, lots, lots, 0, (0, 0, 0), 0)
        for place, (book, side, price, lots) in enumerate(zip(*columns, strict=True))
    ]
    return account, orders


def check_accounts(house: House) -> None:
    """AssertionError: hold or equity of an account of the sample is not the reference's."""
    clearing = reference_clearing(house)
    for number in sample_of(house):
        account, orders = reference_account(house, number)
        found = query.margin(house.engine.states, number)
        slow = clearing.equity_mills(account), clearing.initial_margin_mills(account, orders)
        assert (found.equity_mills, found.initial_mills) == slow, f"account {number}: {found}, the reference has {slow}"


def expected_prices(house: House) -> dict[int, int]:
    """Settlement that each book of the benchmark tier with quotes must get: no other tier moves it (SETTLE-003)."""
    states, found = house.engine.states, {}
    for book, one in enumerate(house.instruments, 1):
        if not one.legs and one.floor_bp == BENCHMARK_BP:
            row, sides = states[0].books[book], query.depth(states, book, 1)
            bid, ask = (levels[0][0] if levels else None for levels in sides)
            last = int(row.last_tick) if row.has_last else None
            if last is not None or bid is not None or ask is not None:
                found[book] = quoted(house.spec, last, int(row.settle_tick), bid, ask)
    return found


def check_prices(house: House, expected: Mapping[int, int]) -> None:
    """AssertionError: an outright is not settled for the day, or a book has not the expected settlement."""
    books = house.engine.states[0].books
    for book, one in enumerate(house.instruments, 1):
        settled, tick = int(books[book].settled_day), int(books[book].settle_tick)
        assert settled == day_number(NEXT_DAY), f"{one.symbol}: limits are for day {settled}"
        assert tick == expected.get(book, tick), f"{one.symbol}: {tick}, the reference has {expected[book]}"


def check_payments(house: House, before: Mapping[int, Account]) -> None:
    """AssertionError: an account of the sample has other cash than by the reference, or the ledger is not zero.

    before   the accounts before the settlement
    """
    clearing = reference_clearing(house)
    for number, account in before.items():
        for book in account.positions:
            clearing.settle_position(account, book)
        cash = query.margin(house.engine.states, number).cash_mills
        assert cash == account.cash_mills, f"account {number}: {cash} mills, the reference has {account.cash_mills}"
    ledger = query.totals(house.engine.states).ledger_mills
    assert ledger == 0, f"the ledger is {ledger} mills, not zero"
