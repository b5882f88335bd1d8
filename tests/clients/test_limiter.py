"""The venue's buckets on the client's side."""

import pytest

from clients.limiter import Limiter
from exchange.wire.messages import Batch, BatchCancel, BatchNew, Cancel, LimitTerms, New, Ping, Quote

NEW = New(request_id=1, instrument=3, side="b", price_tick=1, order_lots=1, client_order_id="a")
CANCEL = Cancel(request_id=1, client_order_id="a")


def limiter() -> Limiter:
    made = Limiter()
    made.learn([LimitTerms("order", 10, 2, "account"), LimitTerms("cancel", 10, 4, "account")], 0.0)
    return made


@pytest.mark.rule("RATE-001")
def test_a_burst_goes_out_then_requests_wait_for_tokens() -> None:
    made = limiter()
    for _ in range(2):
        assert made.wait_s(NEW, 0.0) == 0.0
        made.spend(NEW, 0.0)
    assert made.wait_s(NEW, 0.0) == pytest.approx(0.1)
    assert made.wait_s(NEW, 0.1) == 0.0


@pytest.mark.rule("RATE-003")
def test_orders_cannot_use_up_the_tokens_of_cancels() -> None:
    made = limiter()
    for _ in range(2):
        made.spend(NEW, 0.0)
    assert made.wait_s(NEW, 0.0) > 0 and made.wait_s(CANCEL, 0.0) == 0.0


@pytest.mark.rule("RATE-003")
def test_a_quote_of_no_size_is_a_cancel() -> None:
    made = limiter()
    empty = Quote(request_id=1, quotes=[(3, 0, 0, 0, 0)])
    made.spend(empty, 0.0)
    assert made.tokens("cancel", 0.0) == 3, "one cancel, whatever it removes: as the venue counts"
    made.spend(Quote(request_id=1, quotes=[(3, 1, 5, 2, 5)]), 0.0)
    assert made.tokens("cancel", 0.0) == 3 and made.tokens("order", 0.0) == 2


@pytest.mark.rule("RATE-002")
def test_a_refusal_of_the_venue_corrects_the_bucket() -> None:
    made = limiter()
    made.refused(NEW, 0.5, 0.0)
    assert made.wait_s(NEW, 0.0) == pytest.approx(0.5)
    assert made.wait_s(NEW, 0.5) == 0.0


def test_what_has_no_bucket_has_no_limit() -> None:
    made = limiter()
    assert made.wait_s(Ping(request_id=1), 0.0) == 0.0
    assert Limiter().wait_s(NEW, 0.0) == 0.0


def test_the_limits_of_a_second_logon_do_not_fill_the_bucket() -> None:
    made = limiter()
    made.spend(NEW, 0.0)
    made.learn([LimitTerms("order", 10, 2, "account")], 0.0)
    assert made.tokens("order", 0.0) == 1


@pytest.mark.rule("RATE-001")
def test_a_batch_costs_the_sum_of_its_parts_in_both_buckets() -> None:
    made = limiter()
    order = BatchNew(instrument=3, side="b", price_tick=1, order_lots=1, client_order_id="a")
    batch = Batch(request_id=1, operations=[order, order, BatchCancel(client_order_id="a")])
    made.spend(batch, 0.0)
    assert (made.tokens("order", 0.0), made.tokens("cancel", 0.0)) == (0, 3)
    assert made.wait_s(batch, 0.0) == pytest.approx(0.2)
