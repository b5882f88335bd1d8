"""NEW: accepted or refused, and the limit that it works at; checks that replaces and quotes share."""

import pytest

from exchange.codes import CommandFlag, OrderType, PostOnly, RejectReason, Scope, Side, TimeInForce
from exchange.reference.entry import (
    SIDE_LOTS_MAX,
    draft,
    entry_price,
    fits_expiry,
    has_same_content,
    is_killed,
    refusal_details,
    refuses_election,
    risk_checks,
    shows_too_little,
    side_is_full,
    would_trade,
)
from exchange.reference.market import first_failure
from exchange.reference.rows import Command
from tests.reference.scenario import events, order, run


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


@pytest.mark.rule("TIF-009")
def test_gtd_orders_and_no_others_say_until_when() -> None:
    assert fits_expiry(Command(tif=TimeInForce.GTD, expiry_ns=5))
    assert not fits_expiry(Command(tif=TimeInForce.GTD))
    assert fits_expiry(Command(tif=TimeInForce.DAY))
    assert not fits_expiry(Command(tif=TimeInForce.GTC, expiry_ns=5))


@pytest.mark.rule("KILL-001")
@pytest.mark.parametrize("place", [(Scope.ACCOUNT, 1), (Scope.SESSION, 4), (Scope.FIRM, 3)])
def test_a_kill_of_account_session_or_firm_stands(place: tuple[int, int]) -> None:
    market, _ = run(before="a B1@90", parameters="firm=3")
    assert not is_killed(market, 1, 4)
    market.kills[place] = {0}
    assert is_killed(market, 1, 4)
    market.kills[place] = set()
    assert not is_killed(market, 1, 4)


@pytest.mark.rule("ICE-006")
def test_a_display_is_at_least_its_share_of_the_total() -> None:
    instrument = run(parameters="maxshow=3")[0].clearing.instruments[1]
    assert [shows_too_little(instrument, lots, 2) for lots in (6, 7)] == [False, True]
    assert not shows_too_little(instrument, 99, 0)


@pytest.mark.rule("STOP-002")
def test_a_stop_may_ask_to_be_refused_rather_than_elected_at_once() -> None:
    market, _ = run(parameters="ltp=100")
    stop = order(1, Side.BUY, 0, 1, trigger=100, reject_if_elected=True)
    assert refuses_election(market, stop)
    stop.trigger = 101
    assert not refuses_election(market, stop)


@pytest.mark.rule("TIF-005", "TIF-008")
def test_a_post_only_order_would_take_a_real_or_implied_price_in_open() -> None:
    post_only = order(9, Side.BUY, 102, 1)
    post_only.post_only = PostOnly.REJECT
    assert would_trade(run(before="a S1@102")[0], post_only)
    assert would_trade(run(before="s SP S1@4; k M2 S1@98", parameters="imp=1")[0], post_only)
    assert not would_trade(run(before="a S1@103")[0], post_only)
    assert not would_trade(run("ST preopen", "a S1@102")[0], post_only)
    post_only.post_only = PostOnly.NONE
    assert not would_trade(run(before="a S1@102")[0], post_only)


@pytest.mark.rule("ORDER-004")
@pytest.mark.parametrize(
    ("parameters", "lots", "reason"),
    [
        ("maxpos=5", 5, RejectReason.NONE),
        ("maxpos=5", 6, RejectReason.POSITION),
        ("maxpos=5 closeonly=1", 6, RejectReason.CLOSE_ONLY),
        ("maxpos=5 cash=3", 5, RejectReason.INSUFFICIENT_MARGIN),
        ("maxpos=5 cash=3", 6, RejectReason.POSITION),
    ],
)
def test_limits_come_before_margin(parameters: str, lots: int, reason: RejectReason) -> None:
    market, _ = run("D+ a 1", parameters=parameters)
    assert first_failure(risk_checks(market, order(1, Side.BUY, 100, lots), None)) == reason


@pytest.mark.rule("MARGIN-016")
def test_an_order_that_only_closes_needs_no_funds() -> None:
    market, _ = run("N t B3@100 acct=P", "a S3@100 acct=Q")
    holder = next(one for one in market.clearing.accounts.values() if one.lots(1) == 3)
    holder.cash_mills = 0
    closing, opening = order(holder.number, Side.SELL, 100, 3), order(holder.number, Side.SELL, 100, 4)
    assert first_failure(risk_checks(market, closing, None)) == RejectReason.NONE
    assert first_failure(risk_checks(market, opening, None)) == RejectReason.INSUFFICIENT_MARGIN


@pytest.mark.rule("ORDER-016")
def test_a_side_works_at_most_so_many_lots() -> None:
    market, _ = run(before="a B1@90")
    (resting,) = market.orders.values()
    full = order(1, Side.BUY, 100, SIDE_LOTS_MAX)
    assert side_is_full(market, full, None)
    assert not side_is_full(market, full, resting)
    assert not side_is_full(market, order(1, Side.SELL, 100, SIDE_LOTS_MAX), None)


def test_a_refusal_names_the_allowed_prices_or_the_margin_that_lacks() -> None:
    market, _ = run("D+ a 1", parameters="band=5 limit=10 cash=3")
    buy, sell = order(1, Side.BUY, 120, 5), order(1, Side.SELL, 80, 5)
    assert refusal_details(market, RejectReason.BAND, buy, None) == {"lowest_tick": 90, "highest_tick": 105}
    assert refusal_details(market, RejectReason.BAND, sell, None) == {"lowest_tick": 95, "highest_tick": 110}
    lacking = refusal_details(market, RejectReason.INSUFFICIENT_MARGIN, order(1, Side.BUY, 100, 5), None)
    assert lacking == {"needed_mills": 5, "free_margin_mills": 4}
    assert refusal_details(market, RejectReason.FULL, buy, None) == {}
