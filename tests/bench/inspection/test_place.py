"""A tape at any sequence is the state that an engine has there."""

import numpy as np
import pytest

from bench.inspection.place import TapePlace, command_of, sequences
from bench.tapes.market import PlainMarket, market_tape
from bench.tapes.tape import Tape, TapeControl
from exchange.codes import CommandFlag, CommandKind
from exchange.engine import query
from exchange.engine.engine import Engine
from exchange.errors import UserError
from exchange.limits import MEDIUM
from exchange.records import COMMAND
from exchange.units import price_text
from tests.bench.test_replay import small_tape


def engine_at(tape: Tape, sequence: int) -> Engine:
    """The slow twin: every command by itself, controls in their places."""
    engine = Engine(MEDIUM)
    controls = {control.sequence: control for control in tape.controls}
    rows = {int(row["sequence"]): number for number, row in enumerate(tape.commands)}
    for number in range(1, sequence + 1):
        if number in controls:
            engine.control(controls[number].row, controls[number].payload)
        else:
            engine.apply(tape.commands[rows[number] : rows[number] + 1])
    return engine


@pytest.mark.parametrize("sequence", [0, 1, 11, 12, 13, 300, 923])
def test_the_state_at_a_sequence_is_that_of_commands_one_by_one(sequence: int) -> None:
    tape = small_tape()
    place = TapePlace(tape, sequence)
    twin = engine_at(tape, sequence)
    assert place.engine.state_hash() == twin.state_hash()
    if not sequence:
        assert place.symbols == {}
        return
    bids, asks = query.depth(twin.states, 1, 10)
    book = place.book(place.index_of("book-1"))
    assert book["bids"] == [[price_text(price), lots] for price, lots in bids]
    assert book["asks"] == [[price_text(price), lots] for price, lots in asks]
    assert book["state"] == query.market_state(twin.states, 1).name


def test_an_instrument_is_found_by_a_part_of_its_symbol_or_its_number() -> None:
    tape = market_tape(PlainMarket(1, 100, 50, books=12), [np.zeros(0, COMMAND)], limits="medium")
    place = TapePlace(tape, sequences(tape)[1])
    assert place.index_of("BOOK-1") == place.index_of("1") == 1 and place.index_of("k-12") == 12
    for symbol, wanted in (("OOK", "12 instruments match"), ("H27", "no such instrument")):
        with pytest.raises(UserError, match=rf"--book {symbol}: {wanted} at sequence .*BOOK-1, "):
            place.index_of(symbol)


def test_an_account_that_is_not_there_yet_is_named() -> None:
    tape = small_tape()
    with pytest.raises(UserError, match="account 5 is not defined at sequence 3"):
        TapePlace(tape, 3).account(5)
    assert TapePlace(tape, 923).account(5)["cash_mills"] > 0


def test_a_sequence_of_a_mass_quote_gives_all_its_rows() -> None:
    rows = np.zeros(5, COMMAND)
    rows["sequence"] = np.arange(1, 6)
    rows["kind"][1:4] = CommandKind.QUOTE
    rows["flags"][1:3] = CommandFlag.MORE
    tape = Tape(rows, [TapeControl(np.array([(9,)], [("sequence", "i8")]), b"{}")])
    for sequence in (2, 3, 4):
        assert command_of(tape, sequence)[0]["sequence"].tolist() == [2, 3, 4]
    assert command_of(tape, 5)[0]["sequence"].tolist() == [5] and command_of(tape, 9)[1] is tape.controls[0]
    with pytest.raises(UserError, match="sequence 7, allowed: 1 to 9"):
        command_of(tape, 7)


def test_a_mass_quote_ends_at_another_command_or_a_control() -> None:
    rows = np.zeros(4, COMMAND)
    rows["sequence"] = 1, 2, 4, 5
    rows["kind"] = CommandKind.QUOTE, CommandKind.QUOTE, CommandKind.QUOTE, CommandKind.NEW
    rows["flags"] = CommandFlag.MORE
    tape = Tape(rows, [TapeControl(np.array([(3,)], [("sequence", "i8")]), b"{}")])
    runs = [command_of(tape, sequence)[0]["sequence"].tolist() for sequence in (1, 2, 4, 5)]
    assert runs == [[1, 2], [1, 2], [4], [5]]
