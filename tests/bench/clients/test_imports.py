"""Imports are measured in interpreters of their own."""

import subprocess

import pytest

from bench.clients.imports import import_ms


def test_each_interpreter_gives_a_time() -> None:
    quick, slow = import_ms("pass", 2), import_ms("import asyncio", 2)
    assert len(quick) == len(slow) == 2 and 0 <= min(quick) < min(slow)


def test_an_import_that_fails_is_an_error() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        import_ms("import no_such_module", 1)
