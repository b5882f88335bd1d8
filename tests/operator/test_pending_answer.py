"""The one answer to a request: when all its commands are released, with the first reason why one was refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.codes import CommandKind, KillParty, Scope
from exchange.engine.control.define_account import AccountPayload
from exchange.engine.control.registry import encode_payload
from exchange.operator.acts import Act, Acts
from exchange.operator.pending_answer import PendingAnswer
from exchange.operator.requests import Answer
from tests.gateway.harness import DEPOSIT_MILLS, Bench

ACCOUNT_8 = encode_payload(AccountPayload(8, 0, smp_id=8))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(str(tmp_path)) as made:
        yield made


def money(mills: int) -> dict[str, int]:
    kind = CommandKind.DEPOSIT if mills > 0 else CommandKind.WITHDRAW
    return {"kind": kind, "account": 1, "amount_mills": abs(mills)}


@pytest.mark.rule("SEC-063")
def test_the_answer_comes_once_when_all_commands_are_released(bench: Bench) -> None:
    answers, steps, acts = list[Answer](), list[str](), Acts(bench.venue)
    with acts.recorded(Act("{}")):
        answer = PendingAnswer(2, answers.append, acts)
        answer.add_row(money(5), "deposit")
        answer.add_control(CommandKind.DEFINE_ACCOUNT, ACCOUNT_8, "account 8", lambda: steps.append("durable"))
    assert answers == [] and steps == []
    bench.settle()
    assert answers == [Answer(True, ["deposit", "account 8"])] and steps == ["durable"]


def test_a_command_that_is_refused_makes_the_answer_a_refusal_that_says_what_was_done(bench: Bench) -> None:
    answers, acts = list[Answer](), Acts(bench.venue)
    answer = PendingAnswer(3, answers.append, acts)
    answer.add_row(money(5), "deposit of 5 mills")
    answer.add_row(money(-(2 * DEPOSIT_MILLS)), "withdrawal")
    answer.add_row(money(-(3 * DEPOSIT_MILLS)), "another")
    bench.settle()
    free = f"withdrawal: free funds are {DEPOSIT_MILLS + 5} mills (MARGIN-015)"
    assert answers == [Answer(False, ["deposit of 5 mills"], free)]
    answers.clear()
    PendingAnswer(1, answers.append, acts).add_control(CommandKind.DEFINE_ACCOUNT, b"no payload", "account 8")
    bench.settle()
    assert [answer.ok for answer in answers] == [False] and "DEFINE_ACCOUNT" in answers[0].why


def test_orders_that_leave_are_counted_and_a_firm_without_accounts_is_named(bench: Bench) -> None:
    bench.connect(bench.keys[1]).ask(bench.order(10, "a1"), bench.order(11, "a2"))
    answers, acts = list[Answer](), Acts(bench.venue)
    kill = {"kind": CommandKind.KILL, "kill_party": KillParty.VENUE}
    PendingAnswer(1, answers.append, acts).add_row({**kill, "scope": Scope.ACCOUNT, "account": 1}, "account 1 stopped")
    PendingAnswer(1, answers.append, acts).add_row({**kill, "scope": Scope.FIRM, "killed_firm": 99}, "firm 99 stopped")
    bench.settle()
    assert answers == [
        Answer(True, ["account 1 stopped; 2 orders cancelled"]),
        Answer(False, [], "no account is of firm 99 (KILL-001)"),
    ]
