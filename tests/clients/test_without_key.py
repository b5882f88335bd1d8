"""Sessions without a key, or with half of one: every mistake is one clear error, and the session goes on."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from clients.client import Session, connect
from clients.core import Core
from clients.credentials import Ed25519, Hmac
from clients.errors import ChannelRefused, ConnectFailed, Refused
from clients.logon import Dial
from clients.order_requests import cancellation
from clients.orders import Order
from exchange.main import RunningServer
from exchange.wire.messages import ChannelSpec, InstrumentDefinition, Query, Trades
from exchange.wire.requests import ChannelName
from tests.clients.scenes import PRICE, play

ORDER = Order(1, "a", 5, "b")
ASKED: list[Callable[[Session, InstrumentDefinition], Awaitable[Any]]] = [
    lambda session, month: session.replay(1, 5),
    lambda session, month: session.replay(1, 5, account=1),
    lambda session, month: session.limits(),
    lambda session, month: session.positions(),
    lambda session, month: session.margin(),
    lambda session, month: session.open_orders(),
    lambda session, month: session.fills(1, 5),
    lambda session, month: session.find_order("a"),
    lambda session, month: session.buy(month, 1, PRICE),
    lambda session, month: session.cancel(ORDER),
    lambda session, month: session.cancel_all(),
    lambda session, month: session.batch(cancellation(ORDER)),
    lambda session, month: session.arm_timer(1_000),
    lambda session, month: session.request(Query(request_id=1, what="time")),
]


@pytest.mark.rule("SESS-004", "RECOV-014")
def test_whatever_it_asks_it_is_refused_or_answered_and_goes_on(tmp_path: Path) -> None:
    async def scene(server: RunningServer, seller: Session, buyer: Session, month: InstrumentDefinition) -> None:
        async with connect(server.url) as reader:
            (trades,) = await reader.subscribe(ChannelSpec(name_of_channel="trades", instrument=month.instrument))
            for ask in ASKED:
                with pytest.raises(Refused, match="NOT_LOGGED_ON"):
                    await ask(reader, month)
            for name in set(get_args(ChannelName)) - set(reader.core.hello.channels):  # type: ignore[union-attr]
                with pytest.raises(ChannelRefused, match="1011 UNKNOWN_CHANNEL; the venue has instruments, status"):
                    await reader.subscribe(ChannelSpec(name_of_channel=name, instrument=month.instrument))
            with pytest.raises(ChannelRefused, match="1001 BAD_MESSAGE"):
                await reader.subscribe(ChannelSpec(name_of_channel="depth.*"))  # type: ignore[arg-type]
            await seller.sell(month, 3, PRICE)
            await buyer.buy(month, 3, PRICE, tif="ioc")
            await reader._until(lambda: trades.sequence == 1)
            (again,) = await reader.replay(1, 1, trades)
            assert isinstance(again, Trades) and again.rows[0][2] == 3
            assert await reader.ping() > 0 and reader.live

    play(tmp_path, scene)


@pytest.mark.parametrize(
    ("key", "secret", "expected"),
    [
        ("k_a", None, "key k_a needs its secret"),
        ("", Ed25519.generate(), "a secret needs the id of its key"),
        ("k_a", "key.pem", "secret is a str, not an Ed25519 or Hmac"),
        ("k_a", b"\0" * 32, "secret is a bytes, not an Ed25519 or Hmac"),
    ],
)
def test_half_of_key_and_secret_is_told_before_anything_is_dialled(key: str, secret: Any, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        connect("ws://127.0.0.1:1", key, secret)
    with pytest.raises(ValueError, match=expected):
        Core(Dial("localhost", "/v1/oe"), key, secret)


@pytest.mark.rule("SESS-003", "SEC-025")
@pytest.mark.parametrize("secret", [Hmac(b"x" * 32), Ed25519.generate()], ids=["hmac", "another key"])
def test_wrong_secret_is_told_by_the_venue_in_one_line_and_in_its_log(tmp_path: Path, secret: Any) -> None:
    lines: list[str] = []

    async def scene(server: RunningServer, seller: Session, buyer: Session, month: InstrumentDefinition) -> None:
        server.gateway.refused_logons.log_to(lines.append)
        with pytest.raises(
            ConnectFailed, match="logon refused: BAD_AUTH the key is unknown, or the signature is not its own"
        ):
            async with connect(server.url, "k_t1", secret):
                pass

    play(tmp_path, scene)
    (line,) = lines
    assert line.startswith("logon of key k_t1 from 127.0.0.1 refused: ")
    assert ("hmac-sha256 is not enabled" if secret.algorithm != "ed25519" else "wrong signature") in line
