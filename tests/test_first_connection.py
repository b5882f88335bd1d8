"""The programs of "First connection by hand" in `PROTOCOL.md` run as they stand there, and print what it says."""

import asyncio
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from exchange.gateway.auth import KeyPair
from exchange.venue.bootstrap import OpenVenue
from tests.gateway.harness import SYMBOL
from tests.gateway.sockets import Venue, run
from tests.protocol_doc import DOCUMENT

PAGE = DOCUMENT.read_text()
FENCE = re.compile(r"^```(python|javascript)\n(?:#|//) (first_connection\.\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PROGRAMS = {name: text for _, name, text in FENCE.findall(PAGE)}
ACCOUNTS = {"alice": 1, "bob": 2}
RUN = {
    "first_connection.py": [sys.executable],
    "first_connection.mjs": ["node", "--experimental-websocket"],
}
STEPS = [str(number) for number in range(1, 20)]


def printed() -> str:
    """What both programs print, by the page."""
    return PAGE.split("Both print:\n\n```\n")[1].split("```\n")[0]


def has_no_sdk(text: str) -> bool:
    return not re.search(r"\b(clients|exchange|gpux)\b", re.sub(r"gpux[-.]\S+", "", text))


def test_the_page_has_both_programs_and_explains_each_line_that_matters() -> None:
    assert PROGRAMS.keys() == RUN.keys()
    explained = re.findall(r"^(\d+)\. ", PAGE.split("```javascript\n")[1].split("## 2. Connect")[0], re.MULTILINE)
    assert explained == STEPS
    for name, text in PROGRAMS.items():
        assert sorted(re.findall(r"(?:#|//) \((\d+)\)", text), key=int) == STEPS, name
        assert has_no_sdk(text), name


@pytest.mark.rule("SESS-001", "RECOV-010", "RECOV-011", "ENTRY-001")
@pytest.mark.parametrize("name", RUN)
def test_a_program_of_the_page_runs(name: str, tmp_path: Path) -> None:
    if name.endswith(".mjs") and shutil.which("node") is None:
        pytest.skip("node is not installed")
    (tmp_path / name).write_text(PROGRAMS[name])

    def keys_of_the_page(opened: OpenVenue, _: list[KeyPair]) -> None:
        for owner, account in ACCOUNTS.items():
            (tmp_path / f"{owner}.pem").write_bytes(opened.make_key(owner, account, 10**9).pem())

    async def test(venue: Venue) -> None:
        program = await asyncio.create_subprocess_exec(
            *RUN[name], str(tmp_path / name), venue.server.url, SYMBOL, str(tmp_path),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(program.communicate(), 120)
        assert (program.returncode, out.decode()) == (0, printed()), err.decode()

    run(tmp_path / "venue", test, prepare=keys_of_the_page)
