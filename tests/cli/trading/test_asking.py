"""What goes wrong between a command and a venue becomes one line and an exit code."""

import asyncio

import pytest

from clients.errors import ChannelRefused, NotLive, Refused, SessionOver
from exchange.cli.trading.asking import account_of, asked, listed, refusal, session_of
from exchange.cli.trading.place import Access
from exchange.errors import UserError
from exchange.wire.errors import ErrorCode, error
from exchange.wire.messages import WhatIfResult
from tests.cli.trading.conftest import RunningVenue
from tests.clients.scenes import SYMBOL
from tests.clients.stub_session import instrument


def place(venue: RunningVenue, name: str) -> Access:
    return Access(venue.url, f"k_{name}", str(venue.keys / f"{name}.pem"))


@pytest.mark.parametrize(
    ("failure", "code", "named"),
    [
        (SessionOver("the session is over"), 69, "what was sent may have been done"),
        (NotLive("no live connection"), 69, "no live connection"),
        (Refused(error(1, ErrorCode.BUSY, "too much")), 1, "BUSY: too much"),
        (ChannelRefused("depth 1", 5001), 1, "channel depth 1: refused with code 5001 UNKNOWN_INSTRUMENT"),
    ],
)
def test_a_failure_inside_a_session_has_its_exit_code(
    failure: Exception, code: int, named: str, venue: RunningVenue
) -> None:
    async def fail() -> None:
        async with asked(place(venue, "alice")):
            raise failure

    with pytest.raises(UserError, match=named) as ended:
        asyncio.run(fail())
    assert ended.value.code == code


def test_a_call_without_an_answer_is_one_line_and_69(venue: RunningVenue) -> None:
    async def ask() -> None:
        async with asked(place(venue, "alice")) as session:
            calling = asyncio.create_task(session.open_orders())
            await asyncio.sleep(0)
            await session._stop()
            await calling

    with pytest.raises(UserError, match="the session is over; what was sent may have been done") as ended:
        asyncio.run(ask())
    assert ended.value.code == 69


def test_orders_of_a_command_outlive_it(venue: RunningVenue) -> None:
    async def enter() -> int:
        async with asked(place(venue, "alice")) as session:
            order = await session.buy(await session.instrument(SYMBOL), 1, "2.700")
        async with asked(place(venue, "alice")) as session:
            return await session.cancel_all() if (await session.find_order(order_id=order.order_id)).leaves_lots else 0

    assert asyncio.run(enter()) == 1


def test_what_the_client_refuses_by_itself_ends_as_any_refusal(venue: RunningVenue) -> None:
    refused = Refused(error(1, ErrorCode.PRICE_INCREMENT, "off"))
    refused.is_local = True  # type: ignore[attr-defined]

    async def fail() -> None:
        async with asked(place(venue, "alice")):
            raise refused

    with pytest.raises(UserError, match="PRICE_INCREMENT") as ended:
        asyncio.run(fail())
    assert ended.value.code == 1


def test_a_refusal_says_what_would_be_allowed() -> None:
    refused = error(1, ErrorCode.PRICE_BAND, "outside")
    refused.low_tick, refused.high_tick = 2_500, 3_000
    assert refusal(refused) == "PRICE_BAND: outside; allowed: 2.500 to 3.000"
    refused = error(1, ErrorCode.THROTTLED, "slower")
    refused.retry_us = 250_000
    assert refusal(refused) == "THROTTLED: slower; wait 0.2 s"
    refused = error(1, ErrorCode.DUP_ID, "again")
    assert refusal(refused) == "DUP_ID: again; applied: unknown"
    closed = error(1, ErrorCode.MARKET_CLOSED, "closed")
    closed.phase = "CLOSED"
    assert refusal(closed) == "MARKET_CLOSED: closed; the phase is CLOSED"
    assert refusal(WhatIfResult(2_000, 1_000, code=6001, name="MARGIN", message="too little")) == (
        "MARGIN: too little; needs $2.00, free are $1.00"
    )


def test_a_symbol_may_be_typed_in_small_letters_and_a_wrong_one_names_near_ones() -> None:
    known = {symbol: instrument(number, symbol) for number, symbol in enumerate(("H100.G90.F27", "H100.G90.G27"))}
    assert listed(known, "h100.g90.f27", "here").symbol == "H100.G90.F27"
    with pytest.raises(UserError, match=r"no instrument 'H100.G90.X27' among 2 at here; did you mean H100"):
        listed(known, "H100.G90.X27", "here")


def test_the_first_account_is_meant_unless_another_of_the_key_is_named(venue: RunningVenue) -> None:
    async def ask() -> None:
        async with asked(place(venue, "bob")) as session:
            assert account_of(session, 0) == account_of(session, 2) == 2
            with pytest.raises(UserError, match="--account 3 is not of key k_bob, which has 2"):
                account_of(session, 3)

    asyncio.run(ask())


def test_orders_of_a_command_are_not_cancelled_by_a_lost_connection(venue: RunningVenue) -> None:
    async def ask() -> str:
        async with asked(place(venue, "alice")) as session:
            return session.core.cancel_terms.mode

    assert asyncio.run(ask()) == "off"


def test_a_key_file_that_cannot_be_read_is_a_mistake() -> None:
    with pytest.raises(UserError, match=r"key file nowhere\.pem: No such file"):
        session_of(Access("ws://127.0.0.1:1", "k_a", "nowhere.pem"))
