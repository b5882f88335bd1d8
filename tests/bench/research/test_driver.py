"""The driver: one sequence for recorded and own commands, whatever comes between."""

import struct

import numpy as np
import pytest

from bench.research.driver import Driver
from bench.research.orders import command_fields
from bench.research.tape_rows import TapeRows
from bench.tapes.market import PlainMarket, market_tape
from bench.tapes.tape import Tape, TapeControl
from exchange.codes import CommandFlag, CommandKind
from exchange.engine.control.define_account import AccountPayload
from exchange.engine.control.registry import encode_payload
from exchange.engine.engine import Engine
from exchange.errors import UserError
from exchange.limits import NAMED
from exchange.records import COMMAND, column
from tests.bench.research.small_flow import small_flow

CLOCK = command_fields(CommandKind.CLOCK)


def with_late_control(tape: Tape, row: int) -> Tape:
    """The tape with a new account in front of one of its rows."""
    rows = tape.commands.copy()
    control = np.zeros(1, COMMAND)
    control["sequence"], control["time_ns"], control["kind"] = (
        rows["sequence"][row], rows["time_ns"][row], CommandKind.DEFINE_ACCOUNT,
    )  # fmt: skip
    rows["sequence"][row:] += 1
    late = TapeControl(control, encode_payload(AccountPayload(40)))
    return Tape(rows, [*tape.controls, late], tape.limits)


def plain_hash(tape: Tape) -> bytes:
    engine = Engine(NAMED[tape.limits])
    for part in tape.parts():
        if isinstance(part, TapeControl):
            engine.control(part.row, part.payload)
        else:
            engine.run_silently(part)
    return engine.state_hash()


@pytest.mark.parametrize("step", [1, 13, 100_000])
def test_controls_run_at_their_place_whatever_the_steps(step: int) -> None:
    tape = with_late_control(small_flow(), 500)
    driver = Driver(TapeRows(tape), (64, 64))
    places = [driver.place]
    while driver.advance(step):
        places.append(driver.place)
    assert places[-1] == driver.length == len(tape.commands) + len(tape.controls)
    assert driver.engine.state_hash() == plain_hash(tape)
    assert driver.source.times_ns.tolist() == sorted(driver.source.times_ns.tolist())
    assert driver.source.sequences.tolist() == list(range(1, 1 + driver.length))


def test_commands_behind_own_ones_are_numbered_on() -> None:
    tape = with_late_control(small_flow(), 500)
    driver = Driver(TapeRows(tape), (64, 64))
    for _ in range(40):
        driver.advance(40)
        before = driver.sequence
        driver.run_own(driver.time_ns, CLOCK)
        assert driver.sequence == before + 1
    assert driver.sequence == driver.length + 40
    assert np.unique(driver.events()["sequence"]).max() <= driver.sequence
    assert [own[0] for own in driver.own_commands] == [41 * number for number in range(1, 33)] + [
        driver.length + 33 + number for number in range(8)
    ]


def test_own_commands_that_fail_are_none() -> None:
    driver = Driver(TapeRows(small_flow()), (64, 64))
    with pytest.raises(struct.error):
        driver.run_own(0, command_fields(CommandKind.CLOCK, account=-1))
    with pytest.raises(UserError, match="control at sequence 1"):
        driver.run_own_control(CommandKind.DEFINE_ACCOUNT, encode_payload(AccountPayload(65)))
    assert (driver.own_commands, driver.shift) == ([], 0)
    driver.run_own_control(CommandKind.DEFINE_ACCOUNT, encode_payload(AccountPayload(64)))
    assert driver.sequence == len(driver.own_commands) == driver.shift == 1
    assert driver.events()["sequence"].tolist() == [1]


def quotes() -> Tape:
    """Mass quotes of three entries in three books."""
    rows = np.zeros(10, COMMAND)
    rows["kind"], rows["account"], rows["session"] = CommandKind.QUOTE, 1, 5
    rows["flags"] = [0, *([CommandFlag.MORE, CommandFlag.MORE, 0] * 3)]
    rows["instrument"] = [1, *([1, 2, 3] * 3)]
    column(rows, "protection_number")[:] = 1
    column(rows, "bid_tick")[:], column(rows, "ask_tick")[:] = 40 + np.arange(10), 60 + np.arange(10)
    column(rows, "bid_lots")[:] = column(rows, "ask_lots")[:] = 2
    rows[0] = 0
    rows[0]["kind"], rows[0]["account"] = CommandKind.MMP_SET, 1
    column(rows, "protection_number")[0], column(rows, "window_ns")[0], column(rows, "lots_max")[0] = 1, 10**9, 50
    rows["group"][0] = 1
    return market_tape(PlainMarket(1, 100, 50, books=3), [rows])


def test_a_mass_quote_is_never_split() -> None:
    tape = quotes()
    driver = Driver(TapeRows(tape), (64, 64))
    driver.advance(driver.length - 9)
    steps = []
    while step := driver.advance(2):
        steps.append(step)
        driver.run_own(driver.time_ns, CLOCK)
    assert steps == [3, 3, 3]
    assert driver.refused == 0


def test_a_control_that_does_not_fit_is_refused() -> None:
    tape = market_tape(PlainMarket(1, 100, 50, books=70), [np.zeros(0, COMMAND)], limits="medium")
    driver = Driver(TapeRows(tape), (64, 64))
    with pytest.raises(UserError, match="control at sequence 1, state size 'medium'"):
        driver.advance(1)


def test_a_fork_has_the_state_and_goes_on_alone() -> None:
    driver = Driver(TapeRows(small_flow()), (64, 64))
    driver.advance(700)
    fork = driver.fork()
    assert fork.engine.state_hash() == driver.engine.state_hash()
    driver.run_own(driver.time_ns, CLOCK)
    assert (fork.sequence, fork.shift, fork.own_commands) == (700, 0, [])
    fork.advance(100_000)
    assert fork.engine.state_hash() == plain_hash(fork.source.tape)
