"""What is answered and not journalled when its turn has come: late, no use on a full disk, impossible now."""

from typing import Any

import pytest

from exchange.codes import CommandKind
from exchange.engine.control.checks import ControlError
from exchange.engine.control.define_account import AccountPayload
from exchange.engine.control.registry import encode_payload
from exchange.engine.state import new_state
from exchange.gateway.command_batch import CommandBatch
from exchange.gateway.firms.firm_moves import move_of
from exchange.limits import MEDIUM
from exchange.venue.admission import Admission
from exchange.wire.errors import ErrorCode
from exchange.wire.table import Answerer

NOW_US = 1_000_000


class Clock:
    def wall_us(self) -> int:
        return NOW_US


class Engine:
    """Refuses the controls and the first row of the batches that a test names."""

    def __init__(self) -> None:
        self.refused_control = ""
        self.verdict: tuple[int, int, int] | None = None
        self.states = new_state(MEDIUM)

    def check_control(self, kind: int, payload: bytes) -> None:
        if self.refused_control:
            raise ControlError(self.refused_control)

    def first_refusal(self, rows: Any) -> tuple[int, int, int] | None:
        return self.verdict


class Answers:
    """Who is answered without events, and why."""

    def __init__(self, admission: Admission) -> None:
        self.admission = admission
        self.given: list[tuple[int, ErrorCode, str]] = []

    def take(self, request_id: int, received_us: int, events: list[Any]) -> None:
        assert events == []
        self.given.append((request_id, *self.admission.refusal))


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def admission(engine: Engine) -> Admission:
    return Admission(engine, Clock(), lambda _row, _us: None)  # type: ignore[arg-type]  # reads one clock


def gathered(answers: Answers, *expires_us: int) -> CommandBatch:
    """A command for each time until which it may be sequenced; 0: without one."""
    batch = CommandBatch(8)
    for number, until_us in enumerate(expires_us):
        batch.rows[number]["kind"], batch.rows[number]["request_id"] = CommandKind.DEPOSIT, number
        if until_us:
            batch.expires.append((number, until_us))
        batch.add_ticket(answers.take, number)
    return batch


@pytest.mark.rule("ENTRY-005")
def test_commands_that_are_too_late_are_answered_and_the_others_stay_in_order(admission: Admission) -> None:
    answers = Answers(admission)
    batch = gathered(answers, 0, NOW_US - 1, NOW_US, NOW_US - 2, 0)
    assert admission.admit(batch)
    assert batch.gathered_rows()["request_id"].tolist() == [0, 2, 4] and batch.count == 3
    late = ErrorCode.EXPIRED_REQUEST, "exp is before the venue's time (ts): send a later exp"
    assert answers.given == [(1, *late), (3, *late)]


@pytest.mark.rule("ENTRY-005")
def test_nothing_is_left_of_a_batch_that_is_late_as_a_whole(admission: Admission) -> None:
    answers = Answers(admission)
    assert not admission.admit(gathered(answers, NOW_US - 1))
    assert [request_id for request_id, _, _ in answers.given] == [0]


def test_a_command_that_needs_no_answer_is_dropped_in_silence(admission: Admission) -> None:
    batch = gathered(Answers(admission), NOW_US - 1)
    batch.tickets.clear()
    batch.answerers[0] = Answerer.NOBODY
    assert not admission.admit(batch)


def test_the_session_of_a_request_that_is_too_late_answers_it(engine: Engine) -> None:
    answered: list[tuple[int, int]] = []
    admission = Admission(engine, Clock(), lambda row, us: answered.append((int(row["request_id"]), us)))  # type: ignore[arg-type]
    batch = CommandBatch(4)
    for number, expires_us in ((7, NOW_US - 1), (8, NOW_US)):
        batch.rows[batch.count]["request_id"] = number
        batch.expires.append((batch.count, expires_us))
        batch.add_request(100 + number)
    assert admission.admit(batch) and answered == [(7, 107)]
    assert batch.count == 1 and batch.rows[0]["request_id"] == 8 and batch.received_us[0] == 108


def test_a_control_that_cannot_be_carried_out_is_refused_with_its_reason(admission: Admission, engine: Engine) -> None:
    refusals: list[str] = []
    batch = CommandBatch(1, control=b"{}", refused=refusals.append)
    batch.add_unanswered()
    assert admission.admit(batch)
    engine.refused_control = "account 7 is not defined"
    assert not admission.admit(batch) and refusals == ["account 7 is not defined"]


@pytest.mark.rule("ACCT-010")
def test_a_control_that_moves_an_account_to_another_firm_notes_its_stream_as_it_is_then(
    admission: Admission, engine: Engine
) -> None:
    engine.states["accounts"]["stream"][0][7], engine.states["accounts"]["firm"][0][7] = 31, 5
    for kind, firm, stream in (
        (CommandKind.DEFINE_ACCOUNT, 6, 31), (CommandKind.DEFINE_ACCOUNT, 5, 0), (CommandKind.MARK, 6, 0)
    ):  # fmt: skip
        batch = CommandBatch(1, control=encode_payload(AccountPayload(7, firm)))
        batch.rows["kind"] = kind
        batch.add_unanswered()
        assert admission.admit(batch)
        move = move_of(batch.rows[0], batch.control or b"")
        assert (move.stream if move else 0) == stream


@pytest.mark.rule("ENTRY-013")
def test_an_atomic_batch_is_asked_with_the_verdict_of_the_engine(admission: Admission, engine: Engine) -> None:
    asked: list[Any] = []

    def may_run(verdict: tuple[int, int, int] | None, now_us: int) -> bool:
        asked.append((verdict, now_us))
        return verdict is None

    batch = gathered(Answers(admission), 0, 0)
    batch.atomic = may_run
    assert admission.admit(batch)
    engine.verdict = (1, 5, 0)
    assert not admission.admit(batch)
    assert asked == [(None, NOW_US), ((1, 5, 0), NOW_US)]
