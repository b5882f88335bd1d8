"""The checks in their order: later ones run only where earlier ones have passed."""

from pathlib import Path

from exchange.cli.remote.examination import examine
from exchange.seams import RealClock
from tests.cli.remote.checked import by_name, key_file
from tests.gateway.sockets import Venue, run

CLOCK = RealClock()


def test_all_checks_of_a_sound_address(tmp_path: Path) -> None:
    async def test(venue: Venue) -> None:
        file = key_file(venue, tmp_path)
        found = by_name(
            await examine(f"{venue.server.url}/v1/oe", CLOCK, venue.keys[0].key, file, "https://x.test", 0.2)
        )
        assert list(found)[-4:] == ["origin", "key file", "logon", "streams"]
        assert {finding.state for finding in found.values()} == {"ok"}, found
        assert "streams" not in by_name(await examine(venue.server.url, CLOCK))

    run(tmp_path / "venue", test)


def test_nothing_is_asked_of_a_venue_that_is_not_reached(tmp_path: Path) -> None:
    async def test(venue: Venue) -> None:
        file = key_file(venue, tmp_path)
        closed = await examine("ws://127.0.0.1:1", CLOCK, "k", file, "", 1)
        assert [one.check for one in closed] == ["name", "tcp", "key file"]
        wrong = await examine(f"{venue.server.url}/v2/md", CLOCK, "k", file, "", 1)
        assert [one.check for one in wrong] == ["name", "tcp", "upgrade", "key file"]

    run(tmp_path / "venue", test)
