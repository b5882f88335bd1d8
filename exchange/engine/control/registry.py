"""Controls: rare commands with a payload, run between kernel calls in sequence order.

A payload is JSON of its control's Struct. `check` refuses a bad one before it is journalled; then `begin`, what the
loop has to do, and `run`, which cannot fail. A new control is one file and one line in CONTROLS.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
import numpy as np

from exchange.codes import CommandKind
from exchange.engine.control.checks import ControlError, require, within
from exchange.engine.control.day_limits import (
    DayLimitsPayload,
    cancel_off_increment,
    check_day_limits,
    check_people,
    set_day_limits,
)
from exchange.engine.control.define_account import AccountPayload, check_account, define_account
from exchange.engine.control.lead_makers import LeadMakersPayload, check_lead_makers, set_lead_makers
from exchange.engine.control.list_instruments import ListPayload, check_list, list_instruments
from exchange.records import EVENT

PAYLOAD_BYTES_MAX = 65_536  # DUR-060
P = TypeVar("P", bound=msgspec.Struct)


def _nothing(state: np.record, terms: msgspec.Struct) -> None:
    """A step that a control does not have."""


@dataclass(frozen=True)
class Control(Generic[P]):
    """One kind of control; its functions take the state and the decoded payload.

    payload       Struct of its JSON
    check         raises ControlError if it cannot be carried out now
    run           carries it out and returns its events, EVENT
    begin         notes what the loop has to do first, such as cancels; the loop sees nothing of `run`
    check_people  raises ControlError if it takes more people to ask; who asked for a journalled one is not judged again
    """

    payload: type[P]
    check: Callable[[np.record, P], None]
    run: Callable[[np.record, P], np.ndarray]
    begin: Callable[[np.record, P], None] = _nothing
    check_people: Callable[[np.record, P], None] = _nothing


# None: of no effect on the engine, which only numbers it; its payload is read by the gateway, or from the journal.
CONTROLS: dict[int, Control[Any] | None] = {
    CommandKind.LIST: Control(ListPayload, check_list, list_instruments),
    CommandKind.DEFINE_ACCOUNT: Control(AccountPayload, check_account, define_account),
    CommandKind.LEAD_MAKERS: Control(LeadMakersPayload, check_lead_makers, set_lead_makers),
    CommandKind.DAY_LIMITS: Control(
        DayLimitsPayload, check_day_limits, set_day_limits, cancel_off_increment, check_people
    ),
    CommandKind.DEFINE_KEY: None,
    CommandKind.ACT: None,
}


def encode_payload(payload: msgspec.Struct) -> bytes:
    """Bytes for a CONTROL frame."""
    return msgspec.json.encode(payload)


def decode_payload(kind: int, payload: bytes) -> Any:
    """The payload's Struct, of a control with an effect. ControlError names the field."""
    control = CONTROLS[kind]
    assert control is not None, f"the payload of {CommandKind(kind).name} is not the engine's"
    try:
        return msgspec.json.decode(payload, type=control.payload)
    except msgspec.MsgspecError as error:
        raise ControlError(f"{CommandKind(kind).name}: {error}") from None


def check(states: np.ndarray, kind: int, payload: bytes, recorded: bool) -> None:
    """Raise ControlError if `run` could not carry a control out now, or if more people have to ask for it.

    recorded  it is in the journal: those who asked are not judged again
    """
    within("payload bytes", len(payload), 0, PAYLOAD_BYTES_MAX)
    with_effect = sorted(CommandKind(number).name for number, control in CONTROLS.items() if control is not None)
    require(kind in CONTROLS, f"control {kind}: not one of {', '.join(with_effect)}")
    control = CONTROLS[kind]
    if control is None:
        return
    terms = decode_payload(kind, payload)
    control.check(states[0], terms)
    if not recorded:
        control.check_people(states[0], terms)


def begin(states: np.ndarray, row: np.record, payload: bytes) -> None:
    """First half of a checked control, `row` COMMAND: the loop runs before `run` follows."""
    state = states[0]
    state.sequence = row.sequence
    state.time_ns = row.time_ns
    control = CONTROLS[int(row.kind)]
    if control is not None:
        control.begin(state, decode_payload(int(row.kind), payload))


def run(states: np.ndarray, row: np.record, payload: bytes) -> np.ndarray:
    """Second half of a checked control. Returns its events."""
    control = CONTROLS[int(row.kind)]
    if control is None:
        return np.zeros(0, EVENT)
    events: np.ndarray = control.run(states[0], decode_payload(int(row.kind), payload))
    return events
