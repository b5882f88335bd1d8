"""`gpux replay`: every source gives its figures and checks; a wrong one is one line with exit code 2."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.flows.flow import FLOWS, make_flow
from bench.replay import replay_tape
from bench.tapes.market import PlainMarket, flow_market, market_tape
from bench.tapes.tape import Tape, TapeControl, read_tape, write_tape
from exchange.cli.app import main
from exchange.codes import CommandKind
from exchange.engine.engine import Engine
from exchange.journal.recovery import open_journal
from exchange.limits import MEDIUM
from exchange.seams import RealDisk
from tests.bench.lobster_pair import SAMPLE, write_pair
from tests.journal.helpers import ManualClock, SeededRng


def small_tape(name: str = "mixed") -> Tape:
    flow = make_flow(replace(FLOWS[name], commands=600, warm_orders=300, accounts=10))
    return market_tape(flow_market(flow), [flow.warm, flow.commands], {"fills": flow.fills}, "medium")


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of the command line."""
    with pytest.raises(SystemExit) as stopped:
        main(["replay", *map(str, arguments)])
    output, errors = capsys.readouterr()
    return int(stopped.value.code or 0), output, errors


@pytest.mark.parametrize("name", list(FLOWS))
def test_engine_makes_the_predicted_trades_and_refuses_nothing(name: str) -> None:
    tape = small_tape(name)
    done: list[int] = []
    summary = replay_tape(tape, Engine(MEDIUM), done.append)
    assert (summary.fills, summary.refused.total()) == (tape.notes["fills"], 0)
    assert sum(done) == summary.rows + summary.controls == len(tape.commands) + len(tape.controls)


def test_refusals_are_counted_by_reason() -> None:
    tape = small_tape()
    tape.commands["account"][-3:] = 60
    assert replay_tape(tape, Engine(MEDIUM), lambda _: None).refused["UNKNOWN_ACCOUNT"] == 3


def test_native_tape_replays_from_the_command_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    write_tape(small_tape(), tmp_path / "flow.parquet")
    code, output, _ = run(capsys, tmp_path / "flow.parquet", "--save", tmp_path / "known.parquet")
    assert code == 0 and "commands/s" in output and "state hash  " in output and "nothing refused" in output
    assert read_tape(tmp_path / "known.parquet").state_hash in output


def test_figures_are_printed_as_one_json_object(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    write_tape(small_tape(), tmp_path / "flow.parquet")
    _, text, _ = run(capsys, tmp_path / "flow.parquet")
    code, output, _ = run(capsys, tmp_path / "flow.parquet", "--save", tmp_path / "known.parquet", "--json")
    found = json.loads(output)
    assert code == 0 and f"state hash  {found['state_hash']}" in text and f"fills       {found['fills']:,} " in text
    assert found["commands"] == len(small_tape().commands) and found["refused"] == {} and found["flow_check"]
    assert found["saved"] == str(tmp_path / "known.parquet") and found["commands_per_s"] > 0 and found["seconds"] > 0
    _, output, _ = run(capsys, tmp_path / "known.parquet", "--json")
    assert json.loads(output)["tape_check"]
    messages, book = write_pair(tmp_path)
    _, output, _ = run(capsys, "lobster", "--messages", messages, "--book", book, "--json")
    assert json.loads(output)["book_check"]["matched"] == json.loads(output)["book_check"]["messages"]


def test_json_of_a_failed_check_has_the_figures(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    write_tape(replace(small_tape(), state_hash="00" * 32), tmp_path / "other.parquet")
    code, output, errors = run(capsys, tmp_path / "other.parquet", "--json")
    assert code == 2 and "replay gives another state" in errors and json.loads(output)["state_hash"] != "00" * 32


@pytest.mark.rule("TAPE-003")
def test_tape_with_another_state_than_promised_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    write_tape(small_tape(), tmp_path / "flow.parquet")
    run(capsys, tmp_path / "flow.parquet", "--save", tmp_path / "known.parquet")
    code, output, _ = run(capsys, tmp_path / "known.parquet")
    assert code == 0 and "state hash is the one in the file" in output
    known = read_tape(tmp_path / "known.parquet")
    known.commands["lots"][np.flatnonzero(known.commands["kind"] == CommandKind.NEW)[-1]] += 1
    write_tape(known, tmp_path / "other.parquet")
    code, _, errors = run(capsys, tmp_path / "other.parquet")
    assert code == 2 and "another state than the file's" in errors and errors.count("\n") == 1


@pytest.mark.rule("TAPE-012")
def test_lobster_pair_replays_through_the_engine(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    messages, book = write_pair(tmp_path)
    code, output, _ = run(capsys, "lobster", "--messages", messages, "--book", book)
    assert code == 0 and "8 of 8 book states match" in output
    assert figures(output)["fills"] == "2 trades"


@pytest.mark.rule("TAPE-012")
def test_lobster_pair_that_does_not_match_says_where(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    messages, book = write_pair(tmp_path)
    book.write_text(book.read_text().replace("1015000,170,1010000,36", "1015000,170,1010000,35"))
    code, output, _ = run(capsys, "lobster", "--messages", messages, "--book", book)
    assert code == 1 and "7 of 8 book states match" in output and "row 3 bids" in output


@pytest.mark.rule("TAPE-012")
@pytest.mark.skipif(not SAMPLE.is_dir(), reason="the LOBSTER sample is not part of the project")
def test_real_lobster_sample_is_reproduced_by_the_engine(capsys: pytest.CaptureFixture[str]) -> None:
    messages, book = sorted(SAMPLE.glob("AAPL_2012-06-21_*_10_head.csv"))
    code, output, _ = run(capsys, "lobster", "--messages", messages, "--book", book)
    assert code == 0 and "998 of 998 book states match" in output


def written_journal(folder: Path, tape: Tape) -> None:
    """A venue's data folder that holds the commands of a tape, frame by frame."""
    opened = open_journal(
        str(folder), RealDisk(), SeededRng(1), ManualClock(), MEDIUM, b'{"rules":1}', segment_bytes=65_536
    )
    for part in tape.parts():
        if isinstance(part, TapeControl):
            opened.journal.append_control(part.row, part.payload)
        else:
            for rows in np.array_split(part, 7):
                opened.journal.append(rows)
    opened.journal.close()


@pytest.mark.rule("TAPE-001")
@pytest.mark.rule("TAPE-003")
def test_data_folder_replays_and_becomes_a_tape(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    tape = small_tape()
    tape.commands["time_ns"] = tape.controls[-1].row["time_ns"]  # a frame has one time
    written_journal(tmp_path / "data", tape)
    code, output, errors = run(capsys, tmp_path / "data", "--save", tmp_path / "day.parquet")
    assert (code, errors) == (0, "")
    assert f"fills       {tape.notes['fills']} trades" in output
    again = read_tape(tmp_path / "day.parquet")
    assert np.array_equal(again.commands, tape.commands) and len(again.controls) == len(tape.controls)
    code, output, _ = run(capsys, tmp_path / "day.parquet")
    assert code == 0 and "state hash is the one in the file" in output


@pytest.mark.rule("TAPE-003")
def test_a_data_folder_and_the_tape_of_it_give_the_same_summary(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    tape = small_tape()
    tape.commands["time_ns"] = tape.controls[-1].row["time_ns"]
    tape.commands["account"][-3:] = 60
    written_journal(tmp_path / "data", tape)
    _, of_folder, _ = run(capsys, tmp_path / "data", "--save", tmp_path / "day.parquet")
    _, of_tape, _ = run(capsys, tmp_path / "day.parquet")
    folder, whole = (figures(text) for text in (of_folder, of_tape))
    names = {"commands", "events", "fills", "refused", "state hash", "check", "saved"}
    assert set(folder) == names and set(whole) == names - {"check", "saved"} | {"tape check"}
    shared = ["events", "fills", "refused", "state hash"]
    assert [folder[name] for name in shared] == [whole[name] for name in shared]
    assert folder["refused"] == "3 UNKNOWN_ACCOUNT"
    of_both = [re.sub(r"in .* commands/s", "", text["commands"]) for text in (folder, whole)]
    assert of_both[0] == of_both[1] == f"{len(tape.commands):,} , and {len(tape.controls)} controls"


def figures(output: str) -> dict[str, str]:
    """What stands behind each name of a summary."""
    return {line[:12].strip(): line[12:].strip() for line in output.splitlines()}


def test_wrong_sources_are_one_line_with_exit_code_2(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "text.parquet").write_text("no tape")
    cases: list[list[object]] = [
        [tmp_path / "missing.parquet"],
        [tmp_path / "text.parquet"],
        ["lobster"],
        ["lobster", "--messages", tmp_path / "none.csv", "--book", tmp_path / "none.csv"],
        ["mixed", "--commands", "0"],
        ["mixed", "--seed", "x"],
        [],
    ]
    for arguments in cases:
        code, _, errors = run(capsys, *arguments)
        assert code == 2 and errors.startswith("gpux: ") and errors.count("\n") == 1, arguments


BOOK_TOO_MANY = PlainMarket(100, 300, 200, books=65).controls()[0]


@pytest.mark.rule("TAPE-003")
@pytest.mark.parametrize(
    ("kind", "payload", "expected"),
    [
        (CommandKind.LIST, b"no JSON", "LIST: JSON is malformed"),
        (CommandKind.LIST, b'{"number": 5}', "LIST: "),
        (CommandKind.LIST, BOOK_TOO_MANY, "index 65 not in 1..64"),
        (CommandKind.DEFINE_ACCOUNT, b'{"account": 65}', "account 65 not in 1..64"),
        (CommandKind.DEFINE_ACCOUNT, b'{"account": 1, "firm": -1}', "firm -1 not in 0..4294967295"),
        (CommandKind.NEW, b"", "control 1: not one of "),
    ],
)
def test_control_that_the_engine_refuses_is_one_line(
    kind: CommandKind, payload: bytes, expected: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    tape = small_tape()
    row = tape.controls[0].row.copy()
    row["kind"] = kind
    write_tape(replace(tape, controls=[TapeControl(row, payload)]), tmp_path / "wrong.parquet")
    code, _, errors = run(capsys, tmp_path / "wrong.parquet")
    assert code == 2 and errors.count("\n") == 1 and expected in errors
    assert f"{tmp_path / 'wrong.parquet'}: control at sequence 1, state size 'medium': " in errors
