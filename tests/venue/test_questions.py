"""VenueQuestions about an account: what is answered is the state that has been released, as the wire shows it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from contracts_spec.periods import EPOCH
from exchange.engine import query
from exchange.wire.messages import ChannelSpec, DayView, Fill, Status, Subscribe
from tests.gateway.harness import DEPOSIT_MILLS, Bench
from tests.publish.daily.days import CLOSE_S, jump_to, open_bench


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


@pytest.mark.rule("SESSION-005")
def test_hello_says_when_the_day_ends_or_that_it_never_does(bench: Bench, tmp_path: Path) -> None:
    assert bench.open().hello.day == DayView(never_close=True)
    with open_bench(str(tmp_path / "other")) as scheduled:
        day = scheduled.open().hello.day
        assert day is not None and day.close_us is not None
        close_us = day.close_us
        assert (
            close_us % 86_400_000_000 == CLOSE_S * 1_000_000
            and 0 < close_us - scheduled.clock.wall_us() < 86_400_000_000
        )
        assert (day.day, day.settle_us) == (str(EPOCH + timedelta(days=close_us // 86_400_000_000)), close_us)
        five, second = 300_000_000, 1_000_000
        assert day.changes == [
            (close_us, "CLOSED"), (close_us, "PREOPEN"),
            (close_us + five - 5 * second, "NOCANCEL"), (close_us + five, "OPEN"),
        ]  # fmt: skip


@pytest.mark.rule("SESSION-005")
def test_a_status_says_until_when_its_phase_lasts(tmp_path: Path) -> None:
    with open_bench(str(tmp_path)) as bench:
        close_us = bench.venue.questions.day_view(bench.clock.wall_us()).close_us
        assert close_us is not None
        peer = bench.connect(bench.keys[1])
        spec = ChannelSpec(name_of_channel="status", instrument=bench.instrument)
        told = [one for one in peer.ask(Subscribe(request_id=9, channels=[spec])) if isinstance(one, Status)]
        assert [(one.phase, one.until_us) for one in told] == [("OPEN", close_us)]
        jump_to(bench, CLOSE_S - 5)
        for second in (0, 100, 200, 296, 302):
            jump_to(bench, CLOSE_S + second)
            bench.pass_ms(30)
        later = [one for one in peer.take() if isinstance(one, Status)]
        preopen, nocancel = later[1].time_us + 295_000_000, later[1].time_us + 300_000_000
        assert close_us <= later[1].time_us < close_us + 1_000_000
        assert [(one.phase, one.until_us and one.until_us // 10**6) for one in later] == [
            ("CLOSED", None), ("PREOPEN", preopen // 10**6), ("NOCANCEL", nocancel // 10**6),
            ("OPEN", close_us // 10**6 + 86_400),
        ]  # fmt: skip
