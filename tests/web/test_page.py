"""The page in a headless Chromium at a served venue: a person signs in, trades, reconnects and signs out."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from clients.client import Session
from exchange.engine.warmup import warm_up
from exchange.limits import MEDIUM
from exchange.main import RunningServer, Settings, serve
from tests.clients.scenes import PRICE, SYMBOL, client, enrol, reserved_port, settings
from tests.web.browser import Browser, needs_chromium
from tests.web.page_steps import LIVE, enter, has, opened, shortcut, sign_in, text

SYMBOLS = (SYMBOL, "H100.G90.G27", "H100.G90.F27-G27", "H100.G80.F27")


def settings_on(port: int = 0) -> Settings:
    return replace(settings(port), symbols=SYMBOLS)


Scene = Callable[[Browser, RunningServer, Session], Awaitable[None]]


def play(folder: Path, scene: Scene) -> None:
    """The page at a served venue, at which account 2 has a program; ends within two minutes."""
    warm_up(MEDIUM)

    async def run() -> None:
        async with (
            serve(str(folder / "data"), settings_on(), before=enrol) as server,
            client(server.url, 2) as other,
            opened(folder, server.port) as page,
        ):
            await page.until(LIVE)
            await scene(page, server, other)
            assert not page.faults

    asyncio.run(asyncio.wait_for(run(), 120))


@needs_chromium
@pytest.mark.rule("SESS-001", "MARGIN-018")
def test_a_person_makes_a_key_trades_and_signs_out(tmp_path: Path) -> None:
    async def scene(page: Browser, server: RunningServer, other: Session) -> None:
        instrument = await other.instrument(SYMBOL)
        await other.sell(instrument, 5, PRICE)
        await page.until(has("#markets", "2.810"))
        assert await page.value(text("#orders-note")) == "Sign in to see your orders."
        await sign_in(page, tmp_path / "data")
        assert await page.value("(async () => (await new (await import('/gpux.js')).KeyStore().names()).length)()") == 1
        await enter(page, "b", "2", "2.700")
        await page.until(has("#orders", "2.700"))
        await page.until(has("#orders", "0 lots, 0 orders"))  # ahead of it
        await page.until("[...document.querySelectorAll('#ladder .own')].some((cell) => cell.textContent === '2')")
        await enter(page, "b", "3", PRICE)
        await page.until(has("#positions", "+3"))
        await other._until(lambda: other.position_lots(instrument) == -3)
        await page.until(has("#tape", "2.810"))
        await enter(page, "b", "1", "3.372")
        await page.until(has("#log", "allowed:"))  # the band
        await page.click("#orders button.small")
        await page.until(has("#orders-note", "No working orders."))
        await enter(page, "b", "2", "2.690")
        await page.until(has("#orders", "2.690"))
        await shortcut(page, "K")
        await page.until(has("#ask-title", "Kill account 1?"))
        await page.click("#ask-yes")
        await page.until(has("#orders-note", "No working orders."))
        await page.click("#sign-in")
        await page.until("document.querySelector('.key .danger')")
        await page.click(".key .danger")
        await page.until(has("#ask-title", "Sign out?"))
        await page.click("#ask-yes")
        await page.until(has("#identity", "public data"))
        await page.until("(async () => !(await new (await import('/gpux.js')).KeyStore().names()).length)()")

    play(tmp_path, scene)


@needs_chromium
@pytest.mark.rule("ACCT-011")
def test_a_risk_key_blocks_new_orders_and_lifts_the_block(tmp_path: Path) -> None:
    async def scene(page: Browser, _: RunningServer, __: Session) -> None:
        await sign_in(page, tmp_path / "data", 3, "--scopes read,trade,risk --firm 5")
        await page.until(has("#margin", "not known until the next event"))
        for button, title, then in (
            ("#lift", "Lift the kill?", "document.querySelector('#lift').hidden"),  # after a logon it may be killed
            ("#kill", "Kill account 3?", has("#account-call", "Killed")),
            ("#lift", "Lift the kill?", "document.querySelector('#account-call').hidden"),
        ):
            await page.click(button)
            await page.until(has("#ask-title", title))
            await page.click("#ask-yes")
            await page.until(then)

    play(tmp_path, scene)


@needs_chromium
@pytest.mark.rule("RECOV-010")
def test_the_page_survives_a_reload_and_a_restart_with_its_orders(tmp_path: Path) -> None:
    warm_up(MEDIUM)
    folder = str(tmp_path / "data")

    async def run() -> None:
        async with AsyncExitStack() as stack:
            port = stack.enter_context(reserved_port())
            async with serve(folder, settings_on(port), before=enrol):
                page = await stack.enter_async_context(opened(tmp_path, port))
                await page.until(LIVE)
                await sign_in(page, tmp_path / "data")
                await enter(page, "b", "2", "2.700")
                await page.until(has("#orders", "2.700"))
                await page.call("Page.reload")  # within the grace of the session's orders, which it resumes
                await page.until(f"{has('#log', 'Logged on')} && {has('#orders', '2.700')}")
            await page.until(f"!document.querySelector('#banner').hidden && {has('#banner', 'No connection')}")
            await page.until("document.querySelector('body.stale #ladder.stale')")
            await page.until(f"{has('#connection', 'not live')} && document.querySelector('#review').disabled")
            async with serve(folder, settings_on(port)):
                await page.value("document.querySelector('#banner button').click()")
                await page.until(f"{LIVE} && document.querySelector('#banner').hidden")
                await page.until(f"{has('#orders', '2.700')} && !document.querySelector('#ladder.stale')")
                await page.click("#orders button.small")
                await page.until(has("#orders-note", "No working orders."))
            assert not [fault for fault in page.faults if "ERR_CONNECTION_REFUSED" not in fault]

    asyncio.run(asyncio.wait_for(run(), 120))
