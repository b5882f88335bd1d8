"""`make setup` needs git, make and Python alone: pip comes from the index where Python brings none."""

import hashlib
import runpy
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.source_tree import ROOT

# A pip that can do what is asked of it: install the wheel that it lies in, and say that it is there.
PIP = """
import sys, sysconfig, zipfile
if sys.argv[1] == "install":
    zipfile.ZipFile(sys.argv[-1]).extractall(sysconfig.get_path("purelib"))
else:
    print("pip 99.0")
"""


@pytest.fixture
def script() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / ".ci" / "make_venv.py"))


def page(folder: Path, *links: str) -> str:
    (folder / "pip.html").write_text("\n".join(f"<a {link}>a file</a>" for link in links))
    return (folder / "pip.html").as_uri()


def link(name: str, data: bytes) -> str:
    return f'href="{name}#sha256={hashlib.sha256(data).hexdigest()}"'


def test_an_environment_without_ensurepip_gets_pip_from_the_index(tmp_path: Path, script: dict[str, Any]) -> None:
    wheel = tmp_path / "pip-99.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("pip/__init__.py", "")
        archive.writestr("pip/__main__.py", PIP)
    script["make_without_ensurepip"](tmp_path / "env", page(tmp_path, link(wheel.name, wheel.read_bytes())))
    said = subprocess.run([tmp_path / "env/bin/python", "-m", "pip", "--version"], capture_output=True, text=True)
    assert said.stdout == "pip 99.0\n"


def test_the_newest_release_is_taken(tmp_path: Path, script: dict[str, Any]) -> None:
    names = ["pip-9.0-py3-none-any.whl", "pip-26.10-py3-none-any.whl", "pip-26.9-py3-none-any.whl", "pip-27.0b1.tar.gz"]
    for name in names:
        (tmp_path / name).write_text(name)
    index = page(tmp_path, *(link(name, name.encode()) for name in names))
    folder = tmp_path / "fetched"
    folder.mkdir()
    assert script["fetch_pip"](index, folder).read_text() == "pip-26.10-py3-none-any.whl"


def test_other_bytes_than_the_index_says_are_refused(tmp_path: Path, script: dict[str, Any]) -> None:
    (tmp_path / "pip-26.0-py3-none-any.whl").write_text("changed on the way")
    with pytest.raises(ValueError, match=r"pip-26\.0-py3-none-any\.whl is not what "):
        script["fetch_pip"](page(tmp_path, link("pip-26.0-py3-none-any.whl", b"as it was")), tmp_path)


def test_an_index_without_pip_is_told(tmp_path: Path, script: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="names no wheel of pip"):
        script["fetch_pip"](page(tmp_path, 'href="numpy-2.0.whl"'), tmp_path)
