"""`gpux operator audit`: checks the signatures of the acts in a journal, with the journal alone (SEC-063).

ACT             each signature is valid for the request and the journal's history, its key was an operator's at that
                time, and its nonce was used once; the request has a reason; a second operator confirmed this act
operator's key  an act has made or ended it, of two people if there were two operators
settlement      if it says that two people asked, they did, and neither had made the other's key alone; so does a
                committee's value of an index, and an adjustment

Not checked: whether a settlement needed two people, and whether the other commands after an ACT match it.

Acts without a signature are shown as the folder owner's: there is no operator yet, or the owner makes a key while the
venue does not run.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from exchange.codes import CommandKind
from exchange.engine.control.day_limits import DayLimitsPayload
from exchange.engine.control.house.adjust import AdjustPayload
from exchange.engine.control.house.index import IndexPayload
from exchange.errors import UserError
from exchange.gateway.auth import check_public_key, encode_bytes, verify
from exchange.gateway.keys import KEY_ID, Key, read_key
from exchange.journal.frames import Frame, FrameKind
from exchange.journal.replay import read_frames
from exchange.journal.segments import read_history_name
from exchange.operator.acts import Act, Signature
from exchange.operator.requests import (
    ActRequest,
    AdjustCash,
    CommitteeValue,
    Confirm,
    DefineKey,
    Revoke,
    Settle,
    decode_request,
    is_of_operators,
)
from exchange.operator.signing import signed_text
from exchange.seams import Disk, RealDisk
from exchange.units import NS_PER_S

OWNER = "owner of the folder"

# Control that may say that two people asked -> its payload, the request of its act, its name in a finding.
_BY_TWO: dict[int, tuple[Any, type, str]] = {
    CommandKind.DAY_LIMITS: (DayLimitsPayload, Settle, "limits"),
    CommandKind.INDEX: (IndexPayload, CommitteeValue, "index values"),
    CommandKind.ADJUST: (AdjustPayload, AdjustCash, "adjustments"),
}


class Finding(NamedTuple):
    """One act of a journal, or another control that is wrong, and its faults."""

    sequence: int
    time_ns: int
    signers: list[str]  # ids of keys; empty: the owner of the folder
    asked: str  # the request as JSON
    faults: list[str]  # in words; empty: all is right

    def text(self) -> str:
        """One line for a person, in ASCII: the journal's text cannot control the terminal."""
        time = datetime.fromtimestamp(self.time_ns // NS_PER_S, UTC).strftime("%Y-%m-%d %H:%M:%S")
        wrong = "".join(f"WRONG: {_plain(fault)}  " for fault in self.faults)
        who = " and ".join(_plain(signer) for signer in self.signers) or OWNER
        return f"{self.sequence}  {time}  {wrong}{who}  {_plain(self.asked)}"


def audit(folder: str, disk: Disk | None = None) -> Iterator[Finding]:
    """Yield every act of a data folder in order, and every fault of other controls. Refusal: damaged journal."""
    disk = disk or RealDisk()
    auditor = Auditor(read_history_name(disk, folder))
    for frame in read_frames(folder, disk):
        if frame.kind == FrameKind.CONTROL:
            yield from auditor.take(frame)


class Auditor:
    """Follows the operators' keys and the used nonces through the journal's controls."""

    def __init__(self, history: str) -> None:
        self._history = history
        self._operators: dict[str, Key] = {}
        self._nonces: set[str] = set()
        self._asked: object = None  # request of the last act
        self._signers: list[str] = []  # signers of the last act
        self._persons: dict[str, str] = {}  # operator's key -> the person behind it

    def take(self, frame: Frame) -> Iterator[Finding]:
        """Yield the findings of one CONTROL frame."""
        kind, time_ns = int(frame.rows["kind"][0]), int(frame.rows["time_ns"][0])
        if kind == CommandKind.ACT:
            yield self._check_act(frame.sequence, time_ns, frame.payload)
        elif kind == CommandKind.DEFINE_KEY:
            try:
                key, faults = self._follow_key(frame.payload)
            except (msgspec.MsgspecError, ValueError, RecursionError, UserError) as error:
                yield Finding(frame.sequence, time_ns, [], "", [f"no key: {error}"])
                return
            if faults:
                yield Finding(frame.sequence, time_ns, [], f"key {key.key}", faults)
        elif kind in _BY_TWO and not self._are_two(kind, frame.payload):
            what, fault = _BY_TWO[kind][2], "they say that two people asked, and two did not sign"
            yield Finding(frame.sequence, time_ns, [], what, [fault])

    def _are_two(self, kind: int, payload: bytes) -> bool:
        """True unless a control says that two people asked, and the last act was not theirs."""
        form, request, _ = _BY_TWO[kind]
        try:
            if not msgspec.json.decode(payload, type=form).by_two:
                return True
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return False
        return isinstance(self._asked, request) and len(self._signed_by()) == 2

    def _signed_by(self) -> set[str]:
        """The persons behind the last act."""
        return {self._persons.get(signer, signer) for signer in self._signers}

    def _follow_key(self, payload: bytes) -> tuple[Key, list[str]]:
        """Follow a control that defines or ends a key; returns the key, and faults if it is an operator's."""
        key = read_key(payload)
        check_public_key(key.public)
        if KEY_ID.fullmatch(key.key) is None:
            raise ValueError(f"{key.key!r} is no name of a key")
        known = self._operators.pop(key.key, None)
        if known is None and "admin" not in key.scopes:
            return key, []
        asked = self._asked
        if key.expires_us != 0:
            right = isinstance(asked, Revoke) and asked.key == key.key
        else:
            self._operators[key.key] = key
            persons = self._signed_by()
            self._persons[key.key] = persons.pop() if len(persons) == 1 else key.key
            right = isinstance(asked, DefineKey) and (asked.key, asked.public, set(asked.scopes)) == (
                key.key, encode_bytes(key.public), set(key.scopes),
            )  # fmt: skip
        return key, [] if right else ["no act matches this change of the operator's key"]

    def _check_act(self, sequence: int, time_ns: int, payload: bytes) -> Finding:
        self._asked, self._signers = None, []
        try:
            act = msgspec.json.decode(payload, type=Act)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            return Finding(sequence, time_ns, [], "", [f"no act: {error}"])
        self._signers = [one.key for one in act.signatures]
        faults = self._faults_of_request(act)
        for number, signature in enumerate(act.signatures):
            faults += self._faults_of_signature(signature, act.line if number == 0 else signature.line)
        if act.by_two:
            faults += _faults_of_two(act)
        return Finding(sequence, time_ns, [one.key for one in act.signatures], act.line, faults)

    def _faults_of_request(self, act: Act) -> list[str]:
        """Faults of the act's request, and of the number of its signatures."""
        try:
            request = self._asked = decode_request(act.line.encode("utf-8"))
        except ValueError as error:  # a lone surrogate too
            return [f"no request: {error}"]
        if not isinstance(request, ActRequest):
            return ["what was asked is no act"]
        if not act.signatures:
            outside = isinstance(request, DefineKey)  # while the venue did not run
            return [] if outside or not self._operators else ["nobody signed it, and there were operators"]
        faults = [] if request.reason else ["it gives no reason"]
        if is_of_operators(request, self._operators) and len(self._operators) > 1 and not act.by_two:
            faults.append("an operator's key takes two, and there were two")
        return faults

    def _faults_of_signature(self, signature: Signature, line: str) -> list[str]:
        faults = []
        key = self._operators.get(signature.key)
        if key is None or encode_bytes(key.public) != signature.public:
            faults.append(f"{signature.key} was no operator")
        elif not verify(key.public, _signed_text(self._history, signature, line), signature.signature):
            faults.append(f"the signature of {signature.key} is not valid")
        if signature.nonce in self._nonces:
            faults.append(f"the nonce of {signature.key} was used before")
        self._nonces.add(signature.nonce)
        return faults


def _signed_text(history: str, signature: Signature, line: str) -> bytes:
    """The text that was signed; empty, which no signature fits, if it is not valid Unicode."""
    try:
        return signed_text(history, signature.nonce, signature.public, line)
    except UnicodeEncodeError:
        return b""


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
    if not isinstance(confirmed, Confirm) or confirmed.proposal != Act(act.line, [first]).act_id:
        yield f"{second.key} has confirmed something else"


def _plain(text: str) -> str:
    return ascii(text)[1:-1]


def summary(findings: list[Finding]) -> str:
    """All findings in one line: how many acts, signed, wrong."""
    signed = sum(1 for one in findings if one.signers)
    wrong = sum(1 for one in findings if one.faults)
    judged = f"{wrong} of them wrong" if wrong else "nothing wrong with them"
    return f"{len(findings)} acts, {signed} signed, {len(findings) - signed} by the {OWNER}: {judged}"
