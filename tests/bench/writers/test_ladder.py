"""The compiled level book shows after every message what a plain dictionary of orders shows."""

import pytest

from bench.readers.report import ImportOptions
from bench.writers.ladder import level_history
from bench.writers.order_flow import order_flow
from bench.writers.plain_messages import split_replacements
from exchange.engine import query
from tests.bench.readers.test_converter import PlainBook
from tests.bench.writers.test_order_flow import mixed_tape


@pytest.mark.rule("TAPE-012")
def test_best_levels_and_the_changed_level_are_right_after_every_message() -> None:
    flow = order_flow(mixed_tape(400))
    messages = split_replacements(flow.messages)
    levels, book = level_history(messages, 3)
    plain = PlainBook(ImportOptions())
    for index, row in enumerate(messages):
        plain.apply(row)
        sides = plain.levels()
        assert dict(sides[row["side"]]).get(int(row["price"]), 0) == levels[index]
        for side in (0, 1):
            shown = [tuple(pair) for pair in book[index, :, side].tolist() if pair[1]]
            assert shown == sides[side][:3], index
    assert plain.levels() == query.depth(flow.engine.states, 1)


def test_no_messages_have_no_levels() -> None:
    levels, book = level_history(split_replacements(order_flow(mixed_tape(10)).messages[:0]), 2)
    assert levels.shape == (0,) and book.shape == (0, 2, 2, 2)
