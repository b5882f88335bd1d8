"""MARGIN: accounts are called below maintenance, may only close, and are met, liquidated or covered by the house."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.clearing_codes import CashReason, HouseAccount, Standing
from exchange.codes import CancelReason, CommandFlag, CommandKind, EventKind, KillParty, Scope, Side, TimeInForce
from exchange.engine import query
from exchange.engine.control.checks import ControlError
from exchange.units import NS_PER_HOUR
from tests.ending import Q1, Ending
from tests.funded import F27, G27, HOURS, MARK, PSR, RICH, SPREAD, Funded

LOTS = 10
INITIAL = LOTS * HOURS[F27] * PSR  # 2,976,000
DUE_NS = 2 * NS_PER_HOUR


class Called:
    """Account 1 is long of ten F27 with 3.4 M mills; the mark falls when RICH trades lower."""

    def __init__(self, mills: int = 3_400_000) -> None:
        self.funded = Funded()
        self.funded.account(1, mills)
        self.funded.trade(1, Side.BUY, LOTS, MARK)

    def fall(self, ticks: int) -> None:
        self.funded.trade(RICH, Side.SELL, 1, MARK - ticks)
        self.funded.pair.control(CommandKind.MARK, {})

    def run(self, time_ns: int = 0, **payload: Any) -> list[tuple[str, int, int]]:
        """A MARGIN; what it reports: kind, standing or reason, amount or order."""
        events = self.funded.pair.control(CommandKind.MARGIN, payload, time_ns)
        self.funded.pair.compare_accounts()
        self.funded.pair.compare_books()
        return [_text(event) for event in events if event.account == 1]

    def deposit(self, mills: int) -> list[tuple[str, int, int]]:
        events = self.funded.events(CommandKind.DEPOSIT, account=1, amount_mills=mills)
        self.funded.pair.compare_accounts()
        return [_text(event) for event in events]


def _text(event: Any) -> tuple[str, int, int]:
    if event.kind == EventKind.MARGIN_CALLED:
        return Standing(event.standing).name, event.call_mills, event.due_ns
    if event.kind == EventKind.CASH_MOVED:
        return CashReason(event.cash_reason).name, event.amount_mills, event.equity_after_mills
    assert event.kind == EventKind.ORDER_CANCELLED, event
    return CancelReason(event.cancel_reason).name, event.order_id, event.lots


@pytest.mark.rule("MARGIN-012")
def test_an_account_is_called_below_maintenance_and_not_at_it() -> None:
    called = Called(INITIAL)
    called.fall(80)  # equity 2,976,000 - 595,200 = 2,380,800, which is 80 %
    assert called.run() == []
    called.fall(81)
    assert called.run() == [("CLOSE_ONLY", 81 * 7_440, DUE_NS)]
    called.fall(90)
    assert called.run(DUE_NS - 1) == [("CLOSE_ONLY", 90 * 7_440, DUE_NS)], "renewed, due as before"
    called.fall(-10)
    assert called.run(DUE_NS - 1) == [("OPEN", 0, 0)], "met by the market"
    assert called.run(DUE_NS) == []


@pytest.mark.rule("MARGIN-012", "MARGIN-016")
def test_a_called_account_may_only_close_and_orders_that_do_more_leave_youngest_first() -> None:
    called = Called()
    new = called.funded.new
    assert new(1, Side.BUY, 1, 2_500) == "ACK"
    for lots, price in ((6, 2_900), (3, 2_901), (2, 2_902), (1, 2_903)):
        assert new(1, Side.SELL, lots, price) == "ACK"
    orders = [row.order_id for row in query.open_orders(called.funded.pair.fast.engine.states, 1)]
    called.fall(140)
    found = called.run()
    # 12 lots of sells against 10 held: the two youngest leave, the buy as well
    assert found == [
        ("DEFAULT", orders[4], 1), ("DEFAULT", orders[3], 2), ("DEFAULT", orders[0], 1), ("CLOSE_ONLY", 617_600, DUE_NS)
    ]  # fmt: skip
    assert new(1, Side.SELL, 2, 2_900) == "REJ CLOSE_ONLY"
    assert new(1, Side.SELL, 1, 10, SPREAD) == "REJ CLOSE_ONLY"
    assert new(1, Side.BUY, 1, 2_500, G27) == "REJ CLOSE_ONLY"
    assert new(1, Side.SELL, 1, 2_900) == "ACK"
    called.funded.account(1)
    assert new(1, Side.BUY, 1, 2_500) == "REJ CLOSE_ONLY", "new terms of the account do not end the call"


@pytest.mark.rule("MARGIN-012")
def test_a_deposit_ends_a_call_at_once_if_it_is_enough() -> None:
    called = Called()
    called.fall(140)
    assert called.run() == [("CLOSE_ONLY", 617_600, DUE_NS)]
    assert called.deposit(617_599) == [("TRANSFER", 617_599, INITIAL - 1), ("CLOSE_ONLY", 1, DUE_NS)]
    assert called.funded.new(1, Side.BUY, 1, 2_500) == "REJ CLOSE_ONLY"
    assert called.deposit(1) == [("TRANSFER", 1, INITIAL), ("OPEN", 0, 0)]
    assert called.deposit(10**7) == [("TRANSFER", 10**7, INITIAL + 10**7)]
    assert called.funded.new(1, Side.BUY, 1, 2_500) == "ACK"


@pytest.mark.rule("MARGIN-012", "FALL-003")
def test_of_an_unmet_call_all_orders_leave_and_a_flat_account_s_loss_is_the_house_s() -> None:
    called = Called(INITIAL)
    called.fall(500)
    missing = 500 * 7_440
    assert called.run() == [("CLOSE_ONLY", missing, DUE_NS)]
    assert called.funded.new(1, Side.SELL, 4, 2_900) == "ACK"
    (order,) = query.open_orders(called.funded.pair.fast.engine.states, 1)
    assert called.run(DUE_NS) == [("DEFAULT", order.order_id, 4), ("LIQUIDATING", 0, 0)]
    assert called.run(DUE_NS + 1) == [], "it still holds lots"
    assert called.funded.new(1, Side.SELL, 4, 2_900) == "ACK"
    (order,) = query.open_orders(called.funded.pair.fast.engine.states, 1)
    assert called.run(DUE_NS + 1) == [("DEFAULT", order.order_id, 4)], "at a far price it would keep its lots"
    assert called.deposit(1) == [("TRANSFER", 1, INITIAL + 1 - missing)]
    assert called.funded.new(RICH, Side.BUY, LOTS, MARK - 500) == "ACK"
    assert called.funded.new(1, Side.SELL, LOTS, MARK - 500, tif=TimeInForce.IOC) == "ACK"
    loss = missing - INITIAL - 1
    assert called.run(DUE_NS + 2) == [("SHORTFALL", loss, 0), ("DEFAULTED", 0, 0)]
    assert query.totals(called.funded.pair.fast.engine.states).house_mills[HouseAccount.DEFAULT] == -loss
    assert called.run(DUE_NS + 3) == []
    assert called.funded.new(1, Side.BUY, 1, 2_000) == "REJ CLOSE_ONLY"


@pytest.mark.rule("MARGIN-007", "MARGIN-009")
def test_pairs_and_add_on_months_of_the_payload_count() -> None:
    called = Called(10**9)
    called.funded.trade(1, Side.SELL, 2 * LOTS, MARK)
    states = called.funded.pair.fast.engine.states
    month = int(states[0].book_months[F27]["month"][0])
    called.run(addon=[[1, month]], addon_bp=2_500)
    assert states[0].accounts[1].required_mills == INITIAL + INITIAL // 4
    called.run(addon=[[1, month + 1]])
    assert states[0].accounts[1].required_mills == INITIAL
    called.run(maintenance_bp=10_000, call_ns=1)


@pytest.mark.rule("MARGIN-009", "MARGIN-013", "CASCADE-002")
def test_the_add_on_of_lots_short_is_held_until_their_contract_ends() -> None:
    market = Ending()
    state = market.pair.fast.engine.states[0]
    market.trade(1, Side.SELL, 5, MARK)
    market.new(1, Side.SELL, 2, MARK + 9)
    market.trade(2, Side.SELL, 4, MARK, Q1)
    plain = market.held(1), market.held(2)
    market.pair.control(CommandKind.MARGIN, {"addon": [[1, int(state.book_months[F27]["month"][0])]]})
    lot_mills = HOURS[F27] * PSR // 2
    assert (market.held(1) - plain[0], market.held(2) - plain[1]) == (7 * lot_mills, 4 * lot_mills)
    assert not state.books[F27].plain and not state.books[Q1].plain and state.books[G27].plain
    market.settle(MARK, F27, Q1)
    market.close()
    market.cascade()
    market.pair.compare_accounts()
    assert market.held(2) - plain[1] == 4 * lot_mills, "the quarter's month has it now"
    market.expire(F27)
    market.pair.compare_accounts()
    assert state.risks["addon_mills"].sum() == 0


@pytest.mark.rule("MARGIN-009", "LIMIT-006")
def test_a_block_holds_the_add_on_of_its_seller_and_a_fill_gives_it_back() -> None:
    market = Ending()
    state = market.pair.fast.engine.states[0]
    market.pair.control(CommandKind.MARGIN, {"addon": [[1, int(state.book_months[F27]["month"][0])]]})
    terms = {"made_ns": 0, "now_ns": 0, "lots_min": 5, "report_ns": 0, "fee_mills": 0}
    block = {"instrument": F27, "lots": 5, "tick": MARK, "buyer": 1, "seller": 2, **terms}
    market.pair.control(CommandKind.BLOCK, block)
    market.pair.compare_accounts()
    assert market.held(2) - market.held(1) == 5 * HOURS[F27] * PSR // 2
    market.trade(2, Side.BUY, 5, MARK)
    market.pair.compare_accounts()
    assert market.held(2) == 0


@pytest.mark.rule("FALL-003", "KILL-001")
def test_a_kill_does_not_keep_the_venue_from_closing_a_position() -> None:
    market = Funded()
    market.account(1, 10**12)
    market.trade(1, Side.BUY, 5, MARK)
    market.new(RICH, Side.BUY, 5, MARK - 1)
    market.row(CommandKind.KILL, account=1, scope=Scope.ACCOUNT, kill_party=KillParty.VENUE)
    order = {"tif": TimeInForce.IOC, "lots": 5, "side": Side.SELL, "price": MARK - 1}
    assert market.new(1, **order) == "REJ KILLED"
    assert market.new(1, **order, flags=CommandFlag.LIQUIDATION) == "ACK" and market.lots(1) == 0


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ({"pairs": [[1, 1, 1, 1, 9_000]]}, "pair of commodity 1 with itself"),
        ({"pairs": [[1, 2, 1, 1, 9_000]]}, "commodity 2 is not defined"),
        ({"pairs": [[1, 99, 1, 1, 9_000]]}, r"commodity of pair 99 not in 1\.\."),
        ({"addon": [[1, 84], [1, 85]]}, "one month"),
        ({"addon": [[1, 0]]}, r"month 0 not in 1\.\."),
        ({"addon_bp": 10_001}, r"addon_bp 10001 not in 0\.\.10000"),
        ({"maintenance_bp": -1}, "maintenance_bp -1"),
        ({"call_ns": 0}, "call_ns 0"),
        ({"else": 0}, "MARGIN: Object contains unknown field"),
    ],
)
def test_a_payload_out_of_range_is_refused_by_name(payload: dict[str, Any], why: str) -> None:
    called = Called()
    with pytest.raises(ControlError, match=why):
        called.funded.pair.fast.control(CommandKind.MARGIN, payload)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("trade"), st.integers(1, 3), st.sampled_from([F27, G27, SPREAD]), st.integers(-12, 12)),
        st.tuples(st.just("order"), st.integers(1, 3), st.sampled_from([F27, G27, SPREAD]), st.integers(-12, 12)),
        st.tuples(st.just("deposit"), st.integers(1, 3), st.integers(1, 10**7)),
        st.tuples(st.just("mark"), st.sampled_from([F27, G27]), st.integers(-500, 500)),
        st.tuples(st.just("margin"), st.integers(0, 3), st.booleans()),
    ),
    max_size=30,
)


@settings(max_examples=80, deadline=None)
@given(STEPS)
@pytest.mark.rule("MARGIN-009", "MARGIN-012", "MARGIN-013", "INV-018", "INV-019")
def test_engine_and_reference_agree_on_calls_holds_and_money(steps: list[tuple[Any, ...]]) -> None:
    funded, hour = Funded(taker_fee=2), 0
    for account, mills in ((1, 2_000_000), (2, 20_000_000), (3, 6_000_000)):
        funded.account(account, mills)
    month = int(funded.pair.fast.engine.states[0].book_months[F27]["month"][0])
    for name, *values in steps:
        if name == "deposit":
            funded.row(CommandKind.DEPOSIT, account=values[0], amount_mills=values[1])
        elif name == "mark":
            funded.trade(RICH, Side.BUY, 1, MARK + values[1], values[0])
            funded.pair.control(CommandKind.MARK, {})
        elif name == "margin":
            hour += values[0]
            addon = [[1, month]] if values[1] else []
            funded.pair.control(CommandKind.MARGIN, {"addon": addon}, hour * NS_PER_HOUR)
        elif values[2]:
            account, book, lots = values
            side, price = (Side.BUY if lots > 0 else Side.SELL), 0 if book == SPREAD else MARK
            if name == "trade":
                funded.new(RICH, Side(1 - side), abs(lots), price, book)
            funded.new(account, side, abs(lots), price, book, tif=TimeInForce.GTC)
        funded.pair.compare_accounts()
