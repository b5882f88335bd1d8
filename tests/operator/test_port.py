"""The operator's socket, and the commands that speak to it, at a venue that serves."""

import asyncio
import contextlib
import io
import json
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from clients.client import connect
from clients.credentials import Ed25519
from clients.errors import ConnectFailed, Refused
from clients.events import Disconnected
from exchange.cli import app as cli
from exchange.cli.key_making import make_key
from exchange.engine.warmup import warm_up
from exchange.errors import UserError
from exchange.gateway.server import GatewayServer
from exchange.limits import MEDIUM
from exchange.main import RunningServer, serve
from exchange.operator.port import PATH_BYTES_MAX, _ask_once, ask, is_served, socket_path
from exchange.operator.requests import SetState, ShowStatus
from tests.clients.scenes import PRICE, SCENE_S, SYMBOL, client, enrol, settings, until


@pytest.fixture(autouse=True, scope="module")
def _compiled() -> None:
    """Compiling may take a minute, a scene must not."""
    warm_up(MEDIUM)


def command(text: str) -> int:
    """Exit code of a `gpux` command."""
    try:
        cli.main(text.split())
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


Scene = Callable[[RunningServer, str], None]


def beside(folder: Path, scene: Scene) -> None:
    """Run a scene in a thread of its own while a venue serves."""

    async def run() -> None:
        async with serve(str(folder), settings(), before=None if folder.exists() else enrol) as server:
            await asyncio.to_thread(scene, server, str(folder))

    asyncio.run(asyncio.wait_for(run(), SCENE_S))


@pytest.mark.rule("SEC-060")
def test_the_socket_is_its_owners_and_goes_with_the_venue(tmp_path: Path) -> None:
    def scene(server: RunningServer, folder: str) -> None:
        assert os.stat(socket_path(folder)).st_mode & 0o777 == 0o600
        assert is_served(folder)
        assert ask(folder, ShowStatus())[1:] == ["H100 OPEN"]
        with pytest.raises(UserError, match="refused: 'X' is neither") as refused:
            ask(folder, SetState(target="X", to="open"))
        assert refused.value.code == 1

    folder = tmp_path / "venue"
    beside(folder, scene)
    assert not is_served(str(folder)) and not os.path.exists(socket_path(str(folder)))
    with pytest.raises(UserError, match=r"no venue of .* is running") as gone:
        ask(str(folder), ShowStatus())
    assert gone.value.code == os.EX_UNAVAILABLE
    left = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    left.bind(socket_path(str(folder)))
    left.close()
    beside(folder, scene)


@pytest.mark.rule("SEC-007")
def test_what_is_no_request_is_answered_and_the_next_one_is_served(tmp_path: Path) -> None:
    def scene(server: RunningServer, folder: str) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.connect(socket_path(folder))
            line.sendall(b'nonsense\n{"do":"fly"}\n{"do":"status"}\n')
            with line.makefile("rb") as answers:
                told = [json.loads(answers.readline()) for _ in range(3)]
            assert [answer["ok"] for answer in told] == [False, False, True]
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as long:
            long.connect(socket_path(folder))
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the second if it left something unread
                long.sendall(b"x" * (2 << 20))
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as hasty:
            hasty.connect(socket_path(folder))
            hasty.sendall(b'{"do":"state","target":"H100","to":"paused"}\n')
        looks = (ask(folder, ShowStatus())[1:] for _ in range(1_000))
        assert ["H100 PAUSED"] in looks, "who does not wait is served too"

    beside(tmp_path / "venue", scene)


def run_steps(steps: list[tuple[str, int, str]], capsys: pytest.CaptureFixture[str]) -> None:
    """Each command ends with its code and says so in one line, or prints what it did."""
    for text, code, told in steps:
        assert command(f"operator {text}") == code, text
        output = capsys.readouterr()
        assert told in (output.err if code else output.out), (text, output)
        assert (output.out == "") == bool(code) and output.err.count("\n") == bool(code)


@pytest.mark.rule("STATE-001", "SESSION-003")
def test_every_command_of_the_operator_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def scene(server: RunningServer, folder: str) -> None:
        steps = [
            (f"state {folder} H100 paused --admin", 0, "H100 PAUSED HALT_ADMIN"),
            (f"state {folder} H100 closed", 0, "H100 CLOSED operator"),
            (f"state {folder} H100 preopen", 1, "SESSION-003"),
            (f"settle {folder} {SYMBOL}=2.8105", 2, "off the tick"),
            (f"settle {folder} {SYMBOL}", 2, "is not SYMBOL=PRICE"),
            (f"settle {folder} {SYMBOL}=9.999", 1, "NEEDS_TWO"),
            (f"settle {folder} --increment {SYMBOL}", 2, "is not SYMBOL=PRICE"),
            (f"settle {folder} --increment {SYMBOL}=0", 1, "increment 0 is not in 1..100000 ticks"),
            (
                f"settle {folder} {SYMBOL}={PRICE} --day 2026-11-20 --increment {SYMBOL}=0.005",
                1,
                "NEEDS_TWO: limits of 2026-11-20: the trading day that ends next is 2026-11-24",
            ),
            (f"settle {folder} {SYMBOL}={PRICE} --increment {SYMBOL}=0.005", 0, "H100: settled, limits for 20"),
            (f"state {folder} H100 preopen", 0, "H100 PREOPEN operator"),
            (f"state {folder} H100 open --clamp", 0, "H100 OPEN operator"),
            (f"state {folder} {SYMBOL} halt", 0, f"{SYMBOL} HALT operator"),
            (f"state {folder} {SYMBOL} shut", 2, "Invalid value"),
            (f"lead-makers {folder} H100 1=30 2=10", 1, "H100 is not pro-rata"),
            (f"lead-makers {folder} H100 1:30", 2, "is not ACCOUNT=PERCENT"),
            (f"account {folder} 5 --firm 3 --position-lots 100 --close-only", 0, "account 5 of firm 3"),
            (f"deposit {folder} 5 1000", 0, "deposit of 1000 mills"),
            (f"withdraw {folder} 5 400", 0, "withdraw of 400 mills"),
            (f"withdraw {folder} 5 601", 1, "free funds"),
            (f"deposit {folder} 5 0", 2, "not above 0"),
            (f"kill {folder} account 1", 0, "account 1 stopped"),
            (f"unkill {folder} account 1", 0, "account 1 no longer stopped"),
            (f"revoke {folder} k_t2", 0, "key k_t2 revoked"),
            (f"stop {folder} --after 600 --why deploy", 0, "stops in 600 s"),
            (f"status {folder}", 0, "sequence"),
            (f"kill {folder} firm 5", 1, "no account is of firm 5"),
            (f"status {folder}", 0, f"{SYMBOL} HALT"),
        ]
        run_steps(steps, capsys)

    beside(tmp_path / "venue", scene)


def test_figures_out_of_range_are_refused_with_their_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def scene(server: RunningServer, folder: str) -> None:
        steps = [
            (f"stop {folder} --after -1", 2, "--after -1 not in 0..86400"),
            (f"settle {folder} --day 2026-13-01", 2, "--day '2026-13-01' is not a day like 2026-11-23"),
            (f"deposit {folder} 5 1000000000000001", 2, "MILLS 1000000000000001 not in 1..1000000000000000"),
            (f"withdraw {folder} 5 1000000000000001", 2, "MILLS 1000000000000001 not in 1..1000000000000000"),
            (f"deposit {folder} 4294967296 1", 2, "NUMBER 4294967296 not in 1..4294967295"),
            (f"account {folder} 5 --order-lots -5", 2, "--order-lots -5 not in 0..2147483647"),
            (f"account {folder} 5 --firm 4294967296", 2, "--firm 4294967296 not in 0..4294967295"),
            (f"stop {folder} --why {'x' * 65}", 2, "--why of 65 characters: 1..64 are allowed"),
        ]
        run_steps(steps, capsys)

    beside(tmp_path / "venue", scene)


def test_what_was_done_of_a_refused_request_is_told_too() -> None:
    here, there = socket.socketpair()
    with here, there:
        there.sendall(b'{"ok":false,"lines":["H100: settled"],"why":"B200 is not CLOSED"}\n')
        with pytest.raises(UserError) as refused:
            _ask_once("venue", here, ShowStatus())
    assert str(refused.value) == "refused: B200 is not CLOSED (the rest was done: H100: settled)"


@pytest.mark.rule("SEC-061", "SEC-063")
def test_operators_sign_with_their_files_and_the_journal_tells_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(text: str, code: int = 0) -> str:
        assert command(text) == code, text
        output = capsys.readouterr()
        return output.err if code else output.out

    def first(server: RunningServer, folder: str) -> None:
        run(f"key make {folder} one --account 1 --scopes admin")
        assert "must be signed" in run(f"key make {folder} two --account 1 --scopes admin", 1)

    def scene(server: RunningServer, folder: str) -> None:
        ones, twos = (f"--sign {folder}/{name}.pem --reason checked" for name in ("one", "two"))
        proposed = run(f"key make {folder} three --account 1 --scopes admin {ones}")
        assert proposed.startswith("private key of k_three"), "the venue does not have it yet"
        assert "must be signed" in run(f"operator state {folder} H100 closed", 1)
        assert "needs a reason" in run(f"operator state {folder} H100 closed --sign {folder}/one.pem", 1)
        assert "has no private key" in run(f"operator state {folder} H100 closed --sign {folder}/none.pem", 2)
        run(f"operator state {folder} H100 closed {ones}")
        told = run(f"operator settle {folder} {SYMBOL}=9.999 {ones}")
        name = told.split()[0]
        assert run(f"operator proposals {folder}").splitlines()[1].startswith(name)
        assert "another operator" in run(f"operator confirm {folder} {name} {ones}", 1)
        assert "settled" in run(f"operator confirm {folder} {name} {twos}")
        assert "H100 CLOSED" in run(f"operator status {folder}")
        assert run(f"operator ledger {folder}").splitlines()[-1] == "sum 0 mills"

    folder = tmp_path / "venue"
    beside(folder, first)
    make_key(str(folder), "two", 1, 0, ("admin",), 0, "", settings(), Console(file=io.StringIO()))
    beside(folder, scene)
    acts = [line for line in map(json.loads, run(f"journal dump {folder}").splitlines()) if line.get("kind") == "ACT"]
    assert [signature["key"] for signature in acts[-1]["payload"]["signatures"]] == ["k_one", "k_two"]
    assert acts[-1]["asked"]["reason"] == "checked" and acts[-1]["asked"]["do"] == "settle"


@pytest.mark.rule("SEC-001")
def test_a_key_is_made_while_the_venue_runs_and_a_revoked_one_is_cut_off(tmp_path: Path) -> None:
    folder = tmp_path / "venue"

    async def run() -> None:
        async with serve(str(folder), settings(), before=enrol) as server:
            made = f"key make {folder} late --account 7 --deposit 1000000000000 --firm 3"
            assert (await asyncio.to_thread(command, made)) == 0
            assert os.stat(folder / "late.pem").st_mode & 0o777 == 0o600
            async with connect(server.url, "k_late", Ed25519.load(folder / "late.pem")) as late:
                month = await late.instrument(SYMBOL)
                assert (await late.buy(month, 1, PRICE)).working
            again = f"key make {folder} late --account 7 --file {tmp_path}/other.pem"
            assert (await asyncio.to_thread(command, again)) == 1
            assert not (tmp_path / "other.pem").exists()
            async with client(server.url, 2) as session:
                assert (await asyncio.to_thread(command, f"operator revoke {folder} k_t2")) == 0
                gone = (await until(session, Disconnected))[-1]
                assert isinstance(gone, Disconnected) and gone.final and gone.code == 4011
            with pytest.raises(ConnectFailed, match="BAD_AUTH"):
                async with client(server.url, 2):
                    pass
            async with client(server.url, 1) as session:
                assert (await asyncio.to_thread(command, f"operator state {folder} H100 halt")) == 0
                with pytest.raises(Refused, match="HALTED"):
                    await session.buy(await session.instrument(SYMBOL), 1, PRICE)

    asyncio.run(asyncio.wait_for(run(), SCENE_S))


def test_a_folder_with_too_long_a_name_serves_without_the_socket_and_says_so(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * PATH_BYTES_MAX)

    async def run() -> str:
        async with serve(str(folder), settings()) as server:
            return server.operator.problem

    assert "longer than" in asyncio.run(run())


@pytest.mark.rule("SEC-060")
def test_what_cannot_make_way_for_the_socket_is_named_and_nothing_listens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venue = tmp_path / "venue"
    (venue / "operator.sock").mkdir(parents=True)
    venue.chmod(0o700)
    stopped: list[bool] = []
    stop = GatewayServer.stop

    async def note_stop(listener: GatewayServer) -> None:
        await stop(listener)
        stopped.append(True)

    monkeypatch.setattr(GatewayServer, "stop", note_stop)

    async def run() -> None:
        with pytest.raises(UserError, match="cannot be the operator's socket: Is a directory"):
            async with serve(str(venue), settings()):
                pass

    asyncio.run(run())
    assert stopped == [True]


@pytest.mark.rule("DUR-083")
def test_request_whose_commit_fails_during_a_stop_is_answered_and_the_stop_does_not_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopping = threading.Event()
    folder = str(tmp_path / "venue")

    async def run() -> bytes:
        loop = asyncio.get_running_loop()
        committing = asyncio.Event()

        def broken(*_: object) -> None:
            loop.call_soon_threadsafe(committing.set)
            stopping.wait(10)
            raise OSError(5, "broken")

        async with serve(folder, settings(), before=enrol) as server:
            monkeypatch.setattr(server.opened.journal, "append_control", broken)
            reader, writer = await asyncio.open_unix_connection(socket_path(folder))
            writer.write(b'{"do":"money","account":1,"mills":5}\n')
            await committing.wait()
            loop.call_later(0.05, stopping.set)
        answer = await reader.readline()
        writer.close()
        return answer

    assert b"its next start shows whether this was done" in asyncio.run(asyncio.wait_for(run(), SCENE_S))
