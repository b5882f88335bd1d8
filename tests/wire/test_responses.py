"""Replies and session messages: what is sent in full, and what is left out."""

import pytest

from exchange.wire.codec import CODECS
from exchange.wire.messages import BatchResult, CancelTerms, Err, Hello, Ok, full_terms
from exchange.wire.version import JSON_SUBPROTOCOL

JSON = CODECS[JSON_SUBPROTOCOL]


@pytest.mark.rule("SESS-020")
def test_cancel_terms_are_echoed_with_every_key() -> None:
    terms = full_terms(CancelTerms(mode="account"))
    assert JSON.encode(terms) == b'{"mode":"account","orders":"all","on":"drop","grace_ms":3000}'
    assert full_terms(CancelTerms()) == type(terms)(), "the defaults of both are the same"


@pytest.mark.rule("WIRE-010")
def test_a_reply_leaves_out_what_it_has_nothing_to_say_about() -> None:
    assert JSON.encode(Ok(5)) == b'{"t":"ok","re":5}'
    assert JSON.encode(Ok(5, leaves_lots=0)) == b'{"t":"ok","re":5,"lv":0}'
    refusal = Err(5, 3001, "THROTTLED", "order bucket empty", "no")
    assert JSON.encode(refusal) == (
        b'{"t":"err","re":5,"code":3001,"name":"THROTTLED","msg":"order bucket empty","applied":"no"}'
    )


@pytest.mark.rule("ENTRY-013")
def test_the_result_of_an_operation_has_the_keys_of_its_reply() -> None:
    keys = dict(zip(BatchResult.__struct_fields__, BatchResult.__struct_encode_fields__, strict=True))
    for kind in (Ok, Err):
        own = dict(zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True))
        assert all(keys[name] == own[name] for name in keys.keys() & own.keys())
    assert {"oid", "coid", "st", "lv", "cum", "e", "code", "name", "msg", "applied"} <= set(keys.values())


@pytest.mark.rule("RATE-001")
def test_hello_has_a_field_for_every_limit() -> None:
    limits = {"hb_ms", "dead_ms", "inflight", "max_frame", "dedup", "replay_h", "max_channels", "out", "limits"}
    assert limits <= set(Hello.__struct_encode_fields__)
