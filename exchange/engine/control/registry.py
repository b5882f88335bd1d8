"""The table of controls: rare commands with a payload, which run between calls of the compiled loop, in sequence order.

A payload is the JSON of the control's Struct. `check` refuses a bad one before it is journalled. `begin` prepares what
the loop has to do first, such as cancels; after the loop `run` does the rest, and cannot fail. A new control is one
file and one line in CONTROLS.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
import numpy as np

from exchange.codes import CommandKind
from exchange.engine.calls.margin_run import MarginPayload, cancel_of_called, check_margin, run_margin
from exchange.engine.control.checks import ControlError, require, within
from exchange.engine.control.day_limits import (
    DayLimitsPayload,
    cancel_off_increment,
    check_day_limits,
    check_people,
    set_day_limits,
)
from exchange.engine.control.define_account import AccountPayload, check_account, define_account
from exchange.engine.control.endings.cascade import CascadePayload, cancel_cascaded, cascade, check_cascade
from exchange.engine.control.endings.expire import ExpirePayload, cancel_expired, check_expire, expire
from exchange.engine.control.house.adjust import AdjustPayload, adjust, check_adjust, check_adjust_people
from exchange.engine.control.house.block import BlockPayload, book_block, check_block
from exchange.engine.control.house.bust import BustPayload, bust, check_bust, check_bust_people
from exchange.engine.control.house.index import IndexPayload, check_index, check_index_people, run_index
from exchange.engine.control.house.spot_months import SpotPayload, check_spot_months, set_spot_months
from exchange.engine.control.house.transfer import (
    TransferPayload,
    check_transfer,
    check_transfer_people,
    transfer,
)
from exchange.engine.control.lead_makers import LeadMakersPayload, check_lead_makers, set_lead_makers
from exchange.engine.control.list_instruments import ListPayload, check_list, list_instruments
from exchange.engine.control.mark import MarkPayload, check_mark, set_marks
from exchange.records import EVENT

PAYLOAD_BYTES_MAX = 65_536  # what a CONTROL frame holds (DUR-060)
P = TypeVar("P", bound=msgspec.Struct)


def _nothing(state: np.record, terms: msgspec.Struct) -> None:
    """Does nothing: for a control without this step."""


@dataclass(frozen=True)
class Control(Generic[P]):
    """One kind of control. Its functions take the state and the decoded payload.

    payload       Struct of its JSON
    check         raises ControlError if the control cannot be carried out now
    run           carries it out and returns its events, EVENT rows
    begin         prepares what the loop has to do before `run`, such as cancels
    check_people  raises ControlError if more people have to ask for it; not called for a control from the journal
    """

    payload: type[P]
    check: Callable[[np.record, P], None]
    run: Callable[[np.record, P], np.ndarray]
    begin: Callable[[np.record, P], None] = _nothing
    check_people: Callable[[np.record, P], None] = _nothing


# None: of the engine's state the control changes only sequence and time. The gateway or others read its payload.
CONTROLS: dict[int, Control[Any] | None] = {
    CommandKind.LIST: Control(ListPayload, check_list, list_instruments),
    CommandKind.DEFINE_ACCOUNT: Control(AccountPayload, check_account, define_account),
    CommandKind.LEAD_MAKERS: Control(LeadMakersPayload, check_lead_makers, set_lead_makers),
    CommandKind.DAY_LIMITS: Control(
        DayLimitsPayload, check_day_limits, set_day_limits, cancel_off_increment, check_people
    ),
    CommandKind.MARK: Control(MarkPayload, check_mark, set_marks),
    CommandKind.CASCADE: Control(CascadePayload, check_cascade, cascade, cancel_cascaded),
    CommandKind.EXPIRE: Control(ExpirePayload, check_expire, expire, cancel_expired),
    CommandKind.INDEX: Control(IndexPayload, check_index, run_index, check_people=check_index_people),
    CommandKind.ADJUST: Control(AdjustPayload, check_adjust, adjust, check_people=check_adjust_people),
    CommandKind.BLOCK: Control(BlockPayload, check_block, book_block),
    CommandKind.BUST: Control(BustPayload, check_bust, bust, check_people=check_bust_people),
    CommandKind.TRANSFER: Control(TransferPayload, check_transfer, transfer, check_people=check_transfer_people),
    CommandKind.SPOT_MONTHS: Control(SpotPayload, check_spot_months, set_spot_months),
    CommandKind.MARGIN: Control(MarginPayload, check_margin, run_margin, cancel_of_called),
    CommandKind.DEFINE_KEY: None,
    CommandKind.ACT: None,
}


def encode_payload(payload: msgspec.Struct) -> bytes:
    """JSON of a payload, for a CONTROL frame."""
    return msgspec.json.encode(payload)


def decode_payload(kind: int, payload: bytes) -> Any:
    """Struct of a payload. ControlError names a wrong field. Not for controls that are None in CONTROLS."""
    control = CONTROLS[kind]
    assert control is not None, f"the payload of {CommandKind(kind).name} is not the engine's"
    try:
        return msgspec.json.decode(payload, type=control.payload)
    except msgspec.MsgspecError as error:
        raise ControlError(f"{CommandKind(kind).name}: {error}") from None


def check(states: np.ndarray, kind: int, payload: bytes, recorded: bool) -> None:
    """Raise ControlError if `run` could not carry out a control now, or if more people have to ask for it.

    recorded  True for a control from the journal: whether enough people asked for it is not checked again
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
    """First part of a checked control: takes its sequence and time, and calls its `begin`. The loop runs next, then
    `run`. `row`: its COMMAND."""
    state = states[0]
    state.sequence = row.sequence
    state.time_ns = row.time_ns
    control = CONTROLS[int(row.kind)]
    if control is not None:
        control.begin(state, decode_payload(int(row.kind), payload))


def run(states: np.ndarray, row: np.record, payload: bytes) -> np.ndarray:
    """Second part of a checked control. Returns its events, EVENT rows."""
    control = CONTROLS[int(row.kind)]
    if control is None:
        return np.zeros(0, EVENT)
    events: np.ndarray = control.run(states[0], decode_payload(int(row.kind), payload))
    return events
