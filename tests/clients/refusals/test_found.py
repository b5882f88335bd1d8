"""The key at fault, the allowed words and the value that was sent are read from an error and its request."""

import pytest

from clients.refusals.found import allowed_in, field_of, value_of
from exchange.wire.codec import CODECS, BadMessage
from exchange.wire.messages import New
from exchange.wire.version import JSON_SUBPROTOCOL

NEW = '{"t":"new","id":1,"i":9,"side":"b","px":5,"q":1,"coid":"a"%s}'


@pytest.mark.parametrize(
    ("keys", "field", "allowed"),
    [
        (',"tif":"gtx"', "tif", ("day", "fok", "gtc", "gtd", "ioc")),
        (',"po":"maybe"', "po", ("reject", "slide")),
        (',"disp":"5"', "disp", ()),
        (',"minq":5.5', "minq", ()),
    ],
)
@pytest.mark.rule("WIRE-020")
def test_texts_of_the_venue_name_key_and_allowed_words(keys: str, field: str, allowed: tuple[str, ...]) -> None:
    (bad,) = CODECS[JSON_SUBPROTOCOL].decode_client((NEW % keys).encode())
    assert isinstance(bad, BadMessage)
    assert (field_of(bad.message), allowed_in(bad.message)) == (field, allowed)


def test_a_text_with_a_field_in_parentheses_names_it() -> None:
    assert field_of("q 0 is not in 1..10000 (field q)") == "q"
    assert (field_of("the market is closed"), allowed_in("the market is closed")) == ("", ())


def test_the_value_is_that_of_the_request() -> None:
    order = New(request_id=1, instrument=9, side="b", price_tick=-5, order_lots=7, client_order_id="a")
    assert (value_of(order, "px"), value_of(order, "q"), value_of(order, "coid")) == ("-5", "7", "a")
    assert (value_of(order, "trg"), value_of(order, "nothing"), value_of(None, "px")) == ("", "", "")
