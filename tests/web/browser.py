"""A headless Chromium that a test drives by the DevTools protocol, over its websocket.

async with Browser(tmp_path) as page:
    await page.open("http://127.0.0.1:8443/")
    await page.until("document.title === 'gpux'")
    await page.click("#sign-in")
    (tmp_path / "page.png").write_bytes(await page.picture(360, 800))
"""

import asyncio
import base64
import json
import shutil
from itertools import count
from pathlib import Path
from typing import Any, Self

import pytest
from websockets.asyncio.client import ClientConnection, connect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-port=0",
    "--disable-features=LocalNetworkAccessChecks",
)  # fmt: skip
LOOK_S = 0.05
WAIT_S = 30.0
MESSAGE_BYTES_MAX = 1 << 26  # of a picture


class Browser:
    """One page of a browser of its own. `faults` are uncaught errors and messages of the console's level error."""

    def __init__(self, folder: Path) -> None:
        self.faults: list[str] = []
        self._folder = folder / "chromium"
        self._numbers = count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def __aenter__(self) -> Self:
        assert CHROMIUM is not None
        self._process = await asyncio.create_subprocess_exec(
            CHROMIUM, *OPTIONS, f"--user-data-dir={self._folder}", "about:blank",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self._socket = await self._attach()
        self._reading = asyncio.create_task(self._read())
        for domain in ("Page", "Runtime", "Log"):
            await self.call(f"{domain}.enable")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._reading.cancel()
        await self._socket.close()
        if self._process.returncode is None:
            self._process.terminate()
        await self._process.communicate()

    async def _attach(self) -> ClientConnection:
        """A connection to the first page of the browser, which says its address when it has started."""
        assert self._process.stderr is not None
        while line := (await self._process.stderr.readline()).decode():
            if line.startswith("DevTools listening on "):
                break
        address = line.removeprefix("DevTools listening on ").strip()
        async with connect(address, max_size=MESSAGE_BYTES_MAX, proxy=None) as browser:
            await browser.send(json.dumps({"id": 0, "method": "Target.getTargets"}))
            targets = json.loads(await browser.recv())["result"]["targetInfos"]
        (page,) = (target["targetId"] for target in targets if target["type"] == "page")
        host = address.split("/devtools/")[0]
        return await connect(f"{host}/devtools/page/{page}", max_size=MESSAGE_BYTES_MAX, proxy=None)

    async def _read(self) -> None:
        async for frame in self._socket:
            message = json.loads(frame)
            if "id" in message:
                self._answers.pop(message["id"]).set_result(message)
            elif message["method"] == "Runtime.exceptionThrown":
                details = message["params"]["exceptionDetails"]
                self.faults.append(details.get("exception", {}).get("description") or details["text"])
            elif message["method"] == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
                entry = message["params"]["entry"]
                self.faults.append(f"{entry['text']} {entry.get('url', '')}")

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A command of the DevTools protocol; returns its result."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        message = await answer
        assert "error" not in message, f"{method}: {message['error']}"
        return message["result"]

    async def open(self, url: str) -> None:
        await self.call("Page.navigate", url=url)

    async def value(self, script: str) -> Any:
        """The value of an expression in the page, awaited if it is a promise."""
        result = await self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True
        )
        assert "exceptionDetails" not in result, f"{script}: {result['exceptionDetails']}"
        return result["result"].get("value")

    async def until(self, condition: str) -> None:
        """Wait until an expression is true. AssertionError, with the page's text: it stays false."""
        try:
            async with asyncio.timeout(WAIT_S):
                while not await self._holds(condition):
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            text = await self.value("document.body.innerText")
            raise AssertionError(f"not so: {condition}\nfaults: {self.faults}\n{text}") from None

    async def _holds(self, condition: str) -> bool:
        """Whether an expression, or what it promises, is true. A page that is just loading has not got there."""
        try:
            return bool(await self.value(f"(async () => Boolean(await ({condition})))()"))
        except AssertionError:
            return False

    async def click(self, selector: str) -> None:
        """Click the middle of an element with the mouse, once it is there and takes clicks."""
        element = f"document.querySelector({json.dumps(selector)})"
        await self.until(f"{element}?.getClientRects().length && !{element}.disabled")
        await self.value(f"{element}.scrollIntoView({{ block: 'center' }})")
        x, y = await self.value(
            f"(({{ x, y, width, height }}) => [x + width / 2, y + height / 2])({element}.getBoundingClientRect())"
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def type(self, selector: str, text: str) -> None:
        """Put a text into a field, as typed."""
        await self.value(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.focus(); e.select?.(); }})()"
        )
        await self.call("Input.insertText", text=text)

    async def press(self, key: str, code: int = 0) -> None:
        """Press a key, wherever the focus is."""
        options = {
            "key": key,
            "windowsVirtualKeyCode": code,
            "text": key if len(key) == 1 else ("\r" if key == "Enter" else ""),
        }
        await self.call("Input.dispatchKeyEvent", type="keyDown", **options)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **options)

    async def size(self, width: int, height: int) -> None:
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )

    async def scheme(self, name: str) -> None:
        """`light` or `dark`, as the reader's system says."""
        await self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    async def picture(self, width: int, height: int, scheme: str = "light") -> bytes:
        """The page as PNG at this size and in this scheme."""
        await self.size(width, height)
        await self.scheme(scheme)
        await self.value("new Promise((drawn) => setTimeout(() => requestAnimationFrame(drawn), 700))")
        return base64.b64decode((await self.call("Page.captureScreenshot", format="png"))["data"])

    async def cpu_s(self) -> float:
        """Processor time of the page's own process so far."""
        await self.call("Performance.enable", timeDomain="threadTicks")
        metrics = (await self.call("Performance.getMetrics"))["metrics"]
        return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")
