"""Account snapshots and the parts of answers to `query`, from the state as it is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.engine import query
from exchange.engine.calls.what_if import WhatIf
from exchange.publish import account_views
from exchange.units import NS_PER_US
from exchange.wire.messages import Err, MarginView, Query, WhatIfOrder
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
        assert (shown.equity_mills, shown.hold_mills, shown.required_mills, shown.free_margin_mills) == (
            row.equity_mills, row.initial_mills, row.required_mills, row.free_margin_mills,
        )  # fmt: skip
    assert account_views.margin_view(bench.venue.states, 3).free_margin_mills == DEPOSIT_MILLS
    assert account_views.position_views(bench.venue.states, bench.venue.table, 3) == []


WHAT_IF = WhatIf()


def what_if(bench: Bench, orders: list[WhatIfOrder] = [], positions: list[tuple[int, int]] = []) -> MarginView | Err:  # noqa: B006
    asked = Query(request_id=8, what="margin", orders=orders, positions=positions)
    return account_views.what_if_view(bench.venue.states, bench.venue.table, WHAT_IF, 1, asked)


def order(bench: Bench, side: str = "b", lots: int = 1, tick: int = 0, instrument: int = 0) -> WhatIfOrder:
    number = instrument or bench.instrument
    return WhatIfOrder(instrument=number, side=side, price_tick=tick or bench.price, order_lots=lots)  # type: ignore[arg-type]


@pytest.mark.rule("MARGIN-018", "MARGIN-001")
def test_without_anything_hypothetical_the_margin_is_the_account_s_with_its_parts(bench: Bench) -> None:
    found, plain = what_if(bench), account_views.margin_view(bench.venue.states, 1)
    assert isinstance(found, MarginView) and found.total is not None
    names = (
        "equity_mills", "hold_mills", "initial_margin_mills", "maintenance_margin_mills", "free_margin_mills",
    )  # fmt: skip
    assert [getattr(found, name) for name in names] == [getattr(plain, name) for name in names]
    assert plain.required_mills == 0, "no run of margin yet"
    assert found.required_mills == found.total.required_mills, "as of now"
    (part,) = found.parts
    assert (part.commodity, part.scan_mills) == ("H100", 2 * 744 * 400) == ("H100", found.total.required_mills)
    assert (part.intra_mills, part.tier_mills, part.addon_mills, found.total.inter_mills) == (0, 0, 0, 0)
    assert found.total.maintenance_margin_mills == 2 * 744 * 400 * 8 // 10 and not found.results


@pytest.mark.rule("MARGIN-018")
def test_results_say_what_each_order_needs_and_why_it_is_refused(bench: Bench) -> None:
    bench.venue.states["accounts"]["position_lots_max"][0, 1] = 30
    found = what_if(bench, [order(bench, lots=4), order(bench, lots=30), order(bench, side="s", lots=2)])
    assert isinstance(found, MarginView)
    passes, refused, closes = found.results
    assert (passes.code, passes.name, passes.only_closes) == (None, "", False) and passes.need_mills > 0
    assert (refused.code, refused.name) == (6002, "POSITION_LIMIT") and refused.message
    assert closes.code is None and closes.only_closes
    plain = account_views.margin_view(bench.venue.states, 1)
    assert found.free_margin_mills == plain.free_margin_mills - passes.need_mills - closes.need_mills


@pytest.mark.rule("MARGIN-018", "WIRE-020")
def test_a_row_that_no_order_or_position_may_have_is_refused_with_its_place(bench: Bench) -> None:
    known, good = bench.instrument, order(bench)
    bench.venue.states["books"]["lot_inc"][0, 1] = 2
    bench.venue.states["accounts"]["order_lots_max"][0, 1] = 500
    cases = [
        ([good], [(known, 1), (77, 1)], "UNKNOWN_INSTRUMENT", "no instrument 77 is listed - at `$.pos[1][0]`"),
        ([order(bench, lots=2), order(bench, instrument=2**31 + 9)], [], "UNKNOWN_INSTRUMENT",
         f"no instrument {2**31 + 9} is listed - at `$.orders[1].i`"),
        ([order(bench, lots=0)], [], "LOTS_RANGE", "lots 0 not in 2..500 by steps of 2 - at `$.orders[0].q`"),
        ([order(bench, lots=502)], [], "LOTS_RANGE", "lots 502 not in 2..500 by steps of 2 - at `$.orders[0].q`"),
        ([order(bench, lots=3)], [], "LOTS_RANGE", "lots 3 not in 2..500 by steps of 2 - at `$.orders[0].q`"),
        ([order(bench, lots=2, tick=-1)], [], "PRICE_BAND", "price -1 not in 1..100000 - at `$.orders[0].px`"),
        ([order(bench, lots=2, tick=100_001)], [], "PRICE_BAND", "price 100001 not in 1..100000 - at `$.orders[0].px`"),
        ([], [(known, 10**6), (known, -1), (known, 1)], "LOTS_RANGE",
         f"a position of {10**6 + 2} lots in H100.G90.H27 is not in -{10**6}..{10**6} - at `$.pos`"),
    ]  # fmt: skip
    for orders, positions, name, text in cases:
        found = what_if(bench, orders, positions)
        assert isinstance(found, Err) and (found.reply_to, found.name, found.message) == (8, name, text)
    band = what_if(bench, [order(bench, lots=2, tick=-1)])
    assert isinstance(band, Err) and (band.low_tick, band.high_tick) == (1, 100_000)
    fits = what_if(bench, [], [(known, 10**6), (known, -2)])
    assert isinstance(fits, MarginView)


@pytest.mark.rule("MARGIN-018", "SPEC-002")
def test_a_price_between_two_increments_is_refused(tmp_path: Path) -> None:
    with Bench(str(tmp_path)) as bench:
        bench.venue.states["books"]["min_inc"][0, 1] = 5
        bench.venue.table.refresh()
        found = what_if(bench, [order(bench, tick=2_811)])
        assert isinstance(found, Err)
        assert (found.name, found.message) == (
            "PRICE_INCREMENT", "price 2811 is no multiple of 5 - at `$.orders[0].px`",
        )  # fmt: skip
