"""The walk over a book's tables accepts what the engine leaves behind and names what is broken."""

import numpy as np
import pytest

from exchange.book.check import check_books
from exchange.codes import CommandKind, MarketState
from exchange.engine.engine import Engine, blank_commands
from exchange.engine.warmup import definitions
from exchange.limits import MEDIUM


def busy_engine(seed: int) -> Engine:
    """One book after 400 random orders and cancels."""
    random = np.random.default_rng(seed)
    engine = Engine(MEDIUM)
    for kind, payload in definitions():
        row = blank_commands(1)
        row["kind"] = kind
        engine.control(row, payload)
    rows = blank_commands(403)
    rows["sequence"] = np.arange(1, 404)
    rows["account"] = 1
    rows["kind"] = np.where(random.random(403) < 0.6, CommandKind.NEW, CommandKind.CANCEL)
    rows["instrument"] = 1
    rows["client_order_id_0"] = random.integers(1, 60, 403)
    rows["side"] = random.integers(0, 2, 403)
    rows["price"] = random.integers(80, 121, 403)
    rows["lots"] = random.integers(1, 9, 403)
    rows["kind"][:3] = [CommandKind.DEPOSIT, CommandKind.SET_STATE, CommandKind.SET_STATE]
    rows["price"][0] = 10**9
    rows["instrument"][:3] = 0
    rows["group"][:3] = 1
    rows["order_type"][1:3] = [MarketState.PREOPEN, MarketState.OPEN]
    engine.apply(rows)
    return engine


@pytest.mark.rule("INV-003", "INV-010", "INV-011")
@pytest.mark.parametrize("seed", range(5))
def test_engine_leaves_whole_books(seed):
    engine = busy_engine(seed)
    assert engine.states[0].books[1].best.all(), "both sides hold orders"
    check_books(engine.states)


def corrupt_total(state, slot):
    order = state.orders[slot]
    order.leaves_lots += 1


def corrupt_best(state, slot):
    state.books[1].best[state.orders[slot].side] -= 1


def corrupt_stamp(state, slot):
    state.orders[slot].stamp = 0


def corrupt_bitmap(state, slot):
    state.occupied[: 2 * int(state.books[1].side_rows) // 64] = 0


def corrupt_price(state, slot):
    state.orders[slot].price += 1


def corrupt_owner(state, slot):
    state.orders[slot].account = 2


def corrupt_list(state, slot):
    state.links[slot].account_older = slot


def corrupt_youngest(state, slot):
    state.accounts[1].last_order = 0


def corrupt_oldest(state, slot):
    """The list begins with the second order, which has no older one."""
    row = state.accounts[1]
    row.first_order = state.links[row.first_order].account_newer
    state.links[row.first_order].account_older = 0


def corrupt_index(state, slot):
    state.order_index[:] = 0


def corrupt_fast_path(state, slot):
    state.books[1].fast_path_places[1] += 1


def corrupt_index_count(state, slot):
    state.index_entries += 1


@pytest.mark.rule("INV-011")
@pytest.mark.parametrize(
    ("corrupt", "found"),
    [
        (corrupt_total, "orders sum"),
        (corrupt_best, "best place"),
        (corrupt_stamp, "time priority broken"),
        (corrupt_bitmap, "bitmap"),
        (corrupt_price, "stands in a wrong queue"),
        (corrupt_owner, "is in the list of account 1"),
        (corrupt_list, "account 1: broken link"),
        (corrupt_youngest, "its youngest order is 0"),
        (corrupt_oldest, "live orders and those of accounts differ"),
        (corrupt_index, "those in the index differ"),
        (corrupt_index_count, "orders counted in the index"),
        (corrupt_fast_path, "places of the fast path of books 1:"),
    ],
)
def test_walk_notices_a_broken_table(corrupt, found):
    engine = busy_engine(1)
    state = engine.states[0]
    resting = np.nonzero((state.orders["state"] != 0) & (state.orders["resting"] == 1))[0]
    corrupt(state, int(resting[0]))
    with pytest.raises(AssertionError, match=found):
        check_books(engine.states)
