"""Serves the page from its folder, with the policy that the venue serves it with."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.source_tree import ROOT

PAGE = ROOT / "exchange" / "web" / "page"
CLIENT = ROOT / "clients" / "javascript" / "gpux.js"
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws://127.0.0.1:*; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def file_of(path: str) -> Path:
    if path == "/gpux.js":
        return CLIENT
    return PAGE / (path.removeprefix("/") or "index.html")


@asynccontextmanager
async def page_server() -> AsyncIterator[int]:
    """Serve the page; the port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readline()).decode()
        if not line:
            writer.close()  # the browser opens connections in advance
            return
        path = line.split()[1].partition("?")[0]
        while (await reader.readline()).strip():
            pass
        file = file_of(path)
        body = file.read_bytes()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {TYPES[file.suffix]}\r\nContent-Length: {len(body)}\r\n"
        head += f"Content-Security-Policy: {POLICY}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
