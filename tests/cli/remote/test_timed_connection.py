"""A raw connection: replies with their times, and a logon that leaves no trace."""

from pathlib import Path

from clients.credentials import Ed25519
from exchange.cli.remote.timed_connection import Timed, TimedConnection
from exchange.seams import RealClock
from exchange.wire.messages import Err, Logout, Ok, Ping, Welcome
from tests.cli.remote.checked import WrongClock
from tests.gateway.sockets import Venue, run


def test_times_of_both_sides_give_round_trip_and_difference() -> None:
    reply = Ok(1, received_us=5_000, sent_us=5_010)
    timed = Timed(reply, sent_us=105_000, received_us=105_110)
    assert (timed.round_trip_us, timed.venue_us, timed.ahead_us) == (110, 10, 100_050)


def test_a_request_is_answered_and_others_messages_are_passed_over(tmp_path: Path) -> None:
    async def test(venue: Venue) -> None:
        async with TimedConnection(f"{venue.server.url}/v1/md", WrongClock(2)) as line:
            assert line.hello.connection > 0
            timed = await line.ask(lambda number: Ping(request_id=number))
            assert isinstance(timed.reply, Ok) and timed.round_trip_us >= timed.venue_us >= 0
            assert abs(timed.ahead_us - 2 * 3_600_000_000) <= timed.round_trip_us

    run(tmp_path, test)


def test_a_logon_opens_a_session_that_cancels_nothing(tmp_path: Path) -> None:
    async def test(venue: Venue) -> None:
        url, pair = f"{venue.server.url}/v1/oe", venue.keys[0]
        async with TimedConnection(url, RealClock()) as line:
            welcome = await line.log_on(pair.key, Ed25519.from_seed(pair.seed))
            assert isinstance(welcome, Welcome) and welcome.accounts == [pair.account]
            assert welcome.cancel_terms.mode == "off"
            assert isinstance((await line.ask(lambda number: Logout(request_id=number))).reply, Ok)
        async with TimedConnection(url, RealClock()) as line:
            refused = await line.log_on(pair.key, Ed25519.generate())
            assert isinstance(refused, Err) and refused.name == "BAD_AUTH"

    run(tmp_path, test)
