"""An order that was typed becomes a request; fills are printed while a command waits."""

import threading

import pytest

from exchange.cli.trading.order_entry import parse_name
from exchange.errors import UserError
from tests.cli.trading.conftest import RunningVenue
from tests.cli.trading.typed import rows
from tests.clients.scenes import SYMBOL


@pytest.mark.parametrize(
    ("text", "expected"), [("90071", (90071, "")), ("mine-1", (0, "mine-1")), ("x90071", (0, "x90071"))]
)
def test_digits_are_the_number_of_an_order_and_all_else_its_own_id(text: str, expected: tuple[int, str]) -> None:
    assert parse_name(text) == expected


def test_a_name_that_no_order_can_have_is_refused() -> None:
    with pytest.raises(UserError, match="is not 1 to 24 characters"):
        parse_name("a b")


def test_fills_are_printed_while_the_command_waits(venue: RunningVenue, capsys: pytest.CaptureFixture[str]) -> None:
    """The other side is typed in another process of its own, as soon as the order is in the book."""
    seller = Seller(venue)
    seller.start()
    lines = rows(capsys, "order", "buy", 6, SYMBOL, "2.803", "--id", "waiting", "--wait", 30)
    seller.join()
    assert [line["t"] for line in lines if "t" in line] == ["fill", "fill"]
    assert [line["q"] for line in lines[:-1]] == [2, 4]
    assert (lines[-1]["st"], lines[-1]["cum"], lines[-1]["sym"]) == ("filled", 6, SYMBOL)


class Seller(threading.Thread):
    """Sells 2 and then 4 lots to whoever buys, in a thread and event loop of its own."""

    def __init__(self, venue: RunningVenue) -> None:
        super().__init__()
        self._venue = venue

    def run(self) -> None:
        import asyncio

        from clients.client import connect
        from clients.credentials import Ed25519

        async def sell() -> None:
            secret = Ed25519.load(self._venue.keys / "bob.pem")
            async with connect(self._venue.url, "k_bob", secret) as session:
                row = await session.instrument(SYMBOL)
                book = await session.book(row)
                await session._until(lambda: book.best_bid is not None)
                for lots in (2, 4):
                    await session.sell(row, lots, "2.803", tif="ioc")

        asyncio.run(sell())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--post-only",), {"st": "open", "typ": "limit"}),
        (("--tif", "gtc", "--show", 2), {"st": "open", "tif": "gtc"}),
        (("--tif", "ioc"), {"st": "cancelled", "why": "ioc"}),
        (("--type", "stop_limit", "--trigger", "2.9"), {"st": "pending", "typ": "stop_limit"}),
        (("--tif", "gtd", "--till", "2099-01-01T00:00"), {"st": "open", "tif": "gtd"}),
        (("--tag", "grid"), {"tag": "grid"}),
    ],
)
def test_every_term_reaches_the_venue(
    words: tuple[object, ...], expected: dict[str, object], venue: RunningVenue, capsys: pytest.CaptureFixture[str]
) -> None:
    (order,) = rows(capsys, "order", "buy", 10, SYMBOL, "2.802", *words)
    assert {name: order.get(name) for name in expected} == expected
