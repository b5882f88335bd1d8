"""What a trading node is configured with."""

from nautilus_trader.config import LiveDataClientConfig, LiveExecClientConfig

DEFAULT_URL = "ws://127.0.0.1:8443"


class GpuxDataClientConfig(LiveDataClientConfig):
    """Market data. Without a key books come every 10 ms, with one at every change.

    key, secret   as below
    """

    url: str = DEFAULT_URL
    key: str = ""
    secret: str = ""


class GpuxExecClientConfig(LiveExecClientConfig):
    """Trading.

    key                    id of the key
    secret                 path of the PEM file of its private half
    cancel_on_disconnect   the venue cancels the orders of a node that stays away for 3 s; False: they stay
    """

    url: str = DEFAULT_URL
    key: str = ""
    secret: str = ""
    cancel_on_disconnect: bool = True
