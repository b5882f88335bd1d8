"""The demo itself, in small: a venue process of its own, a population over real websockets, the checks."""

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from exchange.cli.app import app, main
from exchange.demo.checks import TRADED, to_the_mill
from exchange.demo.market.live import LiveVenue, trade
from exchange.demo.market.population import CHIPS, DEMO
from exchange.demo.run import LAUNCH, demo, kept_text, next_steps, starting_text, what_failed
from exchange.demo.venue_process import Plan, VenueProcess
from exchange.engine.warmup import warm_up
from exchange.errors import UserError
from exchange.journal.verify import verify
from exchange.limits import MEDIUM
from tests import one_day

PERIODS = ("F27", "G27", "H27")
SMALL = Plan(
    LAUNCH.accounts,
    LAUNCH.deposit_mills,
    "medium",
    tuple(f"{chip}.G90.{period}" for chip in CHIPS for period in PERIODS),
    one_day.DAY,
)


SECONDS = (2.0, 20.0)  # in two seconds a machine that stands still for most of them trades nothing


def test_the_population_trades_and_every_check_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    warm_up(MEDIUM)
    for seconds in SECONDS:
        folder = str(tmp_path / f"{seconds:g}")
        code, said = demo(seconds, 1, True, folder, SMALL), capsys.readouterr()
        result = json.loads(said.out)
        if result["variation_mills"]:
            break
    assert code == 0, result
    assert result["passed"] and result["fills"] > 0 and result["acks_per_second"] > 0
    assert set(result["settlements"]) <= set(SMALL.symbols) and result["variation_mills"] > 0
    (paid,) = [check["detail"] for check in result["checks"] if check["name"] == "variation paid sums to zero"]
    assert paid.startswith(to_the_mill(result["variation_mills"])), "the close and its check tell the same money"
    assert {row["method"] for row in result["settlements"].values()} <= {"T1", "T2"}
    assert "The day closes. The venue settles itself, and opens 20" in said.err
    assert len(result["checks"]) == 13 and result["latency_us"]["p50"] <= result["latency_us"]["p99"]
    assert "12 instruments" in said.err and f" watch H100.G90.{PERIODS[0]} --url ws://127.0.0.1:" in said.err
    with pytest.raises(SystemExit) as ended:
        main(["journal", "verify", folder])
    assert not ended.value.code and "valid" in capsys.readouterr().out


def test_a_venue_that_dies_while_clients_trade_ends_the_demo(tmp_path: Path) -> None:
    venue = VenueProcess(str(tmp_path), SMALL)

    class Killer(Console):
        def print(self, *texts: Any, **_: Any) -> None:
            if "To watch" in str(texts):
                venue._process.kill()

    try:
        ready = venue.await_ready(lambda _: None)
        members = LiveVenue(ready.url, ready.keys, venue.require_alive)
        with pytest.raises(UserError, match="the venue ended with code -9") as caught:
            asyncio.run(asyncio.wait_for(trade(members, 30.0, 1, DEMO, Killer()), 300))
        assert caught.value.code == 1
    finally:
        venue.end()


@pytest.mark.parametrize("arguments", [["--seconds", "0"], ["--seconds", "-1"], ["--seconds", "nan"]])
def test_a_time_that_is_no_time_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["demo", *arguments])
    assert ended.value.code == 2 and capsys.readouterr().err.count("\n") == 1


def test_a_folder_in_use_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "something").write_text("here")
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--folder", str(tmp_path)])
    assert ended.value.code == 2 and "a new or an empty folder" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--folder", str(tmp_path / "file" / "data")])
    assert ended.value.code == 2 and "Not a directory" in capsys.readouterr().err


def test_a_kept_venue_serves_again_with_a_key_for_the_user(tmp_path: Path) -> None:
    """As a user sees it: the demo goes on until SIGINT, then its venue has stopped cleanly."""
    warm_up(MEDIUM)
    for seconds in SECONDS:
        folder = tmp_path / f"{seconds:g}"
        code, lines = kept(folder, seconds)
        if not any(", 0 trades" in line for line in lines):
            break
    assert code == 0, lines
    said = "".join(lines)
    assert "The venue serves again at ws://127.0.0.1:" in said and "In a browser:   http://127.0.0.1:" in said
    key = folder / "keys" / f"market{SMALL.accounts + 1}.pem"
    assert str(key) in said and key.exists() and verify(str(folder)).records > 0


def kept(folder: Path, seconds: float) -> tuple[int, list[str]]:
    """Exit code and output of a demo that is kept until it serves again."""
    lines = []
    program = (
        "import pytest; from exchange.demo.run import demo\n"
        "from tests import one_day; from tests.demo.test_run import SMALL\n"
        "one_day.begin(pytest.MonkeyPatch())\n"
        f"raise SystemExit(demo({seconds}, 1, False, {str(folder)!r}, SMALL, keep=True))"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if "To watch" in line and any("serves again" in one for one in lines):
                process.send_signal(signal.SIGINT)
        return process.wait(300), lines


def test_what_is_said_of_a_kept_venue_can_be_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["gpux", "demo"])
    lines = kept_text("ws://127.0.0.1:1234", "data/keys/market27.pem", "data")
    assert "In a browser:   http://127.0.0.1:1234/" in lines
    for line in lines[-2:]:
        command = line.partition(": ")[2]
        app.parse_args(command.split()[1:], exit_on_error=False, print_error=False)


def test_a_demo_without_a_trade_does_not_accuse_the_venue() -> None:
    assert what_failed([TRADED], 0.04) == "nobody traded in 0.0 s, which shows nothing. Give more --seconds."
    for failed in (["ledger zero"], [TRADED, "ledger zero"]):
        assert what_failed(failed, 60).startswith("the venue broke one of its guarantees")


def test_a_cold_start_says_what_takes_so_long() -> None:
    assert "1 s" in starting_text(1.0) and "compiling" not in starting_text(1.0)
    assert "20 s" in starting_text(20.0) and "compiling" in starting_text(20.0)


def test_what_to_try_next_can_be_typed_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", [".venv/bin/gpux", "demo"])
    for found, call in ((None, ".venv/bin/gpux"), ("/usr/bin/gpux", "gpux")):
        monkeypatch.setattr("shutil.which", lambda _, found=found: found)
        steps = [command for command, _ in next_steps("H100.G90.F27", "data")]
        assert steps[:2] == [f"{call} contracts H100.G90.F27", f"{call} demo --folder data"]
        for step in steps[:-1]:
            app.parse_args(step.split()[1:], exit_on_error=False, print_error=False)
