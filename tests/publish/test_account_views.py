"""Account snapshots and the parts of answers to `query`, from the state as it is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.engine import query
from exchange.publish import account_views
from exchange.units import NS_PER_US
from tests.gateway.harness import DEPOSIT_MILLS, Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Account 1 bought 2 lots of account 2, and has 3 orders."""
    with Bench(str(tmp_path)) as made:
        made.connect(made.keys[2]).ask(made.order(10, "b1", side="s", order_lots=2))
        made.connect(made.keys[1]).ask(
            made.order(10, "a1", order_lots=5), made.order(11, "a2", tag="x"), made.order(12, "a3")
        )
        yield made


@pytest.mark.rule("SESS-006")
def test_a_snapshot_is_true_at_the_last_command_and_at_the_last_number_of_the_stream(bench: Bench) -> None:
    states = bench.venue.states
    (page,) = account_views.snapshot(states, bench.venue.table, 1)
    assert (page.account, page.engine_sequence) == (1, bench.venue.sequence)
    assert page.time_us == int(states["time_ns"][0]) // NS_PER_US
    assert page.sequence == query.account_sequence(states, 1)
    assert [(order.client_order_id, order.leaves_lots, order.filled_lots) for order in page.orders] == [
        ("a1", 3, 2), ("a2", 5, 0), ("a3", 5, 0),
    ]  # fmt: skip
    assert [(position.instrument, position.lots) for position in page.positions] == [(bench.instrument, 2)]
    assert not page.more


@pytest.mark.rule("SESS-006")
def test_a_large_account_comes_in_pages_and_its_positions_with_the_last(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    (whole,) = account_views.snapshot(bench.venue.states, bench.venue.table, 1)
    monkeypatch.setattr(account_views, "PAGE_ORDERS", 2)
    pages = account_views.snapshot(bench.venue.states, bench.venue.table, 1)
    assert [page.more for page in pages] == [True, False]
    assert [order for page in pages for order in page.orders] == whole.orders
    assert [page.positions for page in pages] == [[], whole.positions]
    assert all(page.margin == whole.margin for page in pages)
    first, more = account_views.open_page(bench.venue.states, bench.venue.table, 1, 0)
    by_id = sorted(whole.orders, key=lambda order: order.order_id)
    assert more and first == by_id[:2]
    last, more = account_views.open_page(bench.venue.states, bench.venue.table, 1, first[-1].order_id)
    assert not more and last == by_id[2:]


@pytest.mark.rule("MARGIN-013", "MARGIN-015")
def test_money_is_the_states_own(bench: Bench) -> None:
    for account in (1, 2, 3):
        shown, row = account_views.margin_view(bench.venue.states, account), query.margin(bench.venue.states, account)
        assert (shown.equity_mills, shown.initial_margin_mills, shown.free_margin_mills) == (
            row.equity_mills, row.initial_mills, row.free_margin_mills,
        )  # fmt: skip
    assert account_views.margin_view(bench.venue.states, 3).free_margin_mills == DEPOSIT_MILLS
    assert account_views.position_views(bench.venue.states, bench.venue.table, 3) == []
