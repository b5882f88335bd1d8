"""Collects the results of the commands of one operator's request into one answer."""

from collections.abc import Callable

from exchange.codes import CommandKind, EventKind, RejectReason
from exchange.engine.event_rows import KIND, MOST_MILLS, REASON, Row
from exchange.operator.acts import Acts
from exchange.operator.requests import Answer
from exchange.units import MONEY_MAX
from exchange.wire.errors import reason_text

Reply = Callable[[Answer], None]


class PendingAnswer:
    """Answers a request when all its commands are released: a line for each, and the first refusal if there is one."""

    def __init__(self, commands: int, reply: Reply, acts: Acts) -> None:
        """`commands`: how many will be added. `reply` is called once."""
        self._missing, self._reply, self._acts = commands, reply, acts
        self._lines: list[str] = []
        self._why = ""

    def add_control(self, kind: CommandKind, payload: bytes, text: str, then: Callable[[], None] | None = None) -> None:
        """Submit a control.

        text   its line in the answer
        then   called when it is durable, before the next command is applied
        """

        def durable(events: list[Row]) -> None:
            if then is not None:
                then()
            self._finish(_with_cancelled(text, events), "")

        self._acts.submit_control(
            kind,
            payload,
            lambda events: self._acts.ask_after_release(lambda: durable(events)),
            lambda why: self._finish("", why),
        )

    def add_row(self, fields: dict[str, int], text: str) -> None:
        """Submit a row. `fields`: of the COMMAND; `text`: its line in the answer."""
        self._acts.submit(fields, lambda events: self._acts.ask_after_release(lambda: self._take(fields, events, text)))

    def _take(self, fields: dict[str, int], events: list[Row], text: str) -> None:
        refused = next((row for row in events if row[KIND] == EventKind.COMMAND_REFUSED), None)
        if refused is not None:
            self._finish("", _why(fields, refused, text))
        else:
            self._finish(_with_cancelled(text, events), "")

    def _finish(self, line: str, why: str) -> None:
        self._missing -= 1
        self._lines += [line] if line else []
        self._why = self._why or why
        if self._missing == 0:
            self._reply(Answer(not self._why, self._lines, self._why))


def answer_control(acts: Acts, kind: CommandKind, payload: bytes, text: str, reply: Reply) -> None:
    """Submit one control, the only command of a request. `text`: its line in the answer."""
    PendingAnswer(1, reply, acts).add_control(kind, payload, text)


def _why(fields: dict[str, int], refused: Row, text: str) -> str:
    """Why a row was refused. For money it says how much would be accepted; `text` is what was asked."""
    most = max(0, refused[MOST_MILLS])
    if refused[REASON] == RejectReason.INSUFFICIENT_MARGIN:
        return f"{text}: free funds are {most} mills (MARGIN-015)"
    if refused[REASON] == RejectReason.FULL:
        bound = f"all deposits of a venue are at most {MONEY_MAX} mills (SPEC-004)"
        return f"{text}: at most {most} more are accepted, {bound}"
    if refused[REASON] == RejectReason.UNKNOWN and fields["kind"] in (CommandKind.KILL, CommandKind.UNKILL):
        return f"no account is of firm {fields['killed_firm']} (KILL-001)"
    return reason_text(refused[REASON])


def _with_cancelled(text: str, events: list[Row]) -> str:
    gone = sum(row[KIND] == EventKind.ORDER_CANCELLED for row in events)
    return f"{text}; {gone} orders cancelled" if gone else text
