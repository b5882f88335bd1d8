"""The table of handlers, messages before a logon, and floods behind the limit of frames."""

import itertools
from typing import get_args

import msgspec
import pytest

from exchange.gateway.handlers.dispatch import PRIVATE, PUBLIC
from exchange.gateway.throttle import STANDARD
from exchange.wire.messages import (
    Auth,
    Batch,
    BatchCancel,
    Cancel,
    ClientMessages,
    Ping,
    Query,
    Quote,
)
from tests.gateway.harness import Bench
from tests.gateway.test_logon import refused


@pytest.mark.rule("WIRE-014")
def test_every_request_has_a_handler() -> None:
    assert {*PRIVATE, *PUBLIC} == {*get_args(ClientMessages)} - {Auth, Ping}


@pytest.mark.rule("SESS-004", "BAD-043", "SEC-004")
def test_order_or_query_before_logon_is_refused_and_closes(bench: Bench) -> None:
    refused(bench.open(), bench.order(5, "a"), "NOT_LOGGED_ON", 4002)
    refused(bench.open(), Query(request_id=5, what="open"), "NOT_LOGGED_ON", 4002)
    refused(bench.open("/v1/md"), bench.order(5, "a"), "NOT_LOGGED_ON", 4002)


@pytest.mark.rule("RATE-002", "BAD-055", "SEC-043")
@pytest.mark.parametrize("kind", ["order", "cancel", "quote", "batch"])
def test_limit_of_frames_hides_no_flood_of_commands(tmp_path: object, kind: str) -> None:
    """Each in a frame of its own: more than ten times the account's rate, less than that of frames."""
    with Bench(str(tmp_path), STANDARD) as bench:
        peer, calm, ids = bench.connect(bench.keys[1]), bench.connect(bench.keys[2]), itertools.count(10)
        row = (bench.instrument, 5, 1, 7, 1)
        made = {
            "order": bench.order(1, "a"),
            "cancel": Cancel(request_id=1, client_order_id="a"),
            "quote": Quote(request_id=1, protection_group=1, quotes=[row] * 4),
            "batch": Batch(request_id=1, operations=[BatchCancel(client_order_id="a")] * 2),
        }
        for _ in range(14):
            for _ in range(4_200 if peer.transport.closed is None else 0):
                peer.send(msgspec.structs.replace(made[kind], request_id=next(ids)))
            calm.ask(Ping(request_id=1))
            bench.pass_ms(1_000)
            peer.take()
        assert peer.transport.closed is not None and peer.transport.closed[0] == 4008
        assert calm.transport.closed is None
