"""Help and questions fit 80 x 24, and every key of the screen is in the help."""

import asyncio

import pytest
from textual.app import App

from exchange.cli.trading.screen.app import TradingScreen
from exchange.cli.trading.screen.dialogs import HELP, Dialog, help_dialog, question
from tests.cli.trading.screen.keyboard import text_of

NAMES = {
    "question_mark": "?", "f1": "F1", "slash": "/", "up": "Up", "down": "Down", "pageup": "PgUp", "pagedown": "PgDn",
}  # fmt: skip


def test_every_key_is_in_the_help() -> None:
    words = HELP.split()
    keys = [key for binding in TradingScreen.BINDINGS for key in binding.key.split(",")]  # type: ignore[union-attr]
    assert [key for key in keys if NAMES.get(key, key) not in words] == []


def answered(dialog: Dialog, key: str) -> tuple[str, list[bool | None]]:
    """What a dialog shows in 80 x 24, and how a key answers it."""

    async def run() -> tuple[str, list[bool | None]]:
        app: App[None] = App()
        answers: list[bool | None] = []
        async with app.run_test(size=(80, 24)) as pilot:
            app.push_screen(dialog, answers.append)
            while not (text := text_of(app)).strip():
                await pilot.pause()
            await pilot.press(key)
            while not answers:
                await pilot.pause()
        return text, answers

    return asyncio.run(asyncio.wait_for(run(), 60))


def test_the_help_fits() -> None:
    text, answers = answered(help_dialog(), "escape")
    assert all(line.strip() in text for line in HELP.splitlines())
    assert "Esc closes" in text and answers == [False]


@pytest.mark.parametrize(("key", "yes"), [("y", True), ("enter", True), ("n", False), ("escape", False), ("q", False)])
def test_a_question_is_answered_by_one_key(key: str, yes: bool) -> None:
    text, answers = answered(question("KILL", "Cancel all?"), key)
    assert "KILL" in text and "Cancel all?" in text and answers == [yes]
