"""A message that was read."""

import dataclasses

import pytest

from exchange.codes import CommandKind
from exchange.conformance.message import Message
from tests.conformance.reading import message


def test_a_message_names_only_what_it_says() -> None:
    assert message("X  a") == Message("X", "X a", CommandKind.CANCEL, target="a")


def test_a_message_that_was_read_stays_as_it_is() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        message("X a").target = "b"  # type: ignore[misc]
