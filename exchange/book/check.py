"""Asserts every invariant of the books with a slow, plain walk over their tables (INV-003, INV-010, INV-011).

AssertionError names what does not hold. For tests and for operators in doubt; never imported by kernels.
"""

import numpy as np

from exchange.book.index import LOW_32
from exchange.codes import BookFeature, MarketState, OrderEntry, OrderFlag, OrderState, OrderType, Side, TimeInForce

WAITS = OrderFlag.WAITS_COD | OrderFlag.WAITS_TIMER


def check_books(states: np.ndarray) -> None:
    """Assert all invariants of a state's books, and that every live order is in the lists that it belongs in."""
    state = states[0]
    check_fast_path(states)
    resting = {slot for index in range(1, int(state.books_listed) + 1) for slot in _check_book(state, index)}
    used = state.orders[: int(state.used_orders) + 1]
    marked = set(np.nonzero((used["state"] != OrderState.NONE) & (used["resting"] == 1))[0].tolist())
    assert resting == marked, f"slots in queues and slots marked resting differ: {resting ^ marked}"
    outside = np.nonzero((used["state"] == OrderState.OPEN) & (used["resting"] == 0))[0].tolist()
    for slot in outside:
        _check_parked(state, slot)
    assert _parked(state) == set(outside), "orders that stand at no level and those in lists of parked ones differ"
    waiting_books = set(used["book"][(used["state"] != 0) & (used["flags"] & WAITS != 0)].tolist())
    assert all(state.books[index].waiting for index in waiting_books), "a book knows that cancels wait"
    _check_free(state)
    _check_lists(state, used)
    pending = set(np.nonzero(used["state"] == OrderState.PENDING)[0].tolist())
    waiting = [slot for index in range(int(state.books_listed) + 1) for slot in _check_stops(state, index)]
    assert sorted(waiting) == sorted(pending), f"stops that wait and slots marked pending differ: {waiting}, {pending}"
    ending = {slot for slot in range(1, len(used)) if used[slot].state and used[slot].tif == TimeInForce.GTD}
    nodes = heap_nodes(state, int(state.next_expiry))
    times = {slot: int(used[slot].expiry_ns) for slot in ending}
    found = {node - len(state.orders): int(state.heap[node].key) for node in nodes}
    assert found == times, f"GTD orders and those in the heap differ: {found.items() ^ times.items()}"


def _check_book(state: np.record, index: int) -> list[int]:
    book = state.books[index]
    slots = [slot for side in Side for slot in _check_side(state, index, int(side))]
    if book.market_state == MarketState.OPEN and all(book.best):
        bid = int(book.edge_tick[Side.BUY]) + int(book.best[Side.BUY]) - 1
        ask = int(book.edge_tick[Side.SELL]) - int(book.best[Side.SELL]) + 1
        assert bid < ask, f"book {index} is OPEN and crossed: bid {bid}, ask {ask}"
    for side in Side:
        mine = (state.orders["book"] == index) & (state.orders["side"] == side) & (state.orders["state"] != 0)
        lots = int(state.orders["leaves_lots"][mine].sum())
        assert int(book.working_lots[side]) == lots, (
            f"book {index} side {side}: {book.working_lots[side]} lots, {lots} work"
        )
    _check_quotes(state, index)
    return slots


def check_fast_path(states: np.ndarray) -> None:
    """Assert that the fast path accepts exactly the prices that a plain order may have now.

    It looks at all books at once with NumPy, as random tests call it after every command.
    """
    state = states[0]
    books = state.books[1 : int(state.books_listed) + 1]
    low, high, band = (books[name].astype(np.int64) for name in ("low_tick", "high_tick", "band_ticks"))
    without_last = np.where(books["has_indicative"] != 0, books["indicative_tick"], books["settle_tick"])
    reference = np.where(books["has_last"] != 0, books["last_tick"], without_last)
    highest_bid = np.where(band != 0, np.minimum(high, reference + band), high)
    lowest_ask = np.where(band != 0, np.maximum(low, reference - band), low)
    is_plain = (books["market_state"] == MarketState.OPEN) & (books["order_entry"] == OrderEntry.FULL)
    is_plain &= (books["leg_count"] == 1) & (books["term"] == 0) & (books["spot_weight"] == 0)
    is_plain &= (books["min_inc"] <= 1) & (books["lot_inc"] <= 1)
    places = np.stack([highest_bid - low + 1, high - lowest_ask + 1], axis=1)
    wanted = np.where(is_plain[:, None], np.maximum(places, 0), 0)
    wrong = np.flatnonzero((books["fast_path_places"] != wanted).any(axis=1)).tolist()
    differing = [f"{number + 1}: {books['fast_path_places'][number]}, should be {wanted[number]}" for number in wrong]
    assert not wrong, f"places of the fast path of books {', '.join(differing)}"


def _check_quotes(state: np.record, index: int) -> None:
    """Assert that the list of a book's quotes has each quote once."""
    mine = (state.orders["book"] == index) & (state.orders["order_type"] == OrderType.QUOTE)
    slot, older, found = int(state.books[index].first_quote), 0, []
    while slot:
        assert int(state.heap[slot].previous_quote) == older, f"book {index}: list of quotes broken at slot {slot}"
        found.append(slot)
        older, slot = slot, int(state.heap[slot].next_quote)
    wanted = np.nonzero(mine & (state.orders["state"] != 0))[0].tolist()
    assert sorted(found) == wanted, f"book {index}: quotes {wanted}, in its list {sorted(found)}"
    assert int(state.books[index].quotes) == len(wanted), f"book {index}: {state.books[index].quotes} quotes counted"


def _parked(state: np.record) -> set[int]:
    """Slots in the lists of parked orders of all books."""
    found: set[int] = set()
    for index in range(1, int(state.books_listed) + 1):
        slot, older = int(state.books[index].first_parked), 0
        while slot:
            assert state.orders[slot].book == index and slot not in found, f"slot {slot} is parked twice or elsewhere"
            assert int(state.links[slot].older) == older, f"book {index}: list of parked orders broken at slot {slot}"
            found.add(slot)
            older, slot = slot, int(state.links[slot].newer)
    return found


def _check_side(state: np.record, index: int, side: int) -> list[int]:
    book = state.books[index]
    first = int(book.first_level_row) + side * int(book.side_rows)
    rows = state.levels[first : first + int(book.side_rows)]
    occupied = np.nonzero(rows["head"])[0].tolist()
    best = occupied[-1] if occupied else 0
    assert int(book.best[side]) == best, f"book {index} side {side}: best place {book.best[side]}, should be {best}"
    words = state.occupied[first // 64 : first // 64 + int(book.side_rows) // 64]
    bits = [place for place in range(int(book.side_rows)) if int(words[place // 64]) >> place % 64 & 1]
    assert bits == occupied, f"book {index} side {side}: bitmap {bits}, occupied {occupied}"
    for number, word in enumerate(words):
        summary = int(book.summary[2 * (number // 64) + side]) >> number % 64 & 1
        assert summary == (word != 0), f"book {index} side {side}: summary of word {number}"
    return [slot for place in occupied for slot in _check_level(state, index, side, place, rows[place])]


def _check_level(state: np.record, index: int, side: int, place: int, level: np.record) -> list[int]:
    book = state.books[index]
    tick = int(book.edge_tick[side]) + Side(side).sign * (place - 1)
    slots: list[int] = []
    slot, older, stamp, shown, hidden = int(level.head), 0, 0, 0, 0
    while slot:
        order = state.orders[slot]
        where = f"order {order.order_id} in book {index} side {side} tick {tick}"
        assert (order.book, order.side, order.price) == (index, side, tick), f"{where}: stands in a wrong queue"
        assert int(state.links[slot].older) == older, f"{where}: broken link"
        assert order.stamp > stamp, f"{where}: time priority broken"
        assert 0 < order.shown_lots <= order.leaves_lots, f"{where}: shows {order.shown_lots} of {order.leaves_lots}"
        slots.append(slot)
        shown += int(order.shown_lots)
        hidden += int(order.leaves_lots - order.shown_lots)
        older, stamp, slot = slot, int(order.stamp), int(state.links[slot].newer)
    assert int(level.tail) == older, f"book {index} side {side} tick {tick}: tail {level.tail}, last {older}"
    totals = (int(level.shown_lots), int(level.hidden_lots))
    assert totals == (shown, hidden), f"book {index} side {side} tick {tick}: {totals}, orders sum {(shown, hidden)}"
    return slots


def _check_parked(state: np.record, slot: int) -> None:
    """Assert that the price of an open order that is in no queue is outside the daily limits (BAND-004)."""
    order = state.orders[slot]
    book = state.books[order.book]
    outside = order.price < book.low_tick or order.price > book.high_tick
    assert outside and not order.shown_lots, f"order {order.order_id}: stands at no level and is not parked"


def _check_stops(state: np.record, index: int) -> list[int]:
    """Slots of a book's stops, from its heaps and its injection queue; asserts what holds of them."""
    book = state.books[index]
    heaps = [heap_nodes(state, int(book.unelected[side])) for side in Side]
    for side, slots in zip(Side, heaps, strict=True):
        for slot in slots:
            order = state.orders[slot]
            assert (order.book, order.side) == (index, side), f"stop {order.order_id}: waits in a wrong heap"
            assert state.heap[slot].key == order.trigger * side.sign
            assert not order.resting, f"stop {order.order_id}: waits and stands in a queue"
    assert bool(book.features & BookFeature.STOPS) == any(heaps), f"book {index}: feature bit of its stops"
    queue, slot, older = list[int](), int(book.injection_first), 0
    while slot:
        assert int(state.links[slot].older) == older and index in (0, state.orders[slot].book), "queue of elected stops"
        queue.append(slot)
        older, slot = slot, int(state.links[slot].newer)
    assert int(book.injection_last) == older, f"book {index}: end of its queue of elected stops"
    return [*heaps[0], *heaps[1], *queue]


def heap_nodes(state: np.record, node: int, parent: int = 0) -> list[int]:
    """All nodes of a heap. Asserts that it is leftist and that no key is smaller than its parent's."""
    if not node:
        return []
    row = state.heap[node]
    left, right = state.heap[int(row.left)], state.heap[int(row.right)]
    assert int(row.parent) == parent, f"heap node {node}: parent {row.parent}, reached from {parent}"
    assert left.rank >= right.rank == row.rank - 1, f"heap node {node}: ranks {row.rank}, {left.rank}, {right.rank}"
    assert not parent or state.heap[parent].key <= row.key, f"heap node {node}: smaller than its parent"
    return [node, *heap_nodes(state, int(row.left), node), *heap_nodes(state, int(row.right), node)]


def _check_lists(state: np.record, used: np.ndarray) -> None:
    """Assert that live orders, and no others, are in the lists of their accounts, and in the index if they have a
    client order id."""
    live = set(np.nonzero(used["state"] != OrderState.NONE)[0].tolist())
    listed = list[int]()
    for account in np.nonzero((state.accounts["first_order"] != 0) | (state.accounts["last_order"] != 0))[0].tolist():
        slot, older = int(state.accounts[account].first_order), 0
        while slot:
            assert state.orders[slot].account == account, f"slot {slot} is in the list of account {account}"
            assert int(state.links[slot].account_older) == older, f"account {account}: broken link at slot {slot}"
            listed.append(slot)
            older, slot = slot, int(state.links[slot].account_newer)
        last = int(state.accounts[account].last_order)
        assert last == older, f"account {account}: its youngest order is {last}, its list ends with {older}"
    assert sorted(listed) == sorted(live), f"live orders and those of accounts differ: {live ^ set(listed)}"
    named = {slot for slot in live if used[slot].client_order_id_0}
    tables = (int(state.index_size), int(state.index_old_size))
    entries = np.concatenate([state.order_index[size : 2 * size] for size in tables])
    indexed = (entries & LOW_32)[entries & LOW_32 != 0].tolist()
    assert sorted(indexed) == sorted(named), f"live orders with a key and those in the index differ: {indexed}, {named}"
    assert int(state.index_entries) == len(named), f"{state.index_entries} orders counted in the index"


def _check_free(state: np.record) -> None:
    """Assert that the free list has only free slots, each once."""
    seen = set()
    slot = int(state.free_order)
    while slot:
        assert slot not in seen, f"slot {slot} is twice in the free list"
        assert state.orders[slot].state == OrderState.NONE, f"slot {slot} is in the free list and live"
        seen.add(slot)
        slot = int(state.links[slot].next_free)
