"""Messages of an account's stream: contiguous, replayable, never conflated.

Required fields come first, in the order the publisher gives them by position; the rest are optional.
"""

from exchange.wire.fields import Count, Integer, Mills, Price, ServerMessage, TimeUs


class AccountMessage(ServerMessage):
    """Every event of an account begins with these four."""

    account: Count
    sequence: Count
    engine_sequence: Count
    time_us: TimeUs


class Exec(AccountMessage, tag="exec"):
    """What happened to an order; `event` is new, rejected, replaced, cancelled, triggered, slice, decremented. What was
    rejected never was an order and has no `order_id`; its `client_order_id` may be that of another, live one."""

    event: str
    instrument: Count
    client_order_id: str
    state: str
    side: str
    order_type: str
    tif: str
    price_tick: Price
    order_lots: Count
    leaves_lots: Count
    filled_lots: Count
    value_tick_lots: Mills
    order_id: Count = 0
    session_id: str = ""
    reason: str = ""
    code: Count = 0
    priority: str = ""
    tag: str = ""
    replay: bool = False
    drop_sequence: Count = 0


class Fill(AccountMessage, tag="fill"):
    """One order's part of a trade, with the order's state after it (ACCT-002)."""

    instrument: Count
    order_id: Count
    client_order_id: str
    trade_id: Count
    side: str
    price_tick: Price
    lots: Count
    leaves_lots: Count
    filled_lots: Count
    value_tick_lots: Mills
    liquidity: str
    fee_mills: Mills
    state: str
    replay: bool = False
    drop_sequence: Count = 0


class Position(AccountMessage, tag="pos"):
    """A position after the last fill of one `e`; it books legs, so `instrument` is never a combination.

    `value_tick_lots` is the sum of price * lots over all its fills, what was sold counted below zero. All that it has
    gained is `(mark_tick * lots - value_tick_lots) * hours`, mills; no price is kept at which lots were opened. So
    `unrealised_mills` of a position with lots is this whole gain, that of lots closed meanwhile included, and
    `realised_mills` is left out; of a flat one `realised_mills` is the gain and `unrealised_mills` 0.
    """

    instrument: Count
    lots: Integer
    value_tick_lots: Mills
    mark_tick: Price
    unrealised_mills: Mills
    realised_mills: Mills | None = None
    replay: bool = False
    drop_sequence: Count = 0


class Margin(AccountMessage, tag="margin"):
    """At most once per `e` (ACCT-002)."""

    currency: str
    equity_mills: Mills
    initial_margin_mills: Mills
    maintenance_margin_mills: Mills
    free_margin_mills: Mills
    replay: bool = False
    drop_sequence: Count = 0


class Cash(AccountMessage, tag="cash"):
    """Money moved; `amount_mills` is signed."""

    currency: str
    amount_mills: Mills
    reason: str
    reference: str = ""
    replay: bool = False
    drop_sequence: Count = 0


class ProtectionEvent(AccountMessage, tag="mmp"):
    group: Count
    group_state: str
    reason: str = ""
    count: Count = 0
    replay: bool = False
    drop_sequence: Count = 0


class CancelOnDisconnectFired(AccountMessage, tag="cod_fired"):
    reason: str
    count: Count
    session_id: str = ""
    replay: bool = False
    drop_sequence: Count = 0


class Cascade(AccountMessage, tag="cascade"):
    """A position in a longer period became positions in its children."""

    instrument: Count
    price_tick: Price
    lots: Integer
    into: list[tuple[Count, Integer]]
    replay: bool = False
    drop_sequence: Count = 0


class Delivery(AccountMessage, tag="deliv"):
    instrument: Count
    certificate: str
    state: str
    role: str
    lots: Count
    gpu_hours: Count
    replay: bool = False
    drop_sequence: Count = 0


class KillEvent(AccountMessage, tag="kill"):
    """New orders of the scope are stopped (`on`) or allowed again; `count` working orders were cancelled."""

    on: bool
    by: str
    scope: str
    count: Count
    replay: bool = False
    drop_sequence: Count = 0
