"""The table of controls: what is in it is checked, begun and run in one way."""

from typing import Any

import msgspec
import numpy as np
import pytest

from exchange.codes import CommandKind, EventKind
from exchange.engine.control import registry
from exchange.engine.control.checks import ControlError
from exchange.engine.control.define_account import AccountPayload
from exchange.engine.control.list_instruments import ListPayload
from exchange.engine.control.registry import CONTROLS, PAYLOAD_BYTES_MAX, decode_payload, encode_payload
from exchange.engine.engine import Engine, blank_commands
from exchange.engine.warmup import definitions
from exchange.limits import MEDIUM

CONTROL_KINDS = sorted(CONTROLS)


def control(engine: Engine, kind: int, payload: bytes) -> np.ndarray:
    row = blank_commands(1)
    row["sequence"], row["kind"], row["time_ns"] = engine.sequence + 1, kind, 77
    return engine.control(row, payload)


def test_the_table_names_controls_and_no_rows() -> None:
    assert set(CONTROLS) == {
        CommandKind.LIST, CommandKind.DEFINE_ACCOUNT, CommandKind.DEFINE_KEY, CommandKind.LEAD_MAKERS,
        CommandKind.INDEX, CommandKind.ADJUST, CommandKind.BLOCK, CommandKind.BUST, CommandKind.TRANSFER,
        CommandKind.SPOT_MONTHS,
        CommandKind.DAY_LIMITS, CommandKind.MARK, CommandKind.CASCADE, CommandKind.EXPIRE, CommandKind.MARGIN,
        CommandKind.ACT,
    }  # fmt: skip


@pytest.mark.rule("DUR-060")
@pytest.mark.parametrize("kind", CONTROL_KINDS)
def test_a_payload_that_fits_in_no_frame_is_refused(kind: int) -> None:
    with pytest.raises(ControlError, match=f"payload bytes {PAYLOAD_BYTES_MAX + 1} not in 0..{PAYLOAD_BYTES_MAX}"):
        Engine(MEDIUM).check_control(kind, b" " * (PAYLOAD_BYTES_MAX + 1))


def test_a_kind_that_is_no_control_is_refused_with_those_that_are() -> None:
    names = "ADJUST, BLOCK, BUST, CASCADE, DAY_LIMITS, DEFINE_ACCOUNT, EXPIRE, INDEX, LEAD_MAKERS, LIST, MARGIN, MARK"
    text = f"control 1: not one of {names}, SPOT_MONTHS, TRANSFER$"
    with pytest.raises(ControlError, match=text):
        Engine(MEDIUM).check_control(CommandKind.NEW, b"{}")


@pytest.mark.parametrize("kind", [kind for kind in CONTROL_KINDS if CONTROLS[kind] is None])
def test_a_control_without_effect_is_numbered_and_its_payload_is_not_read(kind: int) -> None:
    engine = Engine(MEDIUM)
    engine.check_control(kind, b"\xff not JSON")
    before = engine.states.copy()
    assert len(control(engine, kind, b"\xff not JSON")) == 0
    assert (engine.sequence, engine.time_ns) == (1, 77)
    before["sequence"], before["time_ns"] = 1, 77
    assert engine.states.tobytes() == before.tobytes()


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"{", "DEFINE_ACCOUNT: Input data was truncated"),
        (b'{"account":"one"}', r"DEFINE_ACCOUNT: Expected `int`, got `str` - at `\$.account`"),
        (b'{"account":1,"acount":2}', "DEFINE_ACCOUNT: Object contains unknown field `acount`"),
        (b"{}", "DEFINE_ACCOUNT: Object missing required field `account`"),
    ],
)
def test_a_payload_that_is_none_is_one_error_with_its_field(payload: bytes, expected: str) -> None:
    with pytest.raises(ControlError, match=expected):
        Engine(MEDIUM).check_control(CommandKind.DEFINE_ACCOUNT, payload)


def test_payloads_come_back_as_what_they_were() -> None:
    terms = AccountPayload(3, firm=9, close_only=True)
    assert decode_payload(CommandKind.DEFINE_ACCOUNT, encode_payload(terms)) == terms
    assert decode_payload(CommandKind.LIST, encode_payload(ListPayload())) == ListPayload()


def test_names_of_fields_are_those_that_journals_hold() -> None:
    """A renamed field would make every old journal unreadable."""
    names: dict[str, Any] = {}
    for kind, control in CONTROLS.items():
        if control is not None:
            names[CommandKind(kind).name] = [field.encode_name for field in msgspec.structs.fields(control.payload)]
    assert names == {
        "LIST": ["month", "commodities", "instruments", "window_ns", "groups", "day"],
        "DEFINE_ACCOUNT": [
            "account", "firm", "smp_id", "order_lots_max", "position_lots_max", "term_lots_max", "close_only",
        ],
        "LEAD_MAKERS": ["makers", "instruments", "group"],
        "DAY_LIMITS": ["books", "day", "by_two", "window_ns", "inputs"],
        "MARK": ["min_lots", "pays", "day"],
        "CASCADE": ["parent", "children", "day"],
        "INDEX": ["now_ns", "opened", "prints", "rentals", "committee", "by_two", "take_day", "cdp"],
        "ADJUST": ["instrument_id", "day", "amounts", "by_two"],
        "BLOCK": [
            "instrument", "lots", "tick", "buyer", "seller", "made_ns", "now_ns", "lots_min", "report_ns", "fee_mills",
        ],
        "BUST": ["trades", "fills", "paid", "by_two"],
        "TRANSFER": ["instrument", "lots", "tick", "giver", "taker", "by_two"],
        "SPOT_MONTHS": ["commodities"],
        "EXPIRE": ["books", "fee_mills", "day"],
        "MARGIN": ["pairs", "addon", "addon_bp", "maintenance_bp", "call_ns"],
    }  # fmt: skip


def test_a_control_is_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    """One whose `begin` and `run` leave a trace: begin comes first, both see the payload."""
    trace: list[Any] = []

    class Note(msgspec.Struct):
        text: str

    def run(state: np.record, terms: Note) -> np.ndarray:
        trace.append(("run", terms.text, int(state.sequence)))
        return np.zeros(0, registry.EVENT)

    def check(state: np.record, terms: Note) -> None:
        trace.append(("check", terms.text))

    def people(state: np.record, terms: Note) -> None:
        raise ControlError("two people")

    entry = registry.Control(Note, check, run, lambda state, terms: trace.append(("begin", terms.text)), people)
    monkeypatch.setitem(CONTROLS, CommandKind.ACT, entry)
    engine, payload = Engine(MEDIUM), b'{"text":"hello"}'
    with pytest.raises(ControlError, match="two people"):
        engine.check_control(CommandKind.ACT, payload)
    engine.check_control(CommandKind.ACT, payload, recorded=True)
    control(engine, CommandKind.ACT, payload)
    assert trace == [("check", "hello"), ("check", "hello"), ("begin", "hello"), ("run", "hello", 1)]


def test_events_carry_the_sequence_and_time_of_their_control() -> None:
    engine = Engine(MEDIUM)
    for number, (kind, payload) in enumerate(definitions(), 1):
        events = control(engine, kind, payload)
        assert len(events) and set(events["sequence"].tolist()) == {number} and set(events["time_ns"].tolist()) == {77}
        assert set(events["kind"].tolist()) <= {EventKind.INSTRUMENT_LISTED, EventKind.ACCOUNT_DEFINED}
