"""Every code of the venue has a class, and entries of a batch are refused as single requests are."""

import pytest

from clients.errors import Refused
from clients.refusals.choice import KINDS, refusal, refusals_of
from clients.refusals.kinds import MarginRefused, OutcomeUnknown, PriceRefused
from exchange.wire.errors import ErrorCode, applied, error
from exchange.wire.messages import BatchResult, Err, New


def test_every_code_has_a_class_with_a_remedy() -> None:
    assert set(KINDS) == set(ErrorCode)
    assert all(kind.remedy and issubclass(kind, Refused) for kind in KINDS.values())


@pytest.mark.parametrize("code", ErrorCode)
def test_a_program_asks_again_exactly_where_the_outcome_is_unknown(code: ErrorCode) -> None:
    assert (KINDS[code] is OutcomeUnknown) == (applied(code) == "unknown")


def test_a_code_that_this_client_does_not_know_is_a_plain_refusal() -> None:
    refused = refusal(Err(1, 8888, "NEW_ONE", "of a later version", "no"))
    assert type(refused) is Refused and (refused.code, refused.name) == (8888, "NEW_ONE")


@pytest.mark.rule("ENTRY-013")
def test_entries_of_a_batch_are_refused_as_single_requests_are() -> None:
    order = New(request_id=1, instrument=9, side="b", price_tick=9999, order_lots=7, client_order_id="a1")
    results = [
        BatchResult(order_id=5, client_order_id="a0", state="open"),
        BatchResult(
            code=5003, name="PRICE_BAND", message="outside", applied="no", client_order_id="a1", low_tick=1, high_tick=9
        ),
        BatchResult(code=6001, name="MARGIN", message="too little", applied="no", need_mills=5, free_margin_mills=4),
    ]
    first, price, margin = refusals_of(results, [order, order, order])
    assert first is None
    assert isinstance(price, PriceRefused) and (price.high_tick, price.client_order_id) == (9, "a1")
    single = error(1, ErrorCode.PRICE_BAND, "outside")
    single.low_tick, single.high_tick = 1, 9
    assert str(price) == str(refusal(single, request=order))
    assert isinstance(margin, MarginRefused) and margin.free_mills == 4
