"""Meanings of past trades and candles name fields that exist, with the words that the types allow."""

from typing import get_args

from exchange.wire.meanings import MEANINGS
from exchange.wire.messages import Candles, Ok, Query
from exchange.wire.past_meanings import PAST_MEANINGS
from exchange.wire.requests import IntervalText


def test_each_is_of_a_field_and_the_intervals_are_those_of_a_request() -> None:
    fields = {*Query.__struct_fields__, *Ok.__struct_fields__, *Candles.__struct_fields__}
    assert {name.rpartition(".")[2] for name in PAST_MEANINGS} <= fields
    assert all(MEANINGS[name].text == meaning[1] for name, meaning in PAST_MEANINGS.items())
    assert MEANINGS["Candles.interval"].words == get_args(IntervalText)
