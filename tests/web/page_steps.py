"""What tests do at the page: look for words, make a key and enrol it, enter an order by keyboard."""

import asyncio
import json
import shlex
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.web.browser import Browser

LIVE = "document.querySelector('#connection')?.dataset.state === 'live'"


def text(selector: str) -> str:
    return f"document.querySelector({json.dumps(selector)})?.textContent"


def has(selector: str, words: str) -> str:
    """An expression: the element has these words."""
    return f"{text(selector)}?.includes({json.dumps(words)})"


@asynccontextmanager
async def opened(folder: Path, port: int) -> AsyncIterator[Browser]:
    """A browser that shows the page of a venue."""
    async with Browser(folder) as page:
        await page.size(1280, 900)
        await page.open(f"http://127.0.0.1:{port}/")
        yield page


async def gpux(command: str) -> None:
    """Run a command that the page shows."""
    program = Path(sys.executable).with_name("gpux")
    running = await asyncio.create_subprocess_exec(
        program, *shlex.split(command)[1:], stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await running.communicate()
    assert running.returncode == 0, output.decode()


async def shortcut(page: Browser, key: str) -> None:
    """Press a key outside of the fields."""
    await page.value("document.activeElement.blur()")
    await page.press(key)


async def make_key(page: Browser, account: int) -> str:
    """Make a key for an account in the page; the command that enrols it."""
    await page.click("#sign-in")
    await page.until("document.querySelector('#sign-in-dialog').open")
    await page.type("#key-name", "web")
    await page.type("#key-account", str(account))
    await page.click("#new-key button")
    await page.until(text(".command"))
    return await page.value(text(".command"))


async def sign_in(page: Browser, folder: Path, account: int = 1, options: str = "") -> None:
    """Make a key for an account in the page, enrol it with the command that the page shows, log on."""
    command = await make_key(page, account)
    await gpux(f"{command.replace('DATA', shlex.quote(str(folder)))} {options}")
    await page.click(".key .main")
    await page.until(has("#identity", f"k_web, account {account}"))


async def enter(page: Browser, side: str, lots: str, price: str) -> None:
    """Enter an order by keyboard alone, and confirm it."""
    await shortcut(page, side)
    await page.type("#lots", lots)
    await page.type("#price", price)
    await page.until(has("#what-if", "Holds"))
    await page.press("Enter", 13)
    await page.until("document.querySelector('#ask-dialog').open")
    await page.press("Enter", 13)
    await page.until("!document.querySelector('#ask-dialog').open")
