"""The table of errors, and the engine's reasons as codes."""

import pytest

from exchange.codes import MarketState, RejectReason
from exchange.wire.errors import (
    CLOSE_MEANINGS,
    ERROR_MEANINGS,
    CloseCode,
    ErrorCode,
    Retry,
    applied,
    error,
    reason_code,
    reason_text,
)


@pytest.mark.rule("WIRE-020")
def test_error_codes_never_use_4xxx_and_ours_of_a_close_always_do() -> None:
    assert not [code for code in ErrorCode if 4000 <= code < 5000]
    assert all(4000 <= code < 4100 or code in (1000, 1001, 1002, 1003, 1007, 1009) for code in CloseCode)


@pytest.mark.rule("WIRE-020")
def test_only_a_lost_outcome_is_unknown() -> None:
    unknown = {code for code in ErrorCode if applied(code) == "unknown"}
    assert unknown == {ErrorCode.DUP_ID, ErrorCode.TIMEOUT, ErrorCode.INTERNAL}


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("BAD_QTY", 5005), ("BAD_LOT", 5005), ("BAD_COMBO", 5008), ("SHOW", 5008), ("DUP_INST", 5305),
        ("CROSSED_QUOTE", 5304), ("UNKNOWN", 5201), ("KILLED", 6004), ("UNKNOWN_INST", 5001), ("OFF_TICK", 5004),
        ("DUP_ID", 5007), ("MMP", 5302), ("NO_OPP", 5101), ("BAND", 5003), ("CLOSE_ONLY", 7005), ("POSITION", 6002),
        ("INSUFFICIENT_MARGIN", 6001), ("FULL", 3002), ("PO_CROSS", 5104), ("ELECTED", 5102), ("IOC_ONLY", 5008),
        ("UNKNOWN_ACCOUNT", 5006),
    ],
)  # fmt: skip
def test_reason_of_the_engine_has_the_code_of_the_protocol(reason: str, code: int) -> None:
    assert reason_code(RejectReason[reason]) == code
    assert reason_text(RejectReason[reason])


def test_every_reason_has_a_code() -> None:
    for reason in RejectReason:
        if reason != RejectReason.NONE:
            assert reason_code(reason) in ErrorCode


@pytest.mark.rule("WIRE-020")
@pytest.mark.parametrize("reason", [reason for reason in RejectReason if reason != RejectReason.NONE])
def test_every_reason_has_a_sentence_that_says_more_than_its_name(reason: RejectReason) -> None:
    text = reason_text(reason)
    assert text.lower() != reason.name.replace("_", " ").lower()
    assert len(text.split()) >= 3


@pytest.mark.rule("WIRE-020")
def test_the_refusal_of_lots_names_their_range() -> None:
    assert "10000" in reason_text(RejectReason.BAD_QTY)


@pytest.mark.parametrize(
    ("state", "code"),
    [("CLOSED", 7001), ("HALT", 7002), ("PREOPEN", 7003), ("PAUSED", 7003), ("RESERVED", 7003), ("NONE", 7003)],
)
def test_a_refusal_for_the_market_state_names_it(state: str, code: int) -> None:
    assert reason_code(RejectReason.STATE, MarketState[state]) == code


def test_error_carries_the_name_of_its_code() -> None:
    reply = error(5, ErrorCode.THROTTLED, "order bucket empty")
    assert (reply.reply_to, reply.code, reply.name, reply.applied) == (5, 3001, "THROTTLED", "no")


@pytest.mark.rule("WIRE-020")
def test_every_code_says_what_it_means() -> None:
    assert [*ERROR_MEANINGS] == [*ErrorCode]
    assert [*CLOSE_MEANINGS] == [*CloseCode]
    for code, meaning in ERROR_MEANINGS.items():
        assert (meaning.retry == Retry.ASK_FIRST) == (applied(code) == "unknown")
