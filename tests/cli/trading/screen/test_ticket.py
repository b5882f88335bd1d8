"""A trade typed by keys: the ticket asks for the margin first, and sends only what it has asked for."""

import pytest

from tests.cli.trading.conftest import RunningVenue
from tests.cli.trading.screen.keyboard import Keyboard, play
from tests.clients.scenes import SYMBOL


@pytest.mark.rule("MARGIN-018")
def test_a_trade_is_typed_by_keys(venue: RunningVenue) -> None:
    async def scene(keyboard: Keyboard) -> None:
        await keyboard.other.sell(keyboard.desk.instruments[SYMBOL], 5, "2.815")
        await keyboard.until("2.815")
        before = keyboard.desk.session.position_lots(keyboard.desk.instruments[SYMBOL])
        await keyboard.press("b")
        assert "2.815" in await keyboard.until(f"BUY {SYMBOL}"), "the best ask is the price to begin with"
        await keyboard.press(*"12", "enter")
        await keyboard.until("needs $", "Enter sends it")
        await keyboard.other.sell(keyboard.desk.instruments[SYMBOL], 9, "2.817")
        await keyboard.until("2.817", f"BUY {SYMBOL}")  # the market goes on around the ticket
        assert not keyboard.desk.orders(), "asking sends nothing"
        await keyboard.press("enter")
        await keyboard.until("7#0", "1 working")
        said = ("5 filled, 7 working", "filled: buy 5")  # of the reply or of the fill, whichever comes last
        await keyboard.met(lambda shown: any(text in shown for text in said), str(said))
        (order,) = keyboard.desk.orders()
        assert (order.price_tick, order.leaves_lots, order.side) == (2815, 7, "b")
        session, row = keyboard.desk.session, keyboard.desk.instruments[SYMBOL]
        await keyboard.met(lambda _: session.position_lots(row) == before + 5, "the position")

    play(venue, scene)


def test_terms_are_chosen_by_function_keys(venue: RunningVenue) -> None:
    async def scene(keyboard: Keyboard) -> None:
        await keyboard.press("s")
        await keyboard.until(f"SELL {SYMBOL}")
        await keyboard.press("1", "tab", *"2.830")
        await keyboard.press("f2", "f3", "f4")
        await keyboard.until(f"BUY {SYMBOL}", "until cancelled, post-only")
        await keyboard.press("f2", "enter")
        await keyboard.until(f"SELL {SYMBOL}", "Enter sends it")
        await keyboard.press("enter")
        await keyboard.until("1 working", "2.830")
        (view,) = await keyboard.desk.session.open_orders()
        assert (view.side, view.tif, view.price_tick) == ("s", "gtc", 2830)

    play(venue, scene)


def test_what_is_changed_after_the_question_is_asked_again(venue: RunningVenue) -> None:
    async def scene(keyboard: Keyboard) -> None:
        await keyboard.press("b")
        await keyboard.until(f"BUY {SYMBOL}")
        await keyboard.press("1", "tab", *"2.80", "enter")
        await keyboard.until("Enter sends it")
        await keyboard.press("1")
        await keyboard.until("changed: Enter asks again")
        await keyboard.press("enter")
        await keyboard.until("Enter sends it")
        await keyboard.press("escape")
        await keyboard.until("0 working")

    play(venue, scene)


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (["enter"], "how many lots?"),
        (["0", "tab", *"2.8", "enter"], "LOTS 0 not in 1.."),
        (["1", "enter"], "a limit order needs PRICE"),
        (["1", "tab", *"2.8001", "enter"], "off the tick"),
        (["1", "tab", *"9.9", "enter"], "outside the limits of the day"),
        (["1", "tab", *"2.8", "f3", "f3", "f4", "enter"], "--post-only and --slide are for limit orders that rest"),
    ],
)
def test_a_mistake_is_said_in_the_ticket_and_nothing_is_sent(keys: list[str], text: str, venue: RunningVenue) -> None:
    async def scene(keyboard: Keyboard) -> None:
        await keyboard.press("b")
        await keyboard.until(f"BUY {SYMBOL}")
        await keyboard.press(*keys)
        await keyboard.until(text)
        assert not keyboard.desk.orders()

    play(venue, scene)


def test_an_order_without_margin_is_refused_by_the_question(venue: RunningVenue) -> None:
    async def scene(keyboard: Keyboard) -> None:
        await keyboard.press("b")
        await keyboard.until(f"BUY {SYMBOL}")
        await keyboard.press("5", "tab", *"2.8", "enter")
        await keyboard.until("would be refused: MARGIN")
        await keyboard.press("enter")
        await keyboard.until("would be refused: MARGIN")
        assert not keyboard.desk.orders()

    play(venue, scene, name="poor")


def test_an_order_is_changed_from_its_list(venue: RunningVenue) -> None:
    async def scene(keyboard: Keyboard) -> None:
        await keyboard.desk.session.buy(keyboard.desk.instruments[SYMBOL], 9, "2.803")
        await keyboard.until("9#0")
        await keyboard.press("o")
        await keyboard.until("Working orders of account 1: 1")
        await keyboard.press("e")
        await keyboard.until("Change order", "2.803")
        await keyboard.press("backspace", "4", "enter")
        await keyboard.until("Enter sends the change")
        await keyboard.press("enter")
        await keyboard.until("4#0", "changed")

    play(venue, scene)
