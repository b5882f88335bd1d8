"""What the venue's log says of refused logons, and that it stays short and keeps secrets."""

from dataclasses import replace
from typing import Any

import pytest

from exchange.gateway.auth import KeyPair, signed_text
from exchange.gateway.logon import REFUSED
from exchange.gateway.refused_logons import LINES_PER_MINUTE
from exchange.gateway.throttle import LOOPBACK
from exchange.wire.messages import Auth
from tests.gateway.harness import Bench, Peer

STRANGER = KeyPair("k_nobody", 1, bytes([99]) * 32)
NAMES = ("localhost", "127.0.0.1", "::1")


def listen(bench: Bench) -> list[str]:
    lines: list[str] = []
    bench.gateway.refused_logons.log_to(lines.append)
    bench.gateway.refused_logons.set_hosts(NAMES)
    return lines


def signed(peer: Peer, pair: KeyPair, signer: KeyPair | None = None, **signs: str) -> Auth:
    """A logon of a key; `signs`: what its signature is over in place of what is served."""
    served = {"host": "localhost", "path": peer.path, "nonce": peer.hello.nonce, "key": pair.key, "sid": ""} | signs
    return Auth(request_id=1, key=pair.key, signature=(signer or pair).sign(signed_text(**served)))


REASONS: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    ("over another host", {"host": "127.0.0.1"}, ("host 127.0.0.1", "host localhost")),
    ("over another path", {"path": "/v1/md"}, ("path /v1/md", "path /v1/oe")),
    ("over another nonce", {"nonce": "x" * 43}, ("wrong signature",)),
    ("over an unknown host", {"host": "evil.example"}, ("other text than", "host localhost", "path /v1/oe")),
    ("by another key", {"signer": STRANGER}, ("wrong signature", "another key")),
    ("of an unknown key", {"pair": STRANGER}, ("no such key",)),
]


@pytest.mark.rule("SEC-025", "SEC-011", "SESS-001")
@pytest.mark.parametrize(("name", "how", "facts"), REASONS, ids=[name for name, _, _ in REASONS])
def test_log_names_key_address_and_reason_which_the_peer_does_not_get(
    bench: Bench, name: str, how: dict[str, Any], facts: tuple[str, ...]
) -> None:
    lines = listen(bench)
    peer = bench.open(address="192.0.2.7")
    pair = how.get("pair", bench.keys[1])
    message = signed(peer, **({"pair": pair} | how))
    answer = peer.ask(message)[0]
    assert (answer.name, answer.message) == ("BAD_AUTH", REFUSED)
    (line,) = lines
    assert pair.key in line and "192.0.2.7" in line and all(fact in line for fact in facts)
    assert message.signature not in line and peer.hello.nonce not in line and pair.seed.hex() not in line


@pytest.mark.rule("SEC-025", "SESS-002")
def test_log_names_an_old_or_used_nonce_an_ended_key_and_another_algorithm(bench: Bench) -> None:
    lines = listen(bench)
    slow = bench.open("/v1/md")
    bench.clock.now += 12_000_000_000
    slow.ask(signed(slow, bench.keys[1]))
    twice = bench.connect(bench.keys[1])
    twice.ask(signed(twice, bench.keys[1]))
    keys = bench.gateway.keys.keys
    keys["k_test2"] = replace(keys["k_test2"], expires_us=bench.clock.wall_us() - 1)
    ended, other = bench.open(), bench.open()
    ended.ask(signed(ended, bench.keys[2]))
    message = signed(other, bench.keys[1])
    message.algorithm = "hmac-sha256"
    other.ask(message)
    wanted = (
        "12 s old",
        "was used before",
        "has expired or was revoked",
        "hmac-sha256",
    )
    assert len(lines) == 4 and all(part in line for part, line in zip(wanted, lines, strict=True)), lines


@pytest.mark.rule("SEC-025", "SESS-008")
def test_log_has_the_reasons_that_the_peer_gets_too(bench: Bench) -> None:
    lines = listen(bench)
    first = bench.connect(bench.keys[1])
    name = first.connection.session.name  # type: ignore[union-attr]
    bench.open().log_on(bench.keys[1], name)
    bench.open().log_on(bench.keys[2], name)
    keys = bench.gateway.keys.keys
    keys["k_test3"] = replace(keys["k_test3"], addresses=frozenset({"192.0.2.9"}))
    assert bench.open(address="192.0.2.7").log_on(bench.keys[3])[0].name == "ADDRESS_NOT_ALLOWED"
    wanted = ("set take to close it", "another key's", "may not be used from this address")
    assert len(lines) == 3 and all(part in line for part, line in zip(wanted, lines, strict=True)), lines


@pytest.mark.rule("SEC-025")
def test_log_names_a_signature_over_no_session_where_one_is_resumed(bench: Bench) -> None:
    lines = listen(bench)
    peer = bench.open()
    message = signed(peer, bench.keys[1])
    message.session_id = "s_00000001"
    peer.ask(message)
    assert "no session" in lines[0] and "session s_00000001" in lines[0]


@pytest.mark.rule("SEC-025")
def test_flood_of_bad_logons_is_ten_lines_a_minute_and_a_count(tmp_path: object) -> None:
    with Bench(str(tmp_path), LOOPBACK) as bench:
        lines = listen(bench)
        for _ in range(200):
            peer = bench.open()
            peer.ask(signed(peer, STRANGER))
            peer.drop()
        assert len(lines) == LINES_PER_MINUTE
        bench.pass_ms(61_000)
        assert len(lines) == LINES_PER_MINUTE + 1 and "190" in lines[-1]
        for _ in range(3):
            peer = bench.open()
            peer.ask(signed(peer, STRANGER))
        assert len(lines) == LINES_PER_MINUTE + 4
        bench.pass_ms(61_000)
        assert len(lines) == LINES_PER_MINUTE + 4


@pytest.mark.rule("SEC-010")
def test_unknown_key_is_looked_into_as_long_as_a_known_one(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the time of the answer would reveal which keys there are."""
    from exchange.gateway import auth

    verify, counts = auth.verify, []
    monkeypatch.setattr(auth, "verify", lambda *arguments: counts.append(0) or verify(*arguments))
    listen(bench)
    told = []
    for pair, signer in ((bench.keys[1], STRANGER), (STRANGER, STRANGER)):
        counts.clear()
        peer = bench.open()
        peer.ask(signed(peer, pair, signer))
        told.append(len(counts))
    assert told[0] == told[1] > 1
