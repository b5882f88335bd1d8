"""Words for codes, and names of sessions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.codes import CancelReason, OrderState, Side, TimeInForce
from exchange.wire.words import (
    CANCEL_REASONS,
    INDICES_MAX,
    ORDER_STATES,
    SIDES,
    TIFS,
    session_id,
    session_number,
    unlisted_id,
    unlisted_index,
)


def test_words_stand_at_the_place_of_their_code() -> None:
    assert SIDES[Side.SELL] == "s"
    assert TIFS[TimeInForce.GTD] == "gtd"
    assert ORDER_STATES[OrderState.EXPIRED] == "expired"
    assert CANCEL_REASONS[CancelReason.CASCADED] == "cascade"
    assert CANCEL_REASONS[CancelReason.MINQTY] == "minq"


@given(st.integers(1, 2**32 - 1))
def test_a_session_is_found_by_its_name(number: int) -> None:
    assert session_number(session_id(number)) == number


@pytest.mark.parametrize(
    "text", ["", "s_", "91c2d07e", "s_91c2d07", "s_91C2D07E", "s_91c2d07e0", "s_-1c2d07e", "s_ 1c2d07e"]
)
def test_a_foreign_name_is_no_session(text: str) -> None:
    assert session_number(text) == 0


@given(st.integers(1, 2**32 - 1).filter(lambda number: number >> 16 != 0x7FFF))
def test_an_instrument_that_is_not_listed_keeps_its_id_and_names_no_book(number: int) -> None:
    assert unlisted_id(unlisted_index(number)) == number
    assert INDICES_MAX <= unlisted_index(number) < 2**32


def test_a_number_of_no_book_is_no_instrument() -> None:
    assert unlisted_id(0) == unlisted_id(INDICES_MAX - 1) == 0


def test_the_venue_itself_has_no_session_name() -> None:
    assert session_id(0) == ""
