"""The dead-man timer and the kill switch through the gateway (SESS-022, ACCT-011)."""

import pytest

from exchange.engine import query
from exchange.wire.messages import CancelTerms, Err, Kill, Timer, Unkill
from tests.gateway.harness import Bench


@pytest.mark.rule("SESS-022")
def test_timer_is_armed_and_disarmed(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1], cancel_terms=CancelTerms(mode="off"))
    assert peer.ask(Timer(request_id=5, ms=1_000))[0].until_us
    assert query.next_due_ns(bench.venue.states) > 0
    assert peer.ask(Timer(request_id=6, ms=0))[0].until_us is None
    refusal = peer.ask(Timer(request_id=7, ms=999))[0]
    assert isinstance(refusal, Err) and refusal.name == "BAD_MESSAGE"


@pytest.mark.rule("ACCT-011")
def test_kill_needs_the_scope_of_a_risk_desk(bench: Bench) -> None:
    peer = bench.connect(bench.keys[1])
    for message in (Kill(request_id=5, scope="account", account=1), Unkill(request_id=6, scope="firm")):
        refusal = peer.ask(message)[0]
        assert isinstance(refusal, Err) and refusal.name == "SCOPE"


@pytest.mark.rule("SEC-060")
@pytest.mark.parametrize("path", ["/v1/oe", "/v1/dc", "/v1/md"])
def test_an_operators_key_does_not_log_on_at_the_port_of_clients(bench: Bench, path: str) -> None:
    pair = bench.opened.make_key("ops", 1, scopes=("admin",))
    peer = bench.open(path)
    refusal = peer.log_on(pair)[0]
    assert isinstance(refusal, Err) and refusal.name == "SCOPE" and "operator's socket" in refusal.message
    assert peer.transport.closed is not None
