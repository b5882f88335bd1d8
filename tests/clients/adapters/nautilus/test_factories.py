"""Clients of a node from their configurations."""

import pytest

from tests.clients.adapters.venue_scene import needs

pytestmark = needs("nautilus")


def test_an_execution_client_needs_a_key_and_its_file() -> None:
    from clients.adapters.nautilus.config import GpuxExecClientConfig
    from clients.adapters.nautilus.factories import GpuxLiveExecClientFactory

    def create(key: str, secret: str) -> None:
        config = GpuxExecClientConfig(key=key, secret=secret)
        GpuxLiveExecClientFactory.create(None, None, config, None, None, None)

    for key, secret in (("", "k.pem"), ("k_a", "")):
        with pytest.raises(ValueError, match="needs key, the id of a key, and secret, the path of its PEM file"):
            create(key, secret)
    with pytest.raises(FileNotFoundError):
        create("k_a", "/no/such/file.pem")
