"""A local refusal is the venue's: the same exception with the same text, without a round trip."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from clients.client import Session, connect
from clients.credentials import Ed25519
from clients.errors import Refused
from clients.refusals.kinds import AccessRefused, RequestFaulty
from exchange.main import RunningServer
from exchange.venue.bootstrap import OpenVenue
from exchange.wire.messages import Cancel, InstrumentDefinition, New, Query, Replace
from tests.clients.scenes import PRICE, SEEDS, enrol, play

READER = bytes([9] * 32)
# Faults of an order that the venue and the client find, by what they are.
CASES: dict[str, dict[str, Any]] = {
    "a word that does not exist": {"tif": "gtx"},
    "a client order id with a space": {"client_order_id": "a b"},
    "no lots": {"order_lots": 0},
    "more lots than any order may have": {"order_lots": 10_001},
    "a limit order without a price": {"price_tick": None},
    "gtd without its time": {"tif": "gtd"},
    "a time that is not of gtd": {"expiry_us": 2**52},
    "a trigger of a limit order": {"trigger_tick": 5},
    "an instrument that is not listed": {"instrument": 4_000_000_000},
    "an old revision": {"revision": 77},
    "a price that no outright may have": {"price_tick": -5},
    "post-only at once": {"post_only": "reject", "tif": "ioc"},
    "an iceberg at once": {"display_lots": 1, "tif": "ioc"},
    "an account of somebody else": {"account": 2},
    "a request that is over": {"expires_us": 1},
}


def order(month: InstrumentDefinition, **changes: Any) -> New:
    usual: dict[str, Any] = {"instrument": month.instrument, "side": "b", "price_tick": 2810, "order_lots": 1}
    terms = usual | {"client_order_id": "mine", "request_id": 1} | changes
    return New(**{name: value for name, value in terms.items() if value is not None})


async def refused(call: Callable[[], Awaitable[Any]]) -> Refused:
    with pytest.raises(Refused) as caught:
        await call()
    return caught.value


def compare(tmp_path: Path, cases: dict[str, Callable[[Session, InstrumentDefinition], Awaitable[Any]]]) -> None:
    """Each case once with local checks and once without: both refuse in the same words, and only one was sent."""

    async def scene(server: RunningServer, checked: Session, _: Session, instrument: InstrumentDefinition) -> None:
        key = "k_t1", Ed25519.from_seed(SEEDS[1])
        async with connect(server.url, *key, seed=3, check_locally=False) as trusting:
            await trusting.instruments()
            for name, case in cases.items():
                before = checked.core.requests.last_id
                own = await refused(lambda case=case: case(checked, instrument))
                venue = await refused(lambda case=case: case(trusting, instrument))
                assert checked.core.requests.last_id == before, f"{name}: it was sent"
                assert (type(own), str(own), own.is_local) == (type(venue), str(venue), True), name
                assert not venue.is_local

    play(tmp_path, scene)


@pytest.mark.rule("WIRE-020", "ORDER-004")
def test_orders_are_refused_in_the_venue_s_words(tmp_path: Path) -> None:
    compare(
        tmp_path,
        {name: lambda session, month, c=changes: session.request(order(month, **c)) for name, changes in CASES.items()},
    )


def test_other_requests_are_refused_in_the_venue_s_words(tmp_path: Path) -> None:
    compare(
        tmp_path,
        {
            "a replace of nothing": lambda session, _: session.request(Replace(request_id=1, order_lots=5)),
            "a replace to ioc": lambda session, _: session.request(
                Replace(request_id=1, client_order_id="a", tif="ioc")
            ),
            "a cancel of nothing": lambda session, _: session.request(Cancel(request_id=1)),
            "a query of nothing": lambda session, _: session.request(Query(request_id=1, what="all")),  # type: ignore[arg-type]
        },
    )


@pytest.mark.rule("BAND-001")
def test_a_price_outside_the_daily_limits_is_refused_with_them(tmp_path: Path) -> None:
    """The venue's range may be narrower, because the band around the last price bounds the aggressive side."""

    async def scene(_: RunningServer, session: Session, __: Session, instrument: InstrumentDefinition) -> None:
        low, high = instrument.limit_ticks
        own = await refused(lambda: session.request(order(instrument, price_tick=high + 1)))
        session.checks.enabled = False
        venue = await refused(lambda: session.request(order(instrument, price_tick=high + 1)))
        assert type(own) is type(venue) and own.error.message == venue.error.message
        assert (own.error.low_tick, own.error.high_tick) == (low, high)
        assert venue.error.low_tick == low and low < venue.error.high_tick <= high

    play(tmp_path, scene)


@pytest.mark.rule("TIF-009")
def test_an_order_that_is_over_is_refused_and_the_venue_would_end_it(tmp_path: Path) -> None:
    async def scene(_: RunningServer, session: Session, __: Session, instrument: InstrumentDefinition) -> None:
        over = order(instrument, tif="gtd", expiry_us=1_000)
        assert isinstance(await refused(lambda: session.request(over)), RequestFaulty)
        session.checks.enabled = False
        assert (await session.request(over)).state == "expired"

    play(tmp_path, scene)


def test_a_key_without_the_scope_is_refused_in_the_venue_s_words(tmp_path: Path) -> None:
    def enrolling(venue: OpenVenue) -> None:
        enrol(venue)
        venue.make_key("reader", account=1, scopes=("read",), seed=READER)

    async def scene(server: RunningServer, _: Session, __: Session, instrument: InstrumentDefinition) -> None:
        async with connect(server.url, "k_reader", Ed25519.from_seed(READER), seed=4) as session:
            own = await refused(lambda: session.buy(instrument, 1, PRICE))
            session.checks.enabled = False
            venue = await refused(lambda: session.buy(instrument, 1, PRICE))
            assert isinstance(own, AccessRefused) and type(own) is type(venue)
            assert own.error.message == venue.error.message

    play(tmp_path, scene, enrolling=enrolling)


def test_good_orders_pass(tmp_path: Path) -> None:
    async def scene(_: RunningServer, session: Session, __: Session, instrument: InstrumentDefinition) -> None:
        assert (await session.request(order(instrument))).state == "open"
        assert (await session.request(order(instrument, client_order_id="b", tif="ioc"))).state == "cancelled"

    play(tmp_path, scene)
