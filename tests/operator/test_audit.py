"""The audit of acts: what an honest journal shows, and which lies of a journal it sees."""

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from exchange.codes import CommandKind
from exchange.engine.control import encode_payload
from exchange.gateway.auth import KeyPair, encode_bytes
from exchange.gateway.keys import KeyDefinition, key_payload
from exchange.journal.frames import FrameKind
from exchange.operator.acts import Act, Signature
from exchange.operator.audit import Auditor, Finding, audit, summary
from exchange.operator.signing import sign
from exchange.records import COMMAND
from tests.gateway.harness import Bench
from tests.operator.test_authority import CHIP, WHY, Office, price_beyond

HISTORY = "h_0123456789ab"
LINE = json.dumps({"do": "state", "target": CHIP, "to": "paused", "reason": WHY})
ONE, TWO = (KeyPair(f"k_op{number}", 1, bytes([100 + number]) * 32) for number in range(2))


@pytest.fixture
def auditor() -> Auditor:
    """Of a history with two operators."""
    made = Auditor(HISTORY)
    for pair in (ONE, TWO):
        made.learn(definition(pair))
    return made


def definition(pair: KeyPair, expires_us: int = 0) -> bytes:
    return key_payload(KeyDefinition(pair.key, encode_bytes(pair.public()), [1], ["admin"], 0, expires_us))


def signature(pair: KeyPair, nonce: str, line: str, history: str = HISTORY) -> Signature:
    signed = sign(pair, history, nonce, line)
    return Signature(pair.key, signed.public, nonce, signed.signature)


def of_two(confirmed: str = "", second: KeyPair = TWO) -> Act:
    """An act of two; `confirmed`: what the second names, this act if empty."""
    first = Act(LINE, [signature(ONE, "first", LINE)])
    line = json.dumps({"do": "confirm", "proposal": confirmed or first.name, "reason": "seen"})
    return Act(LINE, [*first.signatures, msgspec.structs.replace(signature(second, "second", line), line=line)])


def judge(auditor: Auditor, act: Act | bytes, time_ns: int = 10**18) -> list[str]:
    rows = np.zeros(1, COMMAND)
    rows["kind"], rows["time_ns"] = CommandKind.ACT, time_ns
    payload = act if isinstance(act, bytes) else encode_payload(act)

    class OneFrame:
        kind, sequence = FrameKind.CONTROL, 7

    frame: Any = OneFrame()
    frame.rows, frame.payload = rows, payload
    return auditor.judge(frame).faults


@pytest.fixture
def findings(tmp_path: Path) -> list[Finding]:
    """Of a venue without an operator, then with two."""
    with Bench(str(tmp_path)) as bench:
        office = Office(bench, operators=0)
        assert office.ask("state", target=CHIP, to="paused").ok
        office.operators = [office.operator(number) for number in range(2)]
        one, two = office.operators
        assert office.ask("state", one, target=CHIP, to="closed", reason="the day ends").ok
        proposal = office.ask("settle", one, prices=price_beyond(bench), reason=WHY).told[0].split()[0]
        assert office.ask("confirm", two, proposal=proposal, reason="I saw it too").ok
        bench.settle()
    return list(audit(str(tmp_path)))


@pytest.mark.rule("SEC-063")
def test_an_honest_journal_is_found_in_order(findings: list[Finding]) -> None:
    assert [one.faults for one in findings] == [[], [], []]
    texts = [one.text() for one in findings]
    for text, who in zip(texts, ("  nobody  ", "  k_op0  ", "  k_op0 and k_op1  "), strict=True):
        assert who in text
    assert '"reason": "the day ends"' in texts[1] and str(findings[1].sequence) in texts[1]
    assert summary(findings) == "3 acts, 2 of them signed: all as they had to be"


@pytest.mark.rule("SEC-061", "SEC-063")
def test_what_was_signed_by_operators_is_in_order(auditor: Auditor) -> None:
    assert judge(auditor, Act(LINE, [signature(ONE, "n", LINE)])) == []
    assert judge(auditor, of_two()) == []


@pytest.mark.rule("SEC-063", "BAD-063")
@pytest.mark.parametrize(
    ("act", "fault"),
    [
        (Act(LINE), "nobody signed it"),
        (Act(LINE + " ", [signature(ONE, "n", LINE)]), "does not hold"),
        (Act(LINE, [signature(ONE, "n", LINE, "h_other")]), "does not hold"),
        (Act(LINE, [signature(KeyPair("k_op0", 1, b"x" * 32), "n", LINE)]), "k_op0 was no operator"),
        (Act(LINE, [signature(KeyPair("k_trader", 1, b"x" * 32), "n", LINE)]), "k_trader was no operator"),
        (of_two(confirmed="0" * 32), "k_op1 has confirmed something else"),
        (of_two(second=ONE), "both signatures are of one operator"),
        (Act(LINE, [signature(ONE, "a", LINE), signature(TWO, "b", LINE)]), "does not hold"),
        (Act(LINE, [*of_two().signatures, signature(TWO, "c", LINE)]), "3 signatures, allowed are 2"),
        (b'{"line": 1}', "no act: "),
        (b"\xff", "no act: "),
    ],
)
def test_a_journal_that_lies_is_found_out(auditor: Auditor, act: Act | bytes, fault: str) -> None:
    faults = judge(auditor, act)
    assert any(fault in one for one in faults), faults
    assert summary([Finding(1, 0, None, faults)]).endswith("1 not as they had to be")


@pytest.mark.rule("SEC-063", "SEC-066")
def test_a_nonce_serves_once_and_a_key_only_while_it_is_an_operators(auditor: Auditor) -> None:
    assert judge(auditor, Act(LINE, [signature(ONE, "n", LINE)])) == []
    assert "used before" in judge(auditor, Act(LINE, [signature(ONE, "n", LINE)]))[0]
    auditor.learn(definition(TWO, expires_us=10**15))
    assert judge(auditor, Act(LINE, [signature(TWO, "o", LINE)]), time_ns=10**18 - 1) == []
    assert "k_op1 was no operator" in judge(auditor, Act(LINE, [signature(TWO, "p", LINE)]), time_ns=2 * 10**18)[0]
    auditor.learn(definition(ONE, expires_us=1))
    assert judge(auditor, Act(LINE), time_ns=2 * 10**18) == [], "no operator is left: the owner of the folder acts"


def test_what_a_journal_holds_is_shown_as_it_is() -> None:
    bell = Finding(1, 0, Act('{"do":"stop","why":"\x1b[2J\x07"}', [Signature("k\x1b", "", "", "")]), ["x\x1b"])
    assert bell.text().isprintable()
