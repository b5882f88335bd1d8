"""Checks of a data folder."""

import asyncio
from pathlib import Path

from clients.credentials import Ed25519
from exchange.cli.remote.folder_checks import check_folder
from tests.gateway.sockets import Venue, run


def test_what_is_no_folder_is_said(tmp_path: Path) -> None:
    (found,) = check_folder(tmp_path / "nothing")
    assert found.state == "fail" and found.found.endswith("nothing is no folder")


def test_rights_and_keys_are_looked_at(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    states = {finding.check: finding.state for finding in check_folder(folder)}
    assert states == {"folder": "ok", "key files": "note", "venue": "note"}
    (folder / "keys").mkdir()
    for name, mode in (("a", 0o600), ("b", 0o644), ("keys/market31", 0o644)):
        path = folder / f"{name}.pem"
        path.write_bytes(Ed25519.generate().pem())
        path.chmod(mode)
    folder.chmod(0o755)
    found = check_folder(folder)
    assert [(one.check, one.state) for one in found] == [
        ("folder", "fail"), ("venue", "note"), ("key file", "ok"), ("key file", "fail"), ("key file", "fail"),
    ]  # fmt: skip
    assert found[0].remedy == f"chmod 700 {folder}"


def test_a_running_venue_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "venue"

    async def test(venue: Venue) -> None:
        (found,) = [one for one in await asyncio.to_thread(check_folder, folder) if one.check == "venue"]
        assert found.state == "ok" and found.found.startswith("runs: sequence ") and "H100 OPEN" in found.found

    run(folder, test)
