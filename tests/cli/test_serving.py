"""What `gpux serve` says, leaves behind and returns."""

import asyncio
import io
import os
import signal
import socket
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from exchange.cli import serving
from exchange.errors import UserError
from exchange.main import RunningServer, Settings
from tests.gateway.harness import DAY, SYMBOL

SETTINGS = Settings(day=DAY, symbols=(SYMBOL,), durability="none", limits="medium", segment_bytes=1 << 20)


def console() -> Console:
    return Console(file=io.StringIO(), width=200)


@pytest.mark.rule("CONFIG-007")
def test_a_day_without_a_catalogue_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="1990") as refused:
        serving.run_serve(str(tmp_path / "venue"), replace(SETTINGS, day=date(1990, 1, 1)), console())
    assert refused.value.code == 78
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("text", "close_s"), [("21:00", 75_600), ("00:00", 0), ("23:59:59", 86_399)])
def test_close_is_a_utc_time(text: str, close_s: int) -> None:
    schedule = serving.day_schedule(text, False)
    assert schedule is not None and schedule.close_s == close_s


@pytest.mark.parametrize(
    "text",
    ["21:00+05:00", "21:00Z", "21", "2100", "T21:00", "24:00", "21:60", "9:00", "21:00:00.5", " 21:00", "21:00\n", "x"],
)
def test_close_that_is_no_utc_time_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="is not a UTC time like 21:00 or 21:00:30"):
        serving.day_schedule(text, False)


def serve_until_signal(folder: Path, number: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """Output of a `gpux serve` that is stopped by a signal as soon as it serves."""
    text = serving.serving_text

    def stop_soon(server: RunningServer, took_s: float) -> str:
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), number)
        return text(server, took_s)

    monkeypatch.setattr(serving, "serving_text", stop_soon)
    output = console()
    assert serving.run_serve(str(folder), SETTINGS, output) == 0
    assert isinstance(output.file, io.StringIO)
    monkeypatch.setattr(serving, "serving_text", text)
    return output.file.getvalue()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_says_what_it_found_and_stops_cleanly_on_a_signal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    folder = tmp_path / "venue"
    first = serve_until_signal(folder, number, monkeypatch)
    assert "new venue" in first and "1 instruments" in first and "2026-11-23" in first
    assert "ws://127.0.0.1:" in first and "stopped at sequence" in first
    second = serve_until_signal(folder, number, monkeypatch)
    assert "recovered" in second and "torn" not in second


def test_the_operator_stops_a_venue_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = serving.serving_text

    def stop_soon(server: RunningServer, took_s: float) -> str:
        asyncio.get_running_loop().call_soon(server.desk.take, b'{"do":"stop","in_s":0}', lambda answer: None)
        return text(server, took_s)

    monkeypatch.setattr(serving, "serving_text", stop_soon)
    output = console()
    assert serving.run_serve(str(tmp_path / "venue"), SETTINGS, output) == 0
    assert isinstance(output.file, io.StringIO) and "stopped at sequence" in output.file.getvalue()


def test_port_that_is_taken_and_settings_that_cannot_be_are_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = Settings(port=port, day=DAY, symbols=(SYMBOL,), durability="none", limits="medium")
        with pytest.raises(UserError, match=f"cannot listen on 127.0.0.1 port {port}"):
            serving.run_serve(str(tmp_path / "venue"), settings, console())
    for settings, text in (
        (Settings(port=70_000), "port 70000 not in"),
        (Settings(host="0.0.0.0"), "only loopback"),
        (Settings(durability="maybe"), "not one of local, none"),
        (Settings(profile="vip"), "not one of standard"),
    ):
        with pytest.raises(UserError, match=text):
            serving.run_serve(str(tmp_path / "venue"), settings, console())
