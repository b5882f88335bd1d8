"""Does the work of `gpux login`: logs on once, then writes the profile."""

from pathlib import Path

from exchange.cli.trading import profile
from exchange.cli.trading.asking import asked, session_of
from exchange.cli.trading.place import Access
from exchange.cli.trading.profile import SavedProfile
from exchange.cli.trading.showing import print_json
from exchange.venue.loop import run_loop


def login(place: Access, name: str, check: bool, json: bool) -> None:
    """Write the profile `name` for a place that works. UserError: it does not, or the file cannot be written."""
    profile.path_of(name)  # a wrong name fails before the logon
    session_of(place)  # so does a file without a key
    accounts, scopes = run_loop(_log_on(place)) if check else ([], [])
    path = profile.write(name, SavedProfile(place.url, place.key, str(Path(place.key_file).absolute())))
    if json:
        found = {"venue": place.url, "key": place.key, "acc": accounts, "scopes": scopes, "profile": str(path)}
        print_json(found)
        return
    known = f", account {', '.join(map(str, accounts))}, scopes {', '.join(scopes)}" if check else ", not checked"
    print(f"{place.key} at {place.url}{known}; noted in {path}")


async def _log_on(place: Access) -> tuple[list[int], list[str]]:
    """Accounts and scopes of the key."""
    async with asked(place) as session:
        welcome = session.core.welcome
        assert welcome is not None
        return welcome.accounts, welcome.scopes
