"""What a node is configured with."""

import pytest

from tests.clients.adapters.venue_scene import needs

pytestmark = needs("nautilus")


def test_configurations_cannot_be_changed_and_have_the_local_venue() -> None:
    from clients.adapters.nautilus.config import DEFAULT_URL, GpuxDataClientConfig, GpuxExecClientConfig

    for config in (GpuxDataClientConfig(), GpuxExecClientConfig(key="k_a")):
        assert config.url == DEFAULT_URL
        with pytest.raises(AttributeError):
            config.url = "ws://elsewhere"
    assert GpuxExecClientConfig().cancel_on_disconnect
