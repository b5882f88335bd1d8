"""The audit of acts: what an honest journal shows, and which lies of a journal it sees."""

import io
import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from rich.console import Console

from exchange.cli.key_making import make_key
from exchange.codes import CommandKind
from exchange.engine.control.day_limits import DayLimitsPayload
from exchange.engine.control.registry import encode_payload
from exchange.gateway.auth import KeyPair, encode_bytes
from exchange.gateway.keys import KeyDefinition, key_payload
from exchange.journal.frames import FrameKind
from exchange.operator.acts import Act, Signature
from exchange.operator.audit import OWNER, Auditor, Finding, audit, summary
from exchange.operator.requests import Answer
from exchange.operator.signing import sign
from exchange.records import COMMAND
from tests.cli.test_key_making import SETTINGS
from tests.gateway.harness import Bench
from tests.operator.test_authority import CHIP, WHY, Office, price_beyond

HISTORY = "h_0123456789ab"
PAUSE = json.dumps({"do": "state", "target": CHIP, "to": "paused", "reason": WHY})
ONE, TWO, NEW = (KeyPair(f"k_op{number}", 1, bytes([100 + number]) * 32) for number in range(3))


def asked_for(pair: KeyPair) -> dict[str, Any]:
    public = encode_bytes(pair.public())
    return {"key": pair.key, "public": public, "account": 1, "scopes": ["admin"], "reason": "a colleague"}


MAKE = json.dumps({"do": "key", **asked_for(NEW)})
END = json.dumps({"do": "revoke", "key": TWO.key, "reason": "left"})


def definition(pair: KeyPair, expires_us: int = 0, scopes: tuple[str, ...] = ("admin",)) -> bytes:
    return key_payload(KeyDefinition(pair.key, encode_bytes(pair.public()), [1], list(scopes), 0, expires_us))


def signature(pair: KeyPair, nonce: str, line: str, history: str = HISTORY) -> Signature:
    signed = sign(pair, history, nonce, line)
    return Signature(pair.key, signed.public, nonce, signed.signature)


def of_one(line: str, pair: KeyPair = ONE, nonce: str = "n", history: str = HISTORY) -> Act:
    return Act(line, [signature(pair, nonce, line, history)])


def of_two(asked: str = PAUSE, confirmed: str = "", second: KeyPair = TWO) -> Act:
    """An act of two; `confirmed`: what the second names, this act if empty."""
    first = of_one(asked, nonce="first")
    line = json.dumps({"do": "confirm", "proposal": confirmed or first.act_id, "reason": "seen"})
    return Act(asked, [*first.signatures, msgspec.structs.replace(signature(second, "second", line), line=line)])


def take(auditor: Auditor, kind: CommandKind, payload: bytes) -> list[str]:
    """What is wrong with a control, as the auditor of a journal sees it."""

    class OneFrame:
        sequence = 7

    frame: Any = OneFrame()
    frame.kind, frame.rows, frame.payload = FrameKind.CONTROL, np.zeros(1, COMMAND), payload
    frame.rows["kind"] = kind
    return [fault for finding in auditor.take(frame) for fault in finding.faults]


def judge(auditor: Auditor, act: Act | bytes) -> list[str]:
    return take(auditor, CommandKind.ACT, act if isinstance(act, bytes) else encode_payload(act))


def learn(auditor: Auditor, payload: bytes) -> list[str]:
    return take(auditor, CommandKind.DEFINE_KEY, payload)


@pytest.fixture
def auditor() -> Auditor:
    """Of a history with two operators."""
    made = Auditor(HISTORY)
    for pair in (ONE, TWO):
        assert judge(made, Act(json.dumps({"do": "key", **asked_for(pair)}))) == []
        assert learn(made, definition(pair)) == []
    return made


@pytest.fixture
def findings(tmp_path: Path) -> list[Finding]:
    """Of a venue without an operator, then with two that its owner has named, one of which leaves and is ended once
    more."""
    with Bench(str(tmp_path)) as bench:
        office = Office(bench, operators=0)
        assert office.ask("state", target=CHIP, to="paused").ok
        assert office.ask("key", **asked_for(ONE)).ok
        asked = json.dumps({"do": "key", **asked_for(TWO)})
        bench.opened.make_key("op1", 1, scopes=("admin",), seed=TWO.seed, act=encode_payload(Act(asked)))
        assert office.ask("state", ONE, target=CHIP, to="closed", reason="the day ends").ok
        proposal = office.ask("settle", ONE, prices=price_beyond(bench), reason=WHY).lines[0].split()[0]
        assert office.ask("confirm", TWO, proposal=proposal, reason="I saw it too").ok
        proposal = office.ask("revoke", ONE, key=TWO.key, reason="left").lines[0].split()[0]
        assert office.ask("confirm", TWO, proposal=proposal, reason="so it is").ok
        assert office.ask("revoke", ONE, key=TWO.key, reason="to be sure").ok
    return list(audit(str(tmp_path)))


@pytest.mark.rule("SEC-061", "SEC-063")
def test_an_honest_journal_is_found_in_order(findings: list[Finding]) -> None:
    assert [one.faults for one in findings] == [[]] * len(findings)
    both = ["k_op0", "k_op1"]
    assert [one.signers for one in findings[:6]] == [[], [], [], ["k_op0"], both, both]
    assert OWNER in findings[0].text() and "k_op0 and k_op1  " in findings[4].text()
    assert '"reason": "the day ends"' in findings[3].text() and str(findings[3].sequence) in findings[3].text()
    count = len(findings)
    assert summary(findings) == f"{count} acts, {count - 3} signed, 3 by the {OWNER}: nothing wrong with them"


@pytest.mark.rule("SEC-063")
def test_keys_that_the_owner_of_the_folder_makes_are_shown_as_his(tmp_path: Path) -> None:
    for name, scopes in (("ops1", ("admin",)), ("ops2", ("admin",)), ("mm1", ("read", "trade"))):
        make_key(str(tmp_path / "venue"), name, 7, 0, scopes, 0, "", SETTINGS, Console(file=io.StringIO()))
    findings = list(audit(str(tmp_path / "venue")))
    assert [(one.signers, one.faults) for one in findings] == [([], [])] * 3
    assert all(OWNER in one.text() for one in findings)


@pytest.mark.rule("SEC-061", "SEC-063", "BAD-063")
@pytest.mark.parametrize(
    ("act", "fault"),
    [
        (Act(PAUSE), "nobody signed it"),
        (Act(PAUSE + " ", of_one(PAUSE).signatures), "is not valid"),
        (of_one(PAUSE, history="h_other"), "is not valid"),
        (of_one(PAUSE, KeyPair("k_op0", 1, b"x" * 32)), "k_op0 was no operator"),
        (of_one(PAUSE, KeyPair("k_trader", 1, b"x" * 32)), "k_trader was no operator"),
        (of_two(confirmed="0" * 32), "k_op1 has confirmed something else"),
        (of_two(second=ONE), "both signatures are of one operator"),
        (Act(PAUSE, [signature(ONE, "a", PAUSE), signature(TWO, "b", PAUSE)]), "is not valid"),
        (Act(PAUSE, [*of_two().signatures, signature(TWO, "c", PAUSE)]), "3 signatures, allowed are 2"),
        (of_one(MAKE), "takes two"),
        (of_one(END), "takes two"),
        (of_one("hello"), "no request: "),
        (of_one('{"do":"state","do":"state"}'), "no request: "),
        (of_one('{"do":"status","reason":"curious"}'), "no act"),
        (of_one('{"do":"confirm","proposal":"1","reason":"alone"}'), "no act"),
        (of_one('{"do":"stop"}'), "no reason"),
        (b'{"line": 1}', "no act: "),
        (b"\xff", "no act: "),
        (b"[" * 100_000, "no act: "),
        (b'{"line":"\\ud800","signatures":[{"key":"k_op0","public":"","nonce":"","signature":""}]}', "no "),
    ],
)
def test_a_journal_that_lies_is_found_out(auditor: Auditor, act: Act | bytes, fault: str) -> None:
    faults = judge(auditor, act)
    assert any(fault in one for one in faults), faults
    assert summary([Finding(1, 0, [], "", faults)]).endswith("1 of them wrong")


@pytest.mark.rule("SEC-061", "SEC-063")
def test_what_operators_did_is_in_order(auditor: Auditor) -> None:
    assert judge(auditor, of_one(PAUSE)) == []
    assert judge(auditor, of_two(MAKE)) == [] and learn(auditor, definition(NEW)) == []
    assert judge(auditor, of_one(PAUSE, NEW, "new")) == []


@pytest.mark.rule("SEC-068", "SEC-063")
def test_limits_that_say_two_people_asked_stand_behind_an_act_of_two_persons(auditor: Auditor) -> None:
    lie = ["they say that two people asked, and two did not sign"]
    settle = json.dumps({"do": "settle", "reason": WHY})
    alone, two = (encode_payload(DayLimitsPayload([], 20_780, by_two)) for by_two in (False, True))
    assert take(auditor, CommandKind.DAY_LIMITS, two) == lie, "nobody has asked"
    assert judge(auditor, of_one(settle)) == []
    assert take(auditor, CommandKind.DAY_LIMITS, alone) == [] and take(auditor, CommandKind.DAY_LIMITS, two) == lie
    assert judge(auditor, of_two(settle)) == [] and take(auditor, CommandKind.DAY_LIMITS, two) == []
    assert take(auditor, CommandKind.DAY_LIMITS, b"\xff") == lie
    assert judge(auditor, of_one(json.dumps({"do": "revoke", "key": TWO.key, "reason": "left"}), nonce="r")) != []
    assert learn(auditor, definition(TWO, expires_us=1)) == []
    assert judge(auditor, of_one(MAKE, nonce="m")) == [] and learn(auditor, definition(NEW)) == []
    first = of_one(settle, nonce="s")
    line = json.dumps({"do": "confirm", "proposal": first.act_id, "reason": "seen"})
    second = msgspec.structs.replace(signature(NEW, "t", line), line=line)
    assert judge(auditor, Act(settle, [*first.signatures, second])) == [], "each signature holds"
    assert take(auditor, CommandKind.DAY_LIMITS, two) == lie, "the first has made the second"


@pytest.mark.rule("SEC-063")
def test_a_key_that_no_act_made_is_found_out(auditor: Auditor) -> None:
    no_act = "no act matches this change of the operator's key"
    assert no_act in learn(auditor, definition(NEW))[0]
    assert learn(auditor, definition(KeyPair("k_mm", 1, b"m" * 32), scopes=("trade",))) == [], "a member's may"
    assert judge(auditor, of_two(MAKE)) == []
    other = KeyPair(NEW.key, 1, b"y" * 32)
    assert no_act in learn(auditor, definition(other))[0], "another key than was asked for"
    assert no_act in learn(auditor, definition(TWO, expires_us=1))[0], "nobody has ended it"


@pytest.mark.rule("SEC-063")
@pytest.mark.parametrize("payload", [b"\xff", b"{}", b"[" * 100_000, definition(NEW).replace(b"k_op2", b"k op2")])
def test_what_is_no_key_is_found_out(auditor: Auditor, payload: bytes) -> None:
    assert learn(auditor, payload)[0].startswith("no key: ")
    short = msgspec.json.encode({**msgspec.json.decode(definition(NEW)), "public": "AAAA"})
    assert learn(auditor, short)[0].startswith("no key: ")


@pytest.mark.rule("SEC-063", "SEC-066")
def test_a_nonce_serves_once_and_a_key_only_while_it_is_an_operators(auditor: Auditor) -> None:
    assert judge(auditor, of_one(PAUSE)) == []
    assert judge(auditor, of_one(PAUSE)) == ["the nonce of k_op0 was used before"]
    assert judge(auditor, of_two(END)) == [] and learn(auditor, definition(TWO, expires_us=1)) == []
    assert judge(auditor, of_one(PAUSE, TWO, "o")) == ["k_op1 was no operator"], "its signature is right"
    end = json.dumps({"do": "revoke", "key": ONE.key, "reason": "the last one"})
    assert judge(auditor, of_one(end, nonce="p")) == [] and learn(auditor, definition(ONE, expires_us=1)) == []
    assert judge(auditor, Act(PAUSE)) == [], "no operator is left: the owner of the folder acts"


@pytest.mark.rule("SEC-063")
def test_nobody_acts_while_an_operators_key_is_on_its_way_to_the_disk(tmp_path: Path) -> None:
    with Bench(str(tmp_path)) as bench:
        office = Office(bench, operators=0)
        answers: list[Answer] = []
        office.desk.take(json.dumps({"do": "key", **asked_for(ONE)}).encode(), answers.append)
        office.desk.take(PAUSE.encode(), answers.append)
        assert "try again" in answers[0].why, "told at once; the first waits for the disk"
        bench.settle()
        assert answers[1].ok and "must be signed" in office.refused("state", target=CHIP, to="paused", reason=WHY)
        assert "exists already" in office.refused("key", ONE, **asked_for(ONE)), "what is refused holds up nobody"
        assert office.ask("state", ONE, target=CHIP, to="paused", reason=WHY).ok
    assert all(not finding.faults for finding in audit(str(tmp_path)))


def test_what_a_journal_holds_is_shown_as_it_is() -> None:
    bell = Finding(1, 0, ["k\x1b"], '{"do":"stop","why":"\x1b[2J\x07"}', ["x\x1b"])
    assert bell.text().isprintable()
    assert bell.text().index("WRONG: x") < bell.text().index("stop"), "what is asked could say so itself"
