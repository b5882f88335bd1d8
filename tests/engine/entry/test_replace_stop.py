"""Cancel/replace of a stop that waits: what costs its stamp, what elects it, what is refused (REPL-007)."""

import pytest

from tests.played import play

STOPS = "s B2 stop=104; u B2 stop=104; x S9@110"


@pytest.mark.rule("REPL-007", "STOP-005")
@pytest.mark.parametrize(
    ("change", "keeps"),
    [("2@-", True), ("1@-", True), ("3@-", False), ("2@- stop=103", False)],
    ids=["nothing", "fewer lots", "more lots", "another trigger"],
)
def test_a_stop_keeps_its_stamp_unless_it_asks_for_more(change: str, keeps: bool) -> None:
    market = play(f"R s {change}", STOPS, "ltp=100")
    assert market.text == f"RPL s {'keep' if keeps else 'lose'}"
    assert (market.order("s").stamp < market.order("u").stamp) == keeps


@pytest.mark.rule("REPL-007", "STOP-002")
def test_a_trigger_that_is_true_already_elects_at_once() -> None:
    market = play("R s 2@- stop=100", "s B2 stop=104; x S1@103", "ltp=100")
    assert market.text == "RPL s lose; TRG s; TRD x s 1@103; RST s 1@110"


@pytest.mark.rule("REPL-007", "REPL-004")
@pytest.mark.parametrize(
    ("change", "reason"), [("2@- stop=126", "BAND"), ("0@-", "BAD_QTY"), ("2@- stop=103", "OFF_TICK"), ("99@-", "RISK")]
)
def test_a_stop_that_may_not_change_is_left_as_it_was(change: str, reason: str) -> None:
    market = play(f"R s {change}", "s B2 stop=104", "ltp=100 limit=20 tick=2 psr=10 cash=200")
    assert market.text == f"RREJ s {reason}"
    assert (market.order("s").trigger, market.order("s").leaves_lots) == (104, 2)
