"""The client alone, with what `pip install gpux` brings: no NumPy, no Numba, no engine."""

import asyncio
import os
import subprocess
import sys
import sysconfig
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from exchange.engine.warmup import warm_up
from exchange.limits import MEDIUM
from exchange.main import serve
from tests.clients.scenes import SCENE_S, SEEDS, SYMBOL, enrol, settings
from tests.source_tree import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
VENUE = [Requirement(line).name for line in PROJECT["optional-dependencies"]["venue"]]
PACKAGES = ("bench", "clients", "contracts_spec", "exchange")
TRADE = f"""
import asyncio, sys
from clients import Ed25519, connect

async def main(url, seed):
    async with connect(url, "k_t1", Ed25519.from_seed(bytes.fromhex(seed))) as session:
        month = await session.instrument("{SYMBOL}")
        order = await session.buy(month, lots=2, price="2.810")
        print(order.state, order.leaves_lots)

asyncio.run(main(*sys.argv[1:]))
"""


def needed(requirement: str) -> set[str]:
    """Names of the distributions that a requirement installs on this machine, its own included."""
    wanted = Requirement(requirement)
    if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
        return set()
    return {wanted.name}.union(*(needed(line) for line in distribution(wanted.name).requires or []))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages as a client's program has them."""
    folder = tmp_path_factory.mktemp("bare")
    for name in set().union(*(needed(line) for line in PROJECT["dependencies"])):
        found = distribution(name)
        tops = {Path(str(file)).parts[0] for file in found.files or [] if ".." not in Path(str(file)).parts}
        for top in tops - {"__pycache__"}:
            (folder / top).symlink_to(str(found.locate_file(top)))
    for path in [*Path(sysconfig.get_path("purelib")).glob("gpux-*.dist-info"), *map(ROOT.joinpath, PACKAGES)]:
        (folder / path.name).symlink_to(path)
    return folder


def command(folder: Path, script: str, *arguments: str) -> list[str]:
    """A command that runs a script with this folder's packages and no others."""
    return [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(folder)!r})\n{script}", *arguments]


def output(folder: Path, script: str, *arguments: str, code: int = 0) -> str:
    done = subprocess.run(command(folder, script, *arguments), capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def test_the_client_is_imported_without_what_a_venue_needs(bare: Path) -> None:
    names = [*VENUE, "llvmlite"]
    script = f"import clients, importlib.util as u\nprint([name for name in {names} if u.find_spec(name)])"
    assert output(bare, script).strip() == "[]"


def test_the_base_install_takes_at_most_15_megabytes(bare: Path) -> None:
    """What is installed; what Python then compiles of it comes on top."""
    files = [Path(at) / name for at, _, names in os.walk(bare, followlinks=True) for name in names]
    size = sum(file.stat().st_size for file in files if file.parent.name != "__pycache__")
    assert 5_000_000 < size <= 15_000_000, size


def test_the_package_itself_imports_neither_client_nor_websockets(bare: Path) -> None:
    script = "import sys, clients\nprint({'clients.client', 'websockets', 'asyncio'} & set(sys.modules))"
    assert output(bare, script).strip() == "set()"
    script = "import sys\nfrom clients import connect\nprint({'websockets', 'nacl', 'hmac'} & set(sys.modules))"
    assert output(bare, script).strip() == "set()"
    assert "'nothing'" in output(bare, "import clients\ntry: clients.nothing\nexcept AttributeError as e: print(e)")


def test_a_program_with_nothing_else_trades(bare: Path, tmp_path: Path) -> None:
    warm_up(MEDIUM)

    async def run() -> bytes:
        async with serve(str(tmp_path / "venue"), settings(), before=enrol) as server:
            arguments = command(bare, TRADE, server.url, SEEDS[1].hex())
            process = await asyncio.create_subprocess_exec(*arguments, stdout=subprocess.PIPE)
            return (await process.communicate())[0]

    assert asyncio.run(asyncio.wait_for(run(), SCENE_S)) == b"open 2\n"


def test_the_command_says_which_extra_it_needs(bare: Path) -> None:
    said = output(bare, "from exchange.cli import main\nmain()", code=2)
    assert said == "gpux: the command needs cyclopts, which is not installed: pip install 'gpux[venue]'\n"
