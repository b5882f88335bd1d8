"""The operator's socket: a Unix socket in the data folder that only the folder's owner may open (SEC-060).

Each line is a request in JSON and gets one line as an answer. Access is by file mode: the folder is 0700, the socket
0600. It is separate from the clients' port, and clients' keys do not matter here.
"""

import asyncio
import contextlib
import os
import socket

import msgspec

from exchange.errors import UserError
from exchange.gateway.auth import KeyPair
from exchange.operator.desk import OperatorDesk
from exchange.operator.requests import Answer, Nonce
from exchange.operator.signing import sign
from exchange.seams import Disk

SOCKET_NAME = "operator.sock"
LINE_BYTES_MAX = 1 << 20  # a settlement of every outright fits
PATH_BYTES_MAX = 100  # longest address of a Unix socket
ANSWER_S = 30.0
LINES_MAX = 16  # connections at once: each is an open file
FAILED = Answer(False, why="the venue has stopped: its next start shows whether this was done")


def socket_path(folder: str) -> str:
    return f"{folder}/{SOCKET_NAME}"


class OperatorPort:
    """Listens on the operator's socket while the venue serves. `problem`: why it does not listen; empty: it does."""

    def __init__(self, folder: str, desk: OperatorDesk, disk: Disk) -> None:
        self._path = socket_path(folder)
        self._desk, self._disk = desk, disk
        self._server: asyncio.Server | None = None
        self._lines: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}
        self._due: dict[asyncio.StreamWriter, asyncio.Future[Answer]] = {}
        self._stopping = self._failed = False
        self.problem = ""

    async def start(self) -> None:
        """Make the socket, in place of one that a killed process left. Sets `problem` if the path is too long.
        UserError: what is in its place is no socket."""
        if len(os.fsencode(self._path)) > PATH_BYTES_MAX:
            self.problem = f"no operator's socket: {self._path} is longer than {PATH_BYTES_MAX} bytes"
            return
        try:
            self._remove()
            self._server = await asyncio.start_unix_server(self._serve, self._path, limit=LINE_BYTES_MAX)
            self._disk.set_mode(self._path, 0o600)
        except OSError as error:
            raise UserError(f"{self._path} cannot be the operator's socket: {error.strerror or error}") from error

    async def stop(self) -> None:
        """Close the socket and its connections, after the answers that are due."""
        if self._server is None:
            return
        self._stopping = True
        self._server.close()
        self._remove()
        serving = [task for task in self._lines.values() if task is not None]
        for writer in self._lines:
            if writer not in self._due:
                writer.close()
        await asyncio.gather(*serving, return_exceptions=True)

    def fail(self) -> None:
        """The venue has failed: answer the requests that are due, and later ones, since nothing else will."""
        self._failed = True
        for due in self._due.values():
            if not due.done():
                due.set_result(FAILED)

    def _remove(self) -> None:
        if self._disk.exists(self._path):
            self._disk.unlink(self._path)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._lines) >= LINES_MAX:
            writer.write(_encoded(Answer(False, why=f"{LINES_MAX} are connected to the operator's socket already")))
            writer.close()
            return
        self._lines[writer] = asyncio.current_task()
        with contextlib.suppress(ConnectionError):
            while not self._stopping:
                try:
                    line = await reader.readline()
                except ValueError:
                    writer.write(_encoded(Answer(False, why=f"a line is at most {LINE_BYTES_MAX} bytes")))
                    break
                if not line:
                    break
                writer.write(_encoded(await self._answer(writer, line)))
                await writer.drain()
        del self._lines[writer]
        writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, line: bytes) -> Answer:
        if self._failed:
            return FAILED
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._due[writer] = answered

        def take(answer: Answer) -> None:
            if not answered.done():
                answered.set_result(answer)

        self._desk.take(line, take)
        try:
            return await asyncio.wait_for(answered, ANSWER_S)
        except TimeoutError:
            return Answer(False, why=f"no answer within {ANSWER_S:g} s: look at the status before asking again")
        finally:
            del self._due[writer]


def _encoded(answer: Answer) -> bytes:
    return msgspec.json.encode(answer) + b"\n"


def is_served(folder: str) -> bool:
    """Whether a running venue listens on this folder's operator socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(socket_path(folder))
        except OSError:
            return False
    return True


class MayBeDone(UserError):
    """A request that failed after it was sent: the venue may have done a part or all of it."""


def ask(folder: str, request: msgspec.Struct, pair: KeyPair | None = None) -> list[str]:
    """Send a request to the running venue of a folder; returns the lines of its answer.

    pair     an operator's key that signs the request; None: it is not signed
    raises   UserError: no venue runs there, or it has refused; MayBeDone: it did not answer, or stopped half-way
    """
    path = socket_path(folder)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(ANSWER_S + 5)
        try:
            line.connect(path)
            if pair is not None:
                nonce, history = _ask_once(folder, line, Nonce())
                request = sign(pair, history, nonce, msgspec.json.encode(request).decode())
            return _ask_once(folder, line, request)
        except TimeoutError:
            raise MayBeDone(
                f"the venue of {folder} does not answer: look at the status before asking again", 1
            ) from None
        except (FileNotFoundError, ConnectionRefusedError):
            raise UserError(
                f"no venue of {folder} is running: gpux serve {folder} starts it", os.EX_UNAVAILABLE
            ) from None
        except OSError as error:
            what = f"no venue of {folder} is running: {error.strerror or error} ({path})"
            raise UserError(what, os.EX_UNAVAILABLE) from None


def _ask_once(folder: str, line: socket.socket, request: msgspec.Struct) -> list[str]:
    """Send one request on an open connection; returns the lines of its answer. UserError: refused, no answer."""
    line.sendall(msgspec.json.encode(request) + b"\n")
    data = _read_line(line)
    if not data:
        raise MayBeDone(f"the venue of {folder} closed the connection without an answer", 1)
    answer = msgspec.json.decode(data, type=Answer)
    if not answer.ok:
        if answer.lines:
            raise MayBeDone(f"refused: {answer.why} (the rest was done: {'; '.join(answer.lines)})", 1)
        raise UserError(f"refused: {answer.why}", 1)
    return answer.lines


def _read_line(line: socket.socket) -> bytes:
    data = b""
    while not data.endswith(b"\n"):
        part = line.recv(65_536)
        if not part:
            break
        data += part
    return data
