"""`gpux operator audit`: was every act in a journal signed as it had to be? Whoever has the journal can ask (SEC-063).

Of each ACT it looks at the signatures over these words, this history and a nonce that never served before; at the keys,
which must have been operators' when the act was journalled; and at the second of two, which must confirm just this act.
What needs two people depends on what the venue knew then: the journal tells that the desk asked for it, not that it
had to.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from exchange.codes import CommandKind
from exchange.gateway.auth import encode_bytes, verify
from exchange.gateway.keys import Key, read_key
from exchange.journal.frames import Frame, FrameKind
from exchange.journal.replay import read_frames
from exchange.journal.segments import read_history_name
from exchange.operator.acts import Act, Signature
from exchange.operator.requests import Confirm, decode_request
from exchange.operator.signing import signed_text
from exchange.seams import Disk, RealDisk
from exchange.units import NS_PER_S

CLOCK_SLACK_US = 1_000_000  # between the clock that admits an act and the one that stamps its record


class Finding(NamedTuple):
    """One act of a journal, and what is wrong with it."""

    sequence: int
    time_ns: int
    act: Act | None  # None: its payload says nothing that could be read
    faults: list[str]

    def text(self) -> str:
        """One line for a person; whatever the journal holds, a terminal shows it as it is."""
        time = datetime.fromtimestamp(self.time_ns // NS_PER_S, UTC).strftime("%Y-%m-%d %H:%M:%S")
        who, asked = "nobody", ""
        if self.act is not None:
            who = " and ".join(ascii(one.key)[1:-1] for one in self.act.signatures) or who
            asked = json.dumps(self.act.line)[1:-1].replace('\\"', '"')
        wrong = "".join(f"  WRONG: {ascii(fault)[1:-1]}" for fault in self.faults)
        return f"{self.sequence}  {time}  {who}  {asked}{wrong}"


def audit(folder: str, disk: Disk | None = None) -> Iterator[Finding]:
    """Every act of a data folder in order. Refusal: the journal is damaged."""
    disk = disk or RealDisk()
    auditor = Auditor(read_history_name(disk, folder))
    for frame in read_frames(folder, disk):
        if frame.kind != FrameKind.CONTROL:
            continue
        kind = int(frame.rows["kind"][0])
        if kind == CommandKind.DEFINE_KEY:
            auditor.learn(frame.payload)
        elif kind == CommandKind.ACT:
            yield auditor.judge(frame)


class Auditor:
    """Knows the operators of each moment and the nonces that were used, as the journal tells them."""

    def __init__(self, history: str) -> None:
        self._history = history
        self._operators: dict[str, Key] = {}
        self._nonces: set[str] = set()

    def learn(self, payload: bytes) -> None:
        """A key is defined, or defined anew."""
        key = read_key(payload)
        self._operators.pop(key.key, None)
        if "admin" in key.scopes:
            self._operators[key.key] = key

    def judge(self, frame: Frame) -> Finding:
        time_ns = int(frame.rows["time_ns"][0])
        try:
            act = msgspec.json.decode(frame.payload, type=Act)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            return Finding(frame.sequence, time_ns, None, [f"no act: {error}"])
        now_us = time_ns // 1_000 - CLOCK_SLACK_US
        operators = {name: key for name, key in self._operators.items() if not 0 < key.expires_us <= now_us}
        faults = [] if act.signatures or not operators else ["nobody signed it, and there were operators"]
        for number, signature in enumerate(act.signatures):
            faults += self._faults_of(signature, act.line if number == 0 else signature.line, operators)
        if act.by_two:
            faults += _faults_of_two(act)
        return Finding(frame.sequence, time_ns, act, faults)

    def _faults_of(self, signature: Signature, line: str, operators: dict[str, Key]) -> Iterator[str]:
        key = operators.get(signature.key)
        if key is None or encode_bytes(key.public) != signature.public:
            yield f"{signature.key} was no operator"
        text = signed_text(self._history, signature.nonce, signature.public, line)
        if not verify(key.public if key is not None else None, text, signature.signature):
            yield f"the signature of {signature.key} does not hold"
        if signature.nonce in self._nonces:
            yield f"the nonce of {signature.key} was used before"
        self._nonces.add(signature.nonce)


def _faults_of_two(act: Act) -> Iterator[str]:
    first, second, *more = act.signatures
    if more:
        yield f"{len(act.signatures)} signatures, allowed are 2"
    if first.public == second.public or first.key == second.key:
        yield "both signatures are of one operator"
    try:
        confirmed = decode_request(second.line.encode("utf-8"))
    except ValueError:
        confirmed = None
    if not isinstance(confirmed, Confirm) or confirmed.proposal != Act(act.line, [first]).name:
        yield f"{second.key} has confirmed something else"


def summary(findings: list[Finding]) -> str:
    """What they come to, in one line."""
    signed = sum(1 for one in findings if one.act is not None and one.act.signatures)
    wrong = sum(1 for one in findings if one.faults)
    judged = f"{wrong} not as they had to be" if wrong else "all as they had to be"
    return f"{len(findings)} acts, {signed} of them signed: {judged}"
