"""Messages of an account's stream: numbered without gaps, replayable, never conflated.

Required fields come first, in the order in which the publisher passes them; the rest are optional.
"""

from exchange.wire.fields import Count, Integer, Mills, Price, ServerMessage, TimeUs

LegPrice = tuple[Count, Price]  # instrument of a leg, price_tick


class AccountMessage(ServerMessage):
    """The fields that begin every message of an account's stream.

    account           account number
    sequence          number of the message in the account's stream
    engine_sequence   `e`: sequence of the command that caused it
    time_us           venue time of that command
    """

    account: Count
    sequence: Count
    engine_sequence: Count
    time_us: TimeUs


class Exec(AccountMessage, tag="exec"):
    """A change of an order. `event` is new, rejected, replaced, cancelled, triggered, slice or decremented.

    A rejected order has no `order_id`, and its `client_order_id` may be that of another, live order.
    """

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
    liquidation: bool = False
    replay: bool = False
    drop_sequence: Count = 0


class Fill(AccountMessage, tag="fill"):
    """One order's part of a trade, with the order's state after it (ACCT-002). In an implied group each order's part is
    a trade of its own. An internal leg, between two orders of one owner, is none: its fill has no fee, and the `tid` of
    the print before it (SMP-010).

    legs   of a combination: (instrument, price) of each leg, in which the fill is booked (SETTLE-012)
    """

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
    liquidation: bool = False
    legs: list[LegPrice] | None = None
    replay: bool = False
    drop_sequence: Count = 0


class Position(AccountMessage, tag="pos"):
    """A position after the last fill of one command. A combination is booked as its legs, never under its own id.

    `value_tick_lots` is the sum of price * lots over all fills of the position; sold lots are negative. A settlement
    pays the gain so far in cash and sets it to mark * lots, so gains count since the last one. The gain of the position
    is `(mark_tick * lots - value_tick_lots) * hours`, in mills. The opening prices of lots are not kept, so
    the gain is not split: while the position has lots, `unrealised_mills` is the whole gain, closed lots included, and
    `realised_mills` is absent. When it has none, `realised_mills` is the whole gain and `unrealised_mills` is 0.
    """

    instrument: Count
    lots: Integer
    value_tick_lots: Mills
    mark_tick: Price
    unrealised_mills: Mills
    realised_mills: Mills | None = None
    replay: bool = False
    drop_sequence: Count = 0


class Margin(AccountMessage, tag="margin", kw_only=True):
    """Equity and margins of the account after a command; at most one message per command (ACCT-002).

    With `sequence` it belongs to the account's stream. Without, it is the newest of what orders and marks have changed:
    sent to sessions that asked for it in `auth`, merged while much happens, and never replayed (MARGIN-017).
    """

    # The fields of AccountMessage again, by keyword, so that one of them may have a default and keeps its place.
    account: Count
    sequence: Count = 0
    engine_sequence: Count
    time_us: TimeUs
    currency: str
    equity_mills: Mills
    initial_margin_mills: Mills
    maintenance_margin_mills: Mills
    free_margin_mills: Mills
    replay: bool = False
    drop_sequence: Count = 0
    hold_mills: Mills = 0
    required_mills: Mills = 0


class Cash(AccountMessage, tag="cash"):
    """Money that the account has received (positive) or paid (negative): by a transfer, variation margin, the fee of a
    cash settlement or a block, or an adjustment that corrects a settlement. A fee of a trade is in its `fill`."""

    currency: str
    amount_mills: Mills
    reason: str
    reference: str = ""
    replay: bool = False
    drop_sequence: Count = 0


class Cascade(AccountMessage, tag="cascade"):
    """A position in a quarter, year or term has become positions of the same lots in its children, opened at the
    parent's last settlement; no money moves (CASCADE-002). The positions of the children, and the empty one of the
    parent, follow as `pos`."""

    instrument: Count
    price_tick: Price
    lots: Integer
    replay: bool = False
    drop_sequence: Count = 0


class Call(AccountMessage, tag="call"):
    """A margin call of the account: made, renewed, met, or not met, and what follows (MARGIN-012, FALL-003).

    state         open, close_only (called), liquidating (not met: the venue closes its positions), defaulted
    amount_mills  what is missing to the initial margin of its positions, if it is called
    due_us        when a call that is not met leads to liquidation
    """

    state: str
    amount_mills: Mills = 0
    due_us: TimeUs = 0
    replay: bool = False
    drop_sequence: Count = 0


class ProtectionEvent(AccountMessage, tag="mmp"):
    """A protection group has tripped or is armed again (MMP-001)."""

    group: Count
    group_state: str
    reason: str = ""
    count: Count = 0
    replay: bool = False
    drop_sequence: Count = 0


class CancelOnDisconnectFired(AccountMessage, tag="cod_fired"):
    """Cancel on disconnect, or the dead-man timer, has cancelled `count` orders (SESS-021, SESS-022)."""

    reason: str
    count: Count
    session_id: str = ""
    replay: bool = False
    drop_sequence: Count = 0


class KillEvent(AccountMessage, tag="kill"):
    """A kill switch: new orders of the scope are refused (`on`) or accepted again. `count` orders were cancelled."""

    on: bool
    by: str
    scope: str
    count: Count
    replay: bool = False
    drop_sequence: Count = 0
