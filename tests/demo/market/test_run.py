"""`gpux market` at a folder that nobody serves, at one that is served, and at an address."""

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from exchange.cli.app import main
from exchange.demo.market.run import FIRST_ACCOUNT, market
from exchange.demo.run import ACCOUNTS
from exchange.engine.warmup import warm_up
from exchange.limits import MEDIUM
from exchange.main import Settings, serve
from tests.demo.test_run import SMALL

PLAN = replace(SMALL, port=0)


def test_a_folder_is_served_and_its_keys_are_used_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    warm_up(MEDIUM)
    folder = str(tmp_path / "data")
    for _ in range(2):
        assert market(folder, "", "", 2.0, 1, "fast", PLAN) == 0
        said = capsys.readouterr().err
        assert "No venue serves" in said and "requests answered" in said and ", 0 refused" in said
        assert f" --key {folder}/keys/market{FIRST_ACCOUNT + ACCOUNTS}.pem\n" in said, "and one for the user"
    keys = sorted(path.name for path in (tmp_path / "data" / "keys").iterdir())
    assert len(keys) == ACCOUNTS + 1 and keys[0] == f"market{FIRST_ACCOUNT}.pem"
    with pytest.raises(SystemExit) as ended:
        main(["journal", "verify", folder])
    assert not ended.value.code


@pytest.mark.parametrize("by_address", [False, True])
def test_a_venue_that_runs_is_joined(by_address: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that is served is asked for keys; an address needs those that are there already."""
    warm_up(MEDIUM)
    folder = str(tmp_path / "d")
    settings = Settings(
        port=0, day=SMALL.day, symbols=SMALL.symbols, limits="medium", profile="loopback", durability="none"
    )
    codes: list[int] = []
    ready, leave = threading.Event(), threading.Event()
    urls: list[str] = []

    async def venue() -> None:
        async with serve(folder, settings) as server:
            urls.append(server.url)
            ready.set()
            while not leave.is_set():
                await asyncio.sleep(0.05)

    thread = threading.Thread(target=lambda: asyncio.run(venue()))
    thread.start()
    try:
        assert ready.wait(300)
        codes.append(market(folder, urls[0], "", 1.0, 1, "fast", PLAN))
        if by_address:
            codes.append(market(urls[0], "", f"{folder}/keys", 1.0, 1, "fast", PLAN))
    finally:
        leave.set()
        thread.join(300)
    assert set(codes) == {0} and "No venue serves" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["data", "--pace", "slow"], "--pace 'slow' not one of steady, fast"),
        (["data", "--seconds", "-1"], "--seconds -1 is below 0"),
        (["ws://127.0.0.1:1"], "--keys FOLDER"),
        (["ws://127.0.0.1:1", "--keys", "nowhere"], "no key in nowhere"),
    ],
)
def test_what_cannot_be_used_is_one_line(
    arguments: list[str], named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["market", *arguments])
    said = capsys.readouterr().err
    assert ended.value.code == 2 and named in said and said.count("\n") == 1


def test_a_venue_that_does_not_answer_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("exchange.demo.market.run.load", lambda _: [])
    with pytest.raises(SystemExit) as ended:
        main(["market", "ws://127.0.0.1:1", "--keys", "keys"])
    said = capsys.readouterr().err
    assert ended.value.code == 69 and "no venue at ws://127.0.0.1:1" in said and said.count("\n") == 1
