"""Every example of the guide runs and prints what its page says."""

import asyncio
import io
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from clients.client import Session
from clients.credentials import Ed25519
from clients.local_book import LocalBook
from clients.orders import Order
from exchange.codes import MarketState
from exchange.engine.warmup import warm_up
from exchange.limits import MEDIUM
from exchange.main import Settings, serve
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import Err, ServerMessages
from tests.clients.scenes import DAY, SCENE_S, SEEDS, client, enrol
from tests.source_tree import ROOT

GUIDE = ROOT / "clients" / "guide"
FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
MONTH = "H100.G90.H27"
Example = tuple[str, str]  # code, and what it prints


def examples(page: str) -> Iterator[Example]:
    """The Python blocks of a page, each with the block of output that follows it."""
    blocks = [(found["language"], found["text"]) for found in FENCE.finditer((GUIDE / page).read_text())]
    for place, (language, code) in enumerate(blocks):
        if language == "python":
            language, output = blocks[place + 1] if place + 1 < len(blocks) else ("", "")
            yield code, "" if language else output


@pytest.mark.parametrize("page", ["what_you_buy.md", "risk.md"])
def test_the_figures_of_a_page_are_what_its_code_prints(page: str) -> None:
    names: dict[str, Any] = {}
    shown = list(examples(page))
    assert len(shown) >= 5
    for code, output in shown:
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(compile(code, page, "exec"), names)  # noqa: S102  # the page's own text
        assert printed.getvalue() == output, code


def messages(page: str) -> list[str]:
    """Lines of the `json` blocks of a page."""
    blocks = [found["text"] for found in FENCE.finditer((GUIDE / page).read_text()) if found["language"] == "json"]
    return [line for block in blocks for line in block.splitlines()]


@pytest.mark.rule("WIRE-041")
@pytest.mark.parametrize("line", messages("what_happens_when.md"))
def test_a_message_of_the_guide_is_one_of_the_protocol(line: str) -> None:
    message = msgspec.json.decode(line, type=ServerMessages)
    assert msgspec.json.decode(msgspec.json.encode(message)) == json.loads(line), "every key is one of the message's"


@pytest.mark.rule("STATE-001")
def test_the_guide_names_every_phase() -> None:
    page = (GUIDE / "what_happens_when.md").read_text()
    assert {state.name for state in MarketState if state} <= set(re.findall(r"`([A-Z]+)`", page))


async def printed(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    return (await process.stdout.readline()).decode()


def test_the_strategy_quotes_and_leans_as_its_page_says(tmp_path: Path) -> None:
    ((program, _),) = examples("strategy.md")
    output = next(
        found["text"] for found in FENCE.finditer((GUIDE / "strategy.md").read_text()) if not found["language"]
    )
    (tmp_path / "quoter.py").write_text(program)
    (tmp_path / "t1.pem").write_bytes(Ed25519.from_seed(SEEDS[1]).pem())
    assert program.split("class Quoter")[1].split("async def main")[0].count("\n") <= 34
    warm_up(MEDIUM)

    async def run() -> str:
        terms = Settings(day=DAY, symbols=(MONTH,), durability="none", profile="loopback", limits="medium")
        async with serve(str(tmp_path / "venue"), terms, before=enrol) as server, client(server.url, 2) as taker:
            month = await taker.instrument(MONTH)
            book = await taker.book(month)
            quoted = asyncio.create_task(offered(taker, book))
            user = {"GPUX_VENUE": server.url, "GPUX_KEY": str(tmp_path / "t1.pem"), "PYTHONPATH": str(ROOT)}
            environment = {**os.environ, **user}
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                str(tmp_path / "quoter.py"),
                env={**os.environ, **environment},
                stdout=asyncio.subprocess.PIPE,
            )
            try:
                await quoted
                await taker.buy(month, 5, "2.850", tif="ioc")
                first = await printed(process)
                await offered(taker, book, 2_811)
                await taker.sell(month, 5, "2.800", tif="ioc")
                return first + await printed(process)
            finally:
                process.kill()
                await process.wait()

    assert asyncio.run(asyncio.wait_for(run(), SCENE_S)) == output


class QuoterSession:
    """What the guide's strategy uses of a session; notes what it sends."""

    def __init__(self) -> None:
        self.held = 0
        self.placed: list[Order] = []
        self.replaced: list[tuple[str, int]] = []

    def position_lots(self, _: object) -> int:
        return self.held

    def place(self, side: Any, _: object, lots: int, *, price_tick: int) -> Order:
        order = Order(7, f"c{len(self.placed)}", 1, side)
        order.price_tick, order.order_lots = price_tick, lots
        self.placed.append(order)
        return order

    def send_replace(self, order: Order, *, price_tick: int) -> None:
        self.replaced.append((order.side, price_tick))


def quoter() -> tuple[Any, QuoterSession]:
    """The guide's strategy before its first quotes."""
    ((program, _),) = examples("strategy.md")
    names: dict[str, Any] = {}
    exec(compile(program.partition("with contextlib.suppress")[0], "strategy.md", "exec"), names)  # noqa: S102
    made, session = names["Quoter"](), QuoterSession()
    made.session, made.month, made.middle, made.quotes, made.refused = session, None, 2_810, {}, set()
    return made, session


def traded(tick: int) -> Any:
    return SimpleNamespace(rows=[(1, tick, 1, "b")])


def test_the_strategy_does_not_repeat_what_is_refused_before_the_next_trade() -> None:
    made, session = quoter()
    made.requote()
    bid, ask = session.placed
    ask.state = "open"
    bid.take_refusal(Err(1, ErrorCode.MARGIN, "MARGIN", "too little margin", "no"))
    with redirect_stdout(io.StringIO()) as printed:
        made.on_order(bid)
    assert printed.getvalue() == "too little margin\n" and session.placed == [bid, ask]
    made.on_order(ask)
    assert session.placed == [bid, ask]
    made.on_trades(None, traded(2_810))
    assert [order.side for order in session.placed] == ["b", "s", "b"]


def test_the_strategy_has_one_replace_under_way_and_a_most_position() -> None:
    made, session = quoter()
    made.requote()
    for order in session.placed:
        order.state = "open"
    session.placed[1].unanswered = 1
    made.on_trades(None, traded(2_815))
    assert session.replaced == [("b", 2_813)]
    for held, sides in ((45, "bs"), (46, "s"), (-45, "bs"), (-46, "b")):
        made, session = quoter()
        session.held = held
        made.requote()
        assert "".join(order.side for order in session.placed) == sides


def test_the_first_trade_is_what_its_page_says(tmp_path: Path) -> None:
    ((program, output),) = examples("first_trade.md")
    (tmp_path / "first.py").write_text(program)
    (tmp_path / "t1.pem").write_bytes(Ed25519.from_seed(SEEDS[1]).pem())
    warm_up(MEDIUM)

    async def run() -> str:
        terms = Settings(day=DAY, symbols=(MONTH,), durability="none", profile="loopback", limits="medium")
        async with serve(str(tmp_path / "venue"), terms, before=enrol) as server, client(server.url, 2) as maker:
            await maker.sell(await maker.instrument(MONTH), 5, "2.812")
            user = {"GPUX_VENUE": server.url, "GPUX_KEY": str(tmp_path / "t1.pem"), "SYMBOL": MONTH}
            process = await asyncio.create_subprocess_exec(
                sys.executable, str(tmp_path / "first.py"), env={**os.environ, **user, "PYTHONPATH": str(ROOT)},
                stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            return (await process.communicate())[0].decode()

    assert asyncio.run(asyncio.wait_for(run(), SCENE_S)) == output


async def offered(session: Session, book: LocalBook, bid_tick: int = 0) -> None:
    """Wait until the book has a price on each side, or this bid."""
    async for _ in session.events():
        if book.synced and book.best_bid and book.best_ask and bid_tick in (0, book.best_bid.price_tick):
            return
