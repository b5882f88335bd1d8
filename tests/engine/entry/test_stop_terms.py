"""What a stop may ask for: the limit it works at, its trigger, whether it waits (STOP-002, STOP-003, STOP-009)."""

import pytest

from tests.played import play


@pytest.mark.rule("STOP-003")
@pytest.mark.parametrize(
    ("order", "limit"),
    [("B1 stop=104", 111), ("S1 stop=96", 89), ("B1@106 stop=104", 106), ("S1@99 stop=96", 99)],
    ids=["buy", "sell", "buy with a limit", "sell with a limit"],
)
def test_a_plain_stop_works_at_its_trigger_and_protection(order: str, limit: int) -> None:
    assert play(f"N s {order}", parameters="ltp=100 pp=7").order("s").price == limit


@pytest.mark.rule("STOP-003", "SPEC-002")
@pytest.mark.parametrize(("order", "limit"), [("B1 stop=104", 110), ("S1 stop=96", 90)])
def test_its_limit_is_on_an_increment_and_no_further_than_the_protection(order: str, limit: int) -> None:
    assert play(f"N s {order}", parameters="ltp=100 pp=7 tick=2").order("s").price == limit


@pytest.mark.rule("STOP-002")
@pytest.mark.parametrize(("trigger", "waits"), [(101, True), (100, False), (99, False)])
def test_a_trigger_that_is_true_already_does_not_wait(trigger: int, waits: bool) -> None:
    market = play(f"N s B1 stop={trigger}; N u B1 stop={trigger} rie", parameters="ltp=100 pp=7")
    assert market.events[0] == "ACK s" and ("TRG s" in market.events) != waits
    assert market.events[-1] == ("ACK u" if waits else "REJ u ELECTED")


@pytest.mark.rule("STOP-009", "BAND-001")
def test_the_band_is_for_the_injection_and_the_daily_limits_are_for_now() -> None:
    market = play("N s B1@119 stop=118; N u B1@125 stop=118", parameters="ltp=100 band=5 limit=20")
    assert market.text == "ACK s; REJ u BAND"
