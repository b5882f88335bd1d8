"""Makes the messages of account streams from EVENT rows: `exec`, `fill`, `pos`, `margin`, `cash` and others.

    reports = ExecutionReports(table)            # table: instruments.InstrumentTable
    for account, number, message in reports.messages(rows): ...
    reports.messages(rows, replay=True)          # marked "rp", for rows read back for a resume or a replay

A message depends only on its row and on the instrument's id and hours, so a replay of the journal gives the same
stream (ACCT-003). Rows without an account sequence have no message, nor have those of a kind without a form. `rows` are
tuples of `event_rows.read_rows`. What a message says is in `wire.table.ACCOUNT_FORMS`.
"""

from exchange.codes import EventFlag, EventKind
from exchange.engine.event_rows import (
    ACCOUNT,
    ACCOUNT_SEQUENCE,
    FLAGS,
    INSTRUMENT,
    KIND,
    POSITION_LOTS,
    SEQUENCE,
    TRADE_TICK,
    Row,
)
from exchange.publish.instruments import InstrumentTable
from exchange.publish.message_makers import ACCOUNT_VALUES, account_row, maker_of, values_of
from exchange.wire.messages import AccountMessage, Fill
from exchange.wire.table import ACCOUNT_FORMS

Report = tuple[int, int, AccountMessage]

# Plain integers, because comparing enum members costs several times as much.
_POS, _CASH = int(EventKind.POSITION_CHANGED), int(EventKind.CASH_MOVED)
_LEG = int(EventKind.LEG_FILLED)
_MARGIN = int(EventFlag.MARGIN)


class ExecutionReports:
    """Makes the messages of account streams. Its only state is the table of instruments."""

    def __init__(self, table: InstrumentTable) -> None:
        self._table = table
        derived = values_of(table)
        self._makers = {
            int(kind): tuple(maker_of(form, ACCOUNT_VALUES, derived) for form in forms)
            for kind, forms in ACCOUNT_FORMS.items()
        }

    def messages(self, rows: list[Row], replay: bool = False) -> list[Report]:
        """(account, number in the account's stream, message) of every row that belongs to a stream, in order.

        `pos` and `cash` may be followed by a `margin` with the next number (ACCT-002). The rows about legs of a
        combination's fill become part of its message.
        """
        reports: list[Report] = []
        for row in rows:
            number, kind = row[ACCOUNT_SEQUENCE], row[KIND]
            if number and kind == _LEG and reports:
                self._add_leg(reports[-1], row)
            makers = self._makers.get(kind)
            if not number or not makers:
                continue
            make = makers[1] if kind == _POS and not row[POSITION_LOTS] else makers[0]
            values = account_row(row, self._table)
            reports.append((row[ACCOUNT], number, make(values)))
            if (kind == _POS or kind == _CASH) and row[FLAGS] & _MARGIN:
                reports.append((row[ACCOUNT], number + 1, makers[-1](values)))
        if replay:
            for _, _, message in reports:
                message.replay = True  # type: ignore[attr-defined]  # every account message has it
        return reports

    def _add_leg(self, report: Report, row: Row) -> None:
        """Add a leg to the fill before it."""
        account, number, fill = report
        if (account, number) != (row[ACCOUNT], row[ACCOUNT_SEQUENCE]) or not isinstance(fill, Fill):
            return
        leg = (self._table.id_at(row[INSTRUMENT], row[SEQUENCE]), row[TRADE_TICK])
        fill.legs = [*(fill.legs or []), leg]
