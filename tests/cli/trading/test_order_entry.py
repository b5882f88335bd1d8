"""An order that was typed becomes a request; fills are printed while a command waits."""

import asyncio
import json
import threading

import pytest

from clients.client import connect
from clients.credentials import Ed25519
from exchange.cli.trading.asking import asked
from exchange.cli.trading.order_checks import OrderText
from exchange.cli.trading.order_entry import enter, parse_name
from exchange.cli.trading.place import Access
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
    """The other side is typed elsewhere, as soon as the order is in the book."""
    seller = Seller(venue)
    seller.start()
    place = Access(venue.url, "k_alice", str(venue.keys / "alice.pem"))
    text = OrderText("b", 6, SYMBOL, "2.803", client_id="waiting")
    asyncio.run(asyncio.wait_for(enter(place, text, 0, 3_600, keep=True, dry_run=False, json=True), 120))
    seller.join()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["t"] for line in lines if "t" in line] == ["fill", "fill"]
    assert [line["q"] for line in lines[:-1]] == [2, 4]
    assert (lines[-1]["st"], lines[-1]["cum"], lines[-1]["sym"]) == ("filled", 6, SYMBOL)


def test_an_order_that_is_not_kept_ends_also_if_its_command_is_stopped(venue: RunningVenue) -> None:
    """As Ctrl-C does: the task of the command is cancelled while it waits."""
    place = Access(venue.url, "k_alice", str(venue.keys / "alice.pem"))

    async def run() -> list[int]:
        async with asked(place) as session:
            counts = []
            for keep in (True, False):
                text = OrderText("b", 4, SYMBOL, "2.801", client_id=f"keep-{keep}")
                waiting = asyncio.create_task(enter(place, text, 0, 60, keep, dry_run=False, json=False))
                await session._until(lambda: len(session.orders.live()) == 1)
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)
                if not keep:
                    await session._until(lambda: not session.orders.live())
                counts.append(len(await session.open_orders()))
                await session.cancel_all()
                await session._until(lambda: not session.orders.live())
            return counts

    assert asyncio.run(asyncio.wait_for(run(), 120)) == [1, 0]


class Seller(threading.Thread):
    """Sells 2 and then 4 lots to whoever buys, in a thread and event loop of its own."""

    def __init__(self, venue: RunningVenue) -> None:
        super().__init__()
        self._venue = venue

    def run(self) -> None:
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
