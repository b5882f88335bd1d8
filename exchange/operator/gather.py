"""The commands that one request of the operator became, and the one answer to it."""

from collections.abc import Callable

from exchange.codes import CommandKind, EventKind, RejectReason
from exchange.engine.event_rows import KIND, MOST_MILLS, REASON, Row
from exchange.operator.acts import Acts
from exchange.operator.requests import Answer
from exchange.units import MONEY_MAX
from exchange.wire.errors import reason_text

Reply = Callable[[Answer], None]


class Gather:
    """Answers once all its commands are released: what was told of each, or the first refusal."""

    def __init__(self, parts: int, reply: Reply, acts: Acts) -> None:
        self._parts, self._reply, self._acts = parts, reply, acts
        self._told: list[str] = []
        self._why = ""

    def submit(self, kind: CommandKind, payload: bytes, text: str, then: Callable[[], None] | None = None) -> None:
        """A control; `then` is called when it is durable, before anything after it is applied."""

        def durable(events: list[Row]) -> None:
            if then is not None:
                then()
            self._finish(_with_cancelled(text, events), "")

        self._acts.submit_control(
            kind,
            payload,
            lambda events: self._acts.ask_later(lambda: durable(events)),
            lambda why: self._finish("", why),
        )

    def submit_row(self, fields: dict[str, int], text: str) -> None:
        self._acts.submit(fields, lambda events: self._acts.ask_later(lambda: self._take(fields, events, text)))

    def _take(self, fields: dict[str, int], events: list[Row], text: str) -> None:
        refused = next((row for row in events if row[KIND] == EventKind.COMMAND_REFUSED), None)
        if refused is not None:
            self._finish("", _why(fields, refused, text))
        else:
            self._finish(_with_cancelled(text, events), "")

    def _finish(self, told: str, why: str) -> None:
        self._parts -= 1
        self._told += [told] if told else []
        self._why = self._why or why
        if self._parts == 0:
            self._reply(Answer(not self._why, self._told, self._why))


def _why(fields: dict[str, int], refused: Row, text: str) -> str:
    """Why a row was refused; `text` says what it asked for. Of money also how much would have been in order."""
    most = max(0, refused[MOST_MILLS])
    if refused[REASON] == RejectReason.INSUFFICIENT_MARGIN:
        return f"{text}: free funds are {most} mills (MARGIN-015)"
    if refused[REASON] == RejectReason.FULL:
        return f"{text}: {most} more are taken, all deposits of a venue are at most {MONEY_MAX} mills (SPEC-004)"
    if refused[REASON] == RejectReason.UNKNOWN and fields["kind"] in (CommandKind.KILL, CommandKind.UNKILL):
        return f"no account is of firm {fields['killed_firm']} (KILL-001)"
    return reason_text(refused[REASON])


def _with_cancelled(text: str, events: list[Row]) -> str:
    gone = sum(row[KIND] == EventKind.ORDER_CANCELLED for row in events)
    return f"{text}; {gone} orders cancelled" if gone else text
