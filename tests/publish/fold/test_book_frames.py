"""Messages of all raw channels of a book after one command: each channel gets one, if what it shows has changed."""

import pytest

from exchange.codes import EventKind, Side
from exchange.engine.event_rows import Row
from tests.publish.feed import Feed, rested
from tests.publish.helpers import J27, event


def implied(e: int, tick: int, lots: int) -> Row:
    place = {"instrument": 1, "side": Side.BUY, "implied_tick": tick, "implied_lots": lots}
    return event(EventKind.IMPLIED_PRICE, e, **place)


@pytest.mark.rule("MDATA-013", "MDATA-002")
def test_each_raw_channel_says_what_it_shows_of_a_command() -> None:
    feed = Feed()
    whole, one, ten = (feed.open("depth", levels=levels) for levels in (0, 1, 10))
    top, other = feed.open("top"), feed.open("depth", J27, levels=1)

    def published(*rows: Row) -> dict[int, list[list[int]]]:
        messages = feed.fold(*rows)
        assert len({message["c"] for message in messages}) == len(messages)
        return {message["c"]: message.get("b", []) for message in messages}

    assert published(rested(9000401, 2843, 16)) == {whole: [[2843, 16]], ten: [[2843, 16]]}
    best = [[2846, 3]]
    assert published(rested(9000402, 2846, 3)) == {whole: best, one: [*best, [2845, 0]], ten: best, top: []}
    assert published(implied(9000403, 2840, 9)) == {whole: [], one: [], ten: []}, "below the best price"
    assert published(implied(9000404, 2840, 9)) == {}
    both = published(rested(9000405, 2845, 120), rested(9000405, 7, 1, book=2))
    assert both == {whole: [[2845, 120]], other: [[7, 1]]}, "all levels are said as events say them"


@pytest.mark.rule("MDATA-016")
def test_each_raw_channel_has_checksums_of_its_own() -> None:
    feed = Feed()
    one, ten = feed.open("depth", levels=1), feed.open("depth", levels=10)
    start_us = feed.market.time_us
    for number in (one, ten):
        feed.snapshot(number)
    had = [
        [
            message["c"]
            for message in feed.fold(rested(9000401 + step, tick, 1 + step, time_us=start_us + after))
            if "crc" in message
        ]
        for step, (tick, after) in enumerate([(2844, 499_999), (2844, 500_000), (2845, 500_001), (2845, 1_000_000)])
    ]
    assert had == [[], [ten], [one], [ten]]
