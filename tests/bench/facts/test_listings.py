"""Which book a tape's facts are about."""

from dataclasses import replace

import numpy as np
import pytest

from bench.facts.listings import ENDLESS, listing_of, listings
from bench.tapes.market import PlainMarket, market_tape
from bench.tapes.tape import Tape
from exchange.codes import CommandKind
from exchange.errors import UserError
from exchange.records import COMMAND
from tests.bench.facts.books import flow_of


def test_the_busiest_book_is_taken() -> None:
    tape = flow_of("mixed", 900, books=3)
    found = listings(tape)
    entered = tape.commands["instrument"][tape.commands["kind"] == CommandKind.NEW]
    counts = np.bincount(entered, minlength=4)
    assert {one.index: one.orders for one in found} == {index: counts[index] for index in (1, 2, 3)}
    assert listing_of(tape) == found[0] and found[0].orders == counts.max()
    assert listing_of(tape, "BOOK-2").index == 2


def test_a_book_that_is_listed_again_has_two_listings() -> None:
    tape = flow_of("mixed", 300)
    control = tape.controls[0]
    row = control.row.copy()
    row["sequence"] = middle = int(tape.commands["sequence"][500])
    found = listings(replace(tape, controls=[*tape.controls, replace(control, row=row)]))
    assert sorted((one.first, one.end) for one in found) == [(control.sequence, middle), (middle, ENDLESS)]
    assert sum(one.orders for one in found) == listing_of(tape).orders


def test_a_damaged_payload_is_named_by_its_sequence() -> None:
    tape = flow_of("mixed", 300)
    damaged = replace(tape.controls[0], payload=b'{"instruments": 5}')
    with pytest.raises(UserError, match=rf"control at sequence {damaged.sequence}: LIST: Expected `array`"):
        listings(replace(tape, controls=[damaged]))


def test_unknown_book_is_named_with_those_that_are_listed() -> None:
    with pytest.raises(UserError, match=r"--book H100: not listed; listed, busiest first: BOOK-\d, BOOK-\d, BOOK-\d$"):
        listing_of(flow_of("mixed", 900, books=3), "H100")


def test_tape_without_orders_or_books_is_refused() -> None:
    with pytest.raises(UserError, match="no order was entered"):
        listing_of(market_tape(PlainMarket(1, 9, 5), [np.zeros(0, COMMAND)], limits="medium"))
    with pytest.raises(UserError, match="no book is listed"):
        listing_of(Tape(np.zeros(0, COMMAND)))
