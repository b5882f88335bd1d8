"""Bands off and busts, which would take two people, are no requests of this venue (SEC-061)."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from exchange.wire.messages import Err
from tests.gateway.harness import SYMBOL, Bench
from tests.operator.asking import answer_to

ONE = {"signature": "c2lnbmVk", "by": "k_ops1"}
# An old nonce is no worse than a fresh one: nobody reads it.
REQUESTS: list[dict[str, Any]] = [
    {"do": "bands_off", "target": "H100"},
    {"do": "bands_off", "target": "H100", **ONE},
    {"do": "state", "target": "H100", "to": "open", "bands": False},
    {"do": "bust", "trade": 1},
    {"do": "bust", "trade": 1, "nonce": "AAAA", **ONE},
    {"do": "settle", "prices": {SYMBOL: 1}, "signatures": [ONE, ONE]},
]


@pytest.mark.rule("BAD-063")
@pytest.mark.parametrize("request_", REQUESTS)
def test_no_request_turns_bands_off_or_busts_a_trade(tmp_path: Path, request_: dict[str, Any]) -> None:
    with Bench(str(tmp_path)) as bench:
        buyer, seller = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
        buyer.ask(bench.order(10, "a1"))
        seller.ask(bench.order(10, "b1", side="s"))
        before = bench.venue.sequence, bench.venue.engine.state_hash()
        answer = answer_to(bench, msgspec.json.encode(request_))
        assert not answer.ok and answer.why and not answer.lines
        assert (bench.venue.sequence, bench.venue.engine.state_hash()) == before, "not even journalled"
        wire = msgspec.json.encode({"t": request_["do"], "id": 11, **{k: v for k, v in request_.items() if k != "do"}})
        buyer.take()
        buyer.raw(wire.decode())
        (refused,) = buyer.take()
        assert isinstance(refused, Err) and refused.code == 1002 and refused.message.startswith("UNKNOWN_OP")
        assert bench.venue.engine.state_hash() == before[1]
