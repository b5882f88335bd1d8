"""Checks of a key: its file's rights and form, and its logon."""

from pathlib import Path

import pytest

from clients.credentials import Ed25519
from exchange.cli.remote.address_checks import parse_address
from exchange.cli.remote.key_checks import check_file, check_logon, id_of_key
from exchange.seams import RealClock
from tests.cli.remote.checked import key_file
from tests.gateway.sockets import Venue, run


@pytest.mark.rule("SEC-070")
def test_a_file_that_others_may_read_is_found(tmp_path: Path) -> None:
    path, secret = tmp_path / "a.pem", Ed25519.generate()
    path.write_bytes(secret.pem())
    for mode, state in ((0o600, "ok"), (0o400, "ok"), (0o640, "fail"), (0o604, "fail"), (0o666, "fail")):
        path.chmod(mode)
        finding, loaded = check_file(path)
        assert finding.state == state and loaded is not None and loaded.public == secret.public
        assert (f"chmod 600 {path}" in finding.remedy) == (state == "fail")
    assert "mode 666: others may read it" in finding.found


def test_a_key_has_the_id_of_its_file_unless_another_is_given() -> None:
    assert id_of_key(None, "") == "" and id_of_key(Path("data/alice.pem"), "") == "k_alice"
    assert id_of_key(Path("data/alice.pem"), "k_bob") == "k_bob"


def test_a_file_that_holds_no_key_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.pem"
    finding, secret = check_file(path)
    assert (finding.found, secret) == (f"{path}: no such file or directory", None)
    path.write_text("hello")
    finding, secret = check_file(path)
    assert (finding.found, secret) == (f"{path} holds no readable Ed25519 private key in PEM form", None)
    finding, secret = check_file(tmp_path)
    assert finding.state == "fail" and secret is None and "directory" in finding.found


@pytest.mark.rule("SESS-001")
def test_a_logon_is_tried_and_leaves_nothing(tmp_path: Path) -> None:
    async def test(venue: Venue) -> None:
        pair = venue.keys[0]
        secret = check_file(key_file(venue, tmp_path))[1]
        assert secret is not None
        for path in ("", "/v1/oe"):
            address = parse_address(venue.server.url + path)
            good = await check_logon(address, RealClock(), pair.key, secret)
            assert (good.state, good.found) == ("ok", f"{pair.key}: accounts 1, scopes read, trade")
        wrong = await check_logon(address, RealClock(), "k_nobody", secret)
        assert wrong.state == "fail" and wrong.found.startswith("k_nobody: BAD_AUTH: the key is unknown, or")
        assert f"it must know k_nobody with the public half {secret.public}" in wrong.remedy

    run(tmp_path / "venue", test)
