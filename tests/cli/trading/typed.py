"""Commands as a trader types them, and what they print."""

import json
from typing import Any

import pytest

from tests.cli.mistakes import ended


def typed(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """What a command prints that ends well."""
    code, out, err = ended(capsys, *words)
    assert (code, err) == (0, ""), (code, err)
    return out


def rows(capsys: pytest.CaptureFixture[str], *words: object) -> list[dict[str, Any]]:
    """The lines of JSON that a command prints that ends well."""
    return [json.loads(line) for line in typed(capsys, *words, "--json").splitlines()]
