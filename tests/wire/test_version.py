"""The version of the protocol, its subprotocols, and the release."""

import pytest

from exchange.wire.codec import CODECS
from exchange.wire.version import (
    BINARY_SUBPROTOCOL,
    JSON_SUBPROTOCOL,
    MSGPACK_SUBPROTOCOL,
    RELEASE,
    SUBPROTOCOLS,
    VERSION,
)


@pytest.mark.rule("WIRE-001")
def test_every_subprotocol_names_the_major_version_and_has_a_codec() -> None:
    major = VERSION.split(".")[0]
    assert SUBPROTOCOLS == (JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL, BINARY_SUBPROTOCOL) == (*CODECS,)
    assert all(name.startswith(f"gpux.v{major}+") for name in SUBPROTOCOLS)
    assert [codec.text for codec in CODECS.values()] == [True, False, False]


def test_versions_are_numbers() -> None:
    assert all(part.isdigit() for part in VERSION.split(".")) and len(VERSION.split(".")) == 2
    assert all(part.isdigit() for part in RELEASE.split(".")) and len(RELEASE.split(".")) == 3
