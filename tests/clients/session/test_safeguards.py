"""Cancel on disconnect, dead-man timer, kill switch: through the client, against a real venue."""

from pathlib import Path

import pytest

from clients.client import Session, connect
from clients.credentials import Ed25519
from clients.errors import Refused
from clients.events import Reconnected
from exchange.main import RunningServer
from exchange.venue.bootstrap import OpenVenue
from exchange.wire.messages import CancelOnDisconnectFired, InstrumentDefinition, KillEvent
from tests.clients.scenes import PRICE, cut, play, until

DESK = bytes([9] * 32)


@pytest.mark.rule("SESS-020")
def test_terms_are_changed_and_hold_over_a_reconnect(tmp_path: Path) -> None:
    async def scene(_: RunningServer, session: Session, *__: object) -> None:
        terms = await session.set_cancel_terms(mode="account", orders="day", on="both", grace_ms=2_500)
        assert (terms.mode, terms.orders, terms.on, terms.grace_ms) == ("account", "day", "both", 2_500)
        cut(session)
        await until(session, Reconnected)
        assert session.core.welcome is not None and session.core.welcome.cancel_terms == terms

    play(tmp_path, scene)


@pytest.mark.rule("SESS-022")
def test_a_timer_that_is_not_armed_again_takes_the_orders(tmp_path: Path) -> None:
    async def scene(_: RunningServer, session: Session, other: Session, month: InstrumentDefinition) -> None:
        order = await session.sell(month, 3, PRICE, tif="gtc")
        until_us = await session.arm_timer(3_600_000)
        assert until_us - await session.venue_time_us() > 3_590_000_000
        assert await session.timer_until_us() == until_us
        await session.disarm_timer()
        assert await session.timer_until_us() == 0
        with pytest.raises(Refused, match="BAD_MESSAGE"):
            await session.arm_timer(999)
        await session.arm_timer(1_000)
        fired = (await until(session, CancelOnDisconnectFired))[-1]
        assert isinstance(fired, CancelOnDisconnectFired) and (fired.reason, fired.count) == ("dead", 1)
        assert (await order.finished()).reason == "timer"

    play(tmp_path, scene)


def with_desk(venue: OpenVenue) -> None:
    """Key 1 trades for account 1 of firm 5, whose risk desk has a key of its own."""
    venue.make_key("t1", account=1, deposit_mills=10**12, seed=bytes([1] * 32), firm=5)
    venue.make_key("desk", account=1, scopes=("read", "risk"), seed=DESK, firm=5)
    venue.make_key("t2", account=2, deposit_mills=10**12, seed=bytes([2] * 32))


@pytest.mark.rule("ACCT-011")
def test_a_risk_desk_stops_an_account_and_lets_it_in_again(tmp_path: Path) -> None:
    async def scene(server: RunningServer, trader: Session, other: Session, month: InstrumentDefinition) -> None:
        async with connect(server.url, "k_desk", Ed25519.from_seed(DESK)) as desk:
            order = await trader.sell(month, 3, PRICE)
            assert await desk.kill("account", account=1) == 1
            told = (await until(trader, KillEvent))[-1]
            assert isinstance(told, KillEvent) and (told.on, told.scope) == (True, "account")
            assert (await order.finished()).reason == "kill"
            with pytest.raises(Refused, match="KILLED"):
                await trader.sell(month, 3, PRICE)
            await desk.unkill("account", account=1)
            assert (await trader.sell(month, 3, PRICE)).working
            assert await desk.kill("session", session_id=trader.core.session_id) == 1
            await desk.unkill("session", session_id=trader.core.session_id)
            assert await desk.kill("firm") == 0
            await desk.unkill("firm")
        with pytest.raises(Refused, match="SCOPE"):
            await other.kill("account", account=2)

    play(tmp_path, scene, enrolling=with_desk)
