"""Instruments are found by parts of their symbols, outrights before combinations."""

from exchange.cli.trading.screen.lists import SHOWN_MAX, found
from tests.cli.trading.conftest import RunningVenue
from tests.cli.trading.screen.keyboard import Keyboard, play
from tests.clients.stub_session import instrument

ROWS = [
    instrument(number, symbol, **({"combo": "calendar"} if "-" in symbol[9:] else {}))
    for number, symbol in enumerate(("H200.G90.F27", "H100.G90.F27-G27", "H100.G90.G27", "H100.G90.F27"), 1)
]


def test_all_words_have_to_be_there_in_any_order() -> None:
    assert [row.symbol for row in found(ROWS, "f27 h100")] == ["H100.G90.F27", "H100.G90.F27-G27"]
    assert [row.symbol for row in found(ROWS, "h100")] == ["H100.G90.F27", "H100.G90.G27", "H100.G90.F27-G27"]
    assert len(found(ROWS, "")) == 4 and found(ROWS, "b200") == []


def test_a_long_list_is_cut() -> None:
    assert len(found([instrument(number, f"A{number}") for number in range(SHOWN_MAX + 9)], "a")) == SHOWN_MAX


def test_a_search_without_a_hit_shows_nothing_and_is_left(venue: RunningVenue) -> None:
    async def scene(keyboard: Keyboard) -> None:
        await keyboard.press("slash")
        await keyboard.until("Find an instrument")
        await keyboard.press(*"nothing")
        assert " 744 h" not in await keyboard.until("nothing")
        await keyboard.press("enter")
        await keyboard.until("Find an instrument")
        await keyboard.press("escape")
        await keyboard.until("q quit")

    play(venue, scene)


def test_the_arrow_keys_choose_while_the_search_has_the_keyboard(venue: RunningVenue) -> None:
    async def scene(keyboard: Keyboard) -> None:
        await keyboard.press("slash")
        await keyboard.until("Find an instrument")
        await keyboard.press(*"h100", "down", "down", "up", "enter")
        await keyboard.until("H100.G90.G27  OPEN")

    play(venue, scene)


def test_an_empty_list_of_orders_can_be_left(venue: RunningVenue) -> None:
    async def scene(keyboard: Keyboard) -> None:
        await keyboard.press("o")
        await keyboard.until("Working orders of account 1: 0")
        await keyboard.press("x")
        await keyboard.until("q quit")

    play(venue, scene)
