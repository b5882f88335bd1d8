"""NEW: accepted or refused, and the limit that it works at."""

import pytest

from exchange.codes import CommandFlag, OrderType, Side
from exchange.reference.entry import draft, entry_price, has_same_content
from exchange.reference.rows import Command
from tests.reference.scenario import events, run


@pytest.mark.rule("ORDER-004")
@pytest.mark.parametrize(
    ("text", "parameters", "reason"),
    [
        ("B0@100", "-", "BAD_QTY"),
        ("B1@100 po ioc", "-", "BAD_COMBO"),
        ("B1@100 disp=1 fok", "-", "BAD_COMBO"),
        ("B1@100 stop=99 po", "-", "BAD_COMBO"),
        ("M3 B1@100", "iocm3=1", "IOC_ONLY"),
        ("B1@101", "tick=2", "OFF_TICK"),
        ("B1@102 stop=101", "tick=2", "OFF_TICK"),
        ("B3@100", "lot=2", "BAD_LOT"),
        ("B3@100", "maxlot=2", "BAD_LOT"),
        ("B9@100 disp=2", "maxshow=3", "SHOW"),
        ("B1@mkt", "-", "NO_OPP"),
        ("B1@106", "band=5", "BAND"),
        ("B1@111 stop=105", "limit=10", "BAND"),
        ("B1@100", "closeonly=1", "CLOSE_ONLY"),
        ("B2@100", "maxpos=1", "POSITION"),
        ("B9@100", "cash=8", "RISK"),
        ("B1@110 stop=100 rie", "ltp=100", "ELECTED"),
    ],
)
def test_a_new_order_is_refused_for_the_first_reason(text: str, parameters: str, reason: str) -> None:
    assert events(f"N t {text}", parameters=parameters) == [f"REJ t {reason}"]


@pytest.mark.rule("TIF-005", "STATE-003", "KILL-001")
def test_a_new_order_is_refused_for_what_the_market_is() -> None:
    assert events("N t B1@100 po", "a S1@100") == ["REJ t PO_CROSS"]
    assert events("ST preopen; N t B1@100 ioc; N u B1@mkt", "a S1@100")[1:] == ["REJ t STATE", "REJ u STATE"]
    assert events("ST closed; N t B1@100")[1:] == ["REJ t STATE"]
    assert events("K P; N t B1@100 acct=P")[1:] == ["REJ t KILLED"]


@pytest.mark.rule("ORDER-005", "ENTRY-003")
def test_the_repetition_of_a_live_order_names_that_order_and_is_in_no_stream() -> None:
    market, found = run("N t B1@100; N t B2@100; X t; N t B2@100", "t B1@100")
    assert found == ["REJ t DUP_ID", "REJ t DUP_ID", "CXL t 1 USER", "ACK t", "RST t 2@100"]
    (live,) = market.orders.values()
    same = Command(instrument=1, side=Side.BUY, lots=2, price=100)
    assert has_same_content(live, same)
    assert not has_same_content(live, same._replace(lots=3))
    assert not has_same_content(live, same._replace(price=99))


@pytest.mark.rule("TIF-009")
def test_an_order_whose_time_has_come_never_works() -> None:
    assert events("T 5; N t B1@100 gtd=5; N u B1@100 gtd=6") == ["ACK t", "CXL t 1 EXPIRED", "ACK u", "RST u 1@100"]


@pytest.mark.rule("ORDER-008", "ORDER-009", "ORDER-012")
def test_a_market_order_is_a_limit_order_at_its_protection_price() -> None:
    assert events("N t B5@mkt", "a S1@100; b S1@110", "pp=3") == ["ACK t", "TRD a t 1@100", "RST t 4@103"]
    assert events("N t B5@mkt", "a S1@100", "pp=30 band=5") == ["ACK t", "TRD a t 1@100", "RST t 4@105"]


@pytest.mark.rule("ORDER-008")
def test_a_price_tightens_the_protection_of_a_market_order() -> None:
    market, _ = run(before="a S1@100", parameters="pp=9 tick=2")
    order = Command(account=1, instrument=1, side=Side.BUY, order_type=OrderType.MARKET, lots=1)
    assert entry_price(market, order) == 108
    assert entry_price(market, order._replace(price=104, flags=CommandFlag.TIGHTEN)) == 104


@pytest.mark.rule("ORDER-011")
def test_a_market_to_limit_order_rests_at_the_best_price_also_between_increments() -> None:
    assert events("N t B5@mlm", "a S1@100; b S1@102", "tick=2") == ["ACK t", "TRD a t 1@100", "RST t 4@100"]
    strip = events("N t ST B2@mlm", "a M1 S1@100; b M2 S1@104", "imp=1 tick=4 hours=3")
    assert strip[-1] == "RST t 1@101", "the implied price, (3 * 100 + 104) / 4"


@pytest.mark.rule("TIF-006")
def test_an_order_that_slides_rests_one_increment_away() -> None:
    assert events("N t B1@104 slide; N u B1@96 slide", "a S1@102", "tick=2") == [
        *("ACK t", "RST t 1@100", "ACK u", "RST u 1@96")
    ]


def test_a_draft_has_the_terms_of_its_command() -> None:
    market, _ = run(before="a S1@100")
    command = Command(
        account=1, instrument=1, side=Side.SELL, lots=7, display_lots=2, price=104, trigger=105,
        order_type=OrderType.STOP_LIMIT, flags=CommandFlag.REJECT_IF_ELECTED | CommandFlag.NO_COD, smp_id=5,
    )  # fmt: skip
    order = draft(market, command)
    assert (order.order_id, order.entry) == (market.ids.peek(), market.entries + 1)
    assert (order.pending, order.reject_if_elected, order.no_cod, order.smp_id) == (True, True, True, 5)
    assert (order.price, order.leaves_lots, order.order_lots, order.display_lots) == (104, 7, 7, 2)
