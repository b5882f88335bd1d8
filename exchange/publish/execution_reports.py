"""Makes the messages of account streams from EVENT rows: `exec`, `fill`, `pos`, `margin`, `cash` and others.

    reports = ExecutionReports(table)            # table: instruments.InstrumentTable
    for account, number, message in reports.messages(rows): ...
    reports.messages(rows, replay=True)          # marked "rp", for rows read back for a resume or a replay

A message depends only on its row and on the instrument's id and hours, so a replay of the journal gives the same
stream (ACCT-003). Rows without an account sequence have no message. `rows` are tuples of `event_rows.read_rows`.
"""

from exchange.codes import EventFlag, EventKind
from exchange.engine.event_rows import (
    ACCOUNT,
    ACCOUNT_SEQUENCE,
    AMOUNT_MILLS,
    CANCEL_REASON,
    CONNECTION_END,
    EQUITY_AFTER_MILLS,
    EQUITY_MILLS,
    FLAGS,
    INSTRUMENT,
    KILL_PARTY,
    KIND,
    MARGIN_HELD_MILLS,
    MARK_TICK,
    OPEN_VALUE_TICK_LOTS,
    ORDER_COUNT,
    POSITION_LOTS,
    PROTECTION_NUMBER,
    PROTECTION_STATE,
    QUOTE_COUNT,
    SCOPE,
    SEQUENCE,
    SESSION,
    THRESHOLD,
    TIME_NS,
    UNPAID_GAIN_MILLS,
    Row,
    client_order_id_text,
)
from exchange.engine.query import MAINTENANCE_BP
from exchange.publish.instruments import InstrumentTable
from exchange.units import NS_PER_US, share_ceil
from exchange.wire.errors import reason_code
from exchange.wire.messages import (
    AccountMessage,
    CancelOnDisconnectFired,
    Cash,
    Exec,
    Fill,
    KillEvent,
    Margin,
    Position,
    ProtectionEvent,
)
from exchange.wire.words import (
    CANCEL_REASONS,
    KILL_PARTIES,
    LIQUIDITIES,
    ORDER_STATES,
    ORDER_TYPES,
    PROTECTION_STATES,
    SCOPES,
    SIDES,
    THRESHOLDS,
    TIFS,
    reason_of_disconnect,
    session_id,
    unlisted_id,
)

CURRENCY = "USD"
Report = tuple[int, int, AccountMessage]

_FILL = int(EventKind.FILL)
_ACK = int(EventKind.ORDER_ACCEPTED)
_REJ = int(EventKind.ORDER_REJECTED)
_CXL = int(EventKind.ORDER_CANCELLED)
_RPL = int(EventKind.ORDER_REPLACED)
_POS = int(EventKind.POSITION_CHANGED)
_CASH = int(EventKind.CASH_MOVED)
_KIL = int(EventKind.KILLED)
_LIFTED = int(EventKind.KILL_LIFTED)
_MMP = int(EventKind.PROTECTION_TRIPPED)
_MMPR = int(EventKind.PROTECTION_RESET)
_DSC = int(EventKind.DISCONNECTED)
_MARGIN = int(EventFlag.MARGIN)
_KEPT = int(EventFlag.KEPT)
_LOST = int(EventFlag.LOST)

# Event kind -> `ev` of an exec.
_ORDER_EVENTS = {
    _ACK: "new",
    _REJ: "rejected",
    _CXL: "cancelled",
    _RPL: "replaced",
    int(EventKind.STOP_TRIGGERED): "triggered",
    int(EventKind.ICEBERG_REFRESHED): "slice",
    int(EventKind.SELF_MATCH_DECREMENTED): "decremented",
}
_PRIORITIES = {_KEPT: "kept", _LOST: "lost"}


class ExecutionReports:
    """Makes the messages of account streams. Its only state is the table of instruments."""

    def __init__(self, table: InstrumentTable) -> None:
        self._ids = table.ids
        self._hours = table.hours

    def messages(self, rows: list[Row], replay: bool = False) -> list[Report]:
        """(account, number in the account's stream, message) of every row that belongs to a stream, in order."""
        reports: list[Report] = []
        for row in rows:
            number = row[ACCOUNT_SEQUENCE]
            if not number:
                continue
            kind = row[KIND]
            account = row[ACCOUNT]
            if kind == _FILL:
                reports.append((account, number, self._fill(row)))
            elif kind in _ORDER_EVENTS:
                reports.append((account, number, self._exec(row)))
            else:
                self._others(reports, row)
        if replay:
            for _, _, message in reports:
                message.replay = True  # type: ignore[attr-defined]  # every account message has it
        return reports

    def _exec(self, row: Row) -> Exec:
        """The `exec` message of a row. Codes of a refused row that have no name are left out."""
        (e, time_ns, kind, reason, side, book_state, state, flags, order_type, tif, account, session, index) = row[:13]
        price, order_id, _, word_0, word_1, word_2, _, leaves, filled, order_lots, _, _, value, number, _ = row[13:]
        ids = self._ids
        message = Exec(
            account,
            number,
            e,
            time_ns // NS_PER_US,
            _ORDER_EVENTS[kind],
            ids[index] if index < len(ids) else unlisted_id(index),
            client_order_id_text(word_0, word_1, word_2),
            ORDER_STATES[state],
            SIDES[side] if side < len(SIDES) else "",
            ORDER_TYPES[order_type] if order_type < len(ORDER_TYPES) else "",
            TIFS[tif] if tif < len(TIFS) else "",
            price,
            order_lots,
            leaves,
            filled,
            value,
            order_id if kind != _REJ else 0,
        )
        if kind == _ACK:
            message.session_id = session_id(session)
        elif kind == _CXL:
            message.reason = CANCEL_REASONS[row[CANCEL_REASON]]
        elif kind == _RPL:
            message.priority = _PRIORITIES.get(flags & (_KEPT | _LOST), "")
        elif kind == _REJ:
            message.session_id = session_id(session)
            message.code = int(reason_code(reason, book_state))
            message.value_tick_lots = 0  # a rejected row has its free margin in this field
        return message

    def _fill(self, row: Row) -> Fill:
        e, time_ns, _, _, side, liquidity, state, _, _, _, account, _, index, trade_tick, order_id, trade_id = row[:16]
        word_0, word_1, word_2, lots, leaves, filled, _, _, _, value, number, fee_mills = row[16:]
        return Fill(
            account,
            number,
            e,
            time_ns // NS_PER_US,
            self._ids[index],
            order_id,
            client_order_id_text(word_0, word_1, word_2),
            trade_id,
            SIDES[side],
            trade_tick,
            lots,
            leaves,
            filled,
            value,
            LIQUIDITIES[liquidity],
            fee_mills,
            ORDER_STATES[state],
        )

    def _others(self, reports: list[Report], row: Row) -> None:
        """Append the messages of positions, money, protection, kills and disconnects to `reports`.

        `pos` and `cash` may be followed by a `margin` with the next number (ACCT-002).
        """
        kind, account, number = row[KIND], row[ACCOUNT], row[ACCOUNT_SEQUENCE]
        head = (account, number, row[SEQUENCE], row[TIME_NS] // NS_PER_US)
        held, unpaid = row[MARGIN_HELD_MILLS], row[UNPAID_GAIN_MILLS]  # used for POSITION_CHANGED and CASH_MOVED only
        if kind == _POS:
            index, lots, mark, value = row[INSTRUMENT], row[POSITION_LOTS], row[MARK_TICK], row[OPEN_VALUE_TICK_LOTS]
            gains = split_gain(lots, (mark * lots - value) * self._hours[index])
            reports.append((account, number, Position(*head, self._ids[index], lots, value, mark, *gains)))
            if row[FLAGS] & _MARGIN:
                reports.append(_margin(head, row[EQUITY_MILLS], unpaid, held))
        elif kind == _CASH:
            amount = row[AMOUNT_MILLS]
            reports.append((account, number, Cash(*head, CURRENCY, amount, "deposit" if amount > 0 else "withdrawal")))
            if row[FLAGS] & _MARGIN:
                reports.append(_margin(head, row[EQUITY_AFTER_MILLS], unpaid, held))
        elif kind in (_MMP, _MMPR):
            why, lots = (THRESHOLDS[row[THRESHOLD]], row[QUOTE_COUNT]) if kind == _MMP else ("", 0)
            state = PROTECTION_STATES[row[PROTECTION_STATE]]
            reports.append((account, number, ProtectionEvent(*head, row[PROTECTION_NUMBER], state, why, lots)))
        elif kind in (_KIL, _LIFTED):
            party, scope = KILL_PARTIES[row[KILL_PARTY]], SCOPES[row[SCOPE]]
            reports.append((account, number, KillEvent(*head, kind == _KIL, party, scope, row[ORDER_COUNT])))
        elif kind == _DSC:
            why = reason_of_disconnect(row[CANCEL_REASON], row[CONNECTION_END])
            sid = session_id(row[SESSION])
            reports.append((account, number, CancelOnDisconnectFired(*head, why, row[ORDER_COUNT], sid)))


def split_gain(lots: int, unrealised_pnl_mills: int) -> tuple[int, int | None]:
    """(unrealised, realised) mills of a position's gain (ACCT-004).

    A flat position has realised all of it. For an open one it is not known how much lots closed before have gained:
    all of it counts as unrealised, and realised is None.
    """
    return (unrealised_pnl_mills, None) if lots else (0, unrealised_pnl_mills)


def _margin(head: tuple[int, int, int, int], equity: int, unpaid: int, held: int) -> Report:
    """The `margin` message after the message of `head`. Unpaid gains do not count as free margin (MARGIN-015)."""
    account, number, e, time_us = head
    maintenance = share_ceil(held, MAINTENANCE_BP)
    return (
        account,
        number + 1,
        Margin(account, number + 1, e, time_us, CURRENCY, equity, held, maintenance, equity - unpaid - held),
    )
