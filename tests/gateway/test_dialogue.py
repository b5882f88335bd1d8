"""The examples of the protocol are what a real gateway says."""

import pytest

from exchange.cli.examples import FILE
from tests.protocol_doc import examples_text


@pytest.mark.rule("WIRE-041", "WIRE-042")
def test_the_examples_are_what_is_said_today() -> None:
    assert FILE.read_text() == examples_text(), "python -m tests.protocol_doc writes it"
