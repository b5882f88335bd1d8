"""VenueQuestions about an account: what is answered is the state that has been released, as the wire shows it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.engine import query
from exchange.wire.messages import Fill
from tests.gateway.harness import DEPOSIT_MILLS, Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(str(tmp_path)) as made:
        yield made


@pytest.mark.rule("SESS-006")
def test_an_account_is_shown_with_its_orders_positions_and_margin(bench: Bench) -> None:
    buyer, seller = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    buyer.ask(bench.order(10, "bid", order_lots=5))
    seller.ask(bench.order(10, "ask", side="s", order_lots=2))
    questions = bench.venue.questions
    (page,) = questions.account_pages(1)
    assert [(order.client_order_id, order.leaves_lots) for order in page.orders] == [("bid", 3)]
    assert page.positions == questions.position_views(1) and [one.lots for one in page.positions] == [2]
    assert page.margin == questions.margin_view(1)
    assert page.engine_sequence == bench.venue.sequence
    assert questions.position_views(3) == [] and questions.margin_view(3).equity_mills == DEPOSIT_MILLS


@pytest.mark.rule("SESS-006")
def test_live_orders_are_listed_behind_an_id(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    peer.ask(bench.order(10, "a1"), bench.order(11, "a2"))
    questions = bench.venue.questions
    orders, more = questions.open_page(1, 0)
    assert [order.client_order_id for order in orders] == ["a1", "a2"] and not more
    later, _ = questions.open_page(1, orders[0].order_id)
    assert later == orders[1:]
    live = query.find_order(bench.venue.states, 1, 0, "a2")
    assert live is not None and questions.order_view(live) == orders[1]


@pytest.mark.rule("RECOV-014")
def test_rows_read_back_become_account_messages_that_say_they_are_replayed(bench: Bench) -> None:
    buyer, seller = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    buyer.ask(bench.order(10, "bid"))
    sent = [message for message in seller.ask(bench.order(10, "ask", side="s")) if isinstance(message, Fill)]
    rows = bench.venue.history.of_account(2, 1, query.account_sequence(bench.venue.states, 2))
    assert rows is not None
    again = [message for _, _, message in bench.venue.questions.messages_of(rows) if isinstance(message, Fill)]
    assert [message.trade_id for message in again] == [message.trade_id for message in sent] != []
    assert all(message.replay for message in again) and not any(message.replay for message in sent)
