"""Keys, words and bounds of a request, found by the venue's own decoder: its texts are the venue's."""

import msgspec

from exchange.wire.codec import CODECS, BadMessage
from exchange.wire.messages import ClientMessages, Err, Request
from exchange.wire.version import JSON_SUBPROTOCOL

_CODEC = CODECS[JSON_SUBPROTOCOL]
_DECODER = msgspec.json.Decoder(ClientMessages)


def form_fault(request: Request) -> Err | None:
    """Why no venue can read a request, None if it can. The text is that of a JSON connection."""
    data = _CODEC.encode(request)
    try:
        _DECODER.decode(data)
        return None
    except msgspec.MsgspecError:
        (bad,) = _CODEC.decode_client(data)
        assert isinstance(bad, BadMessage), bad
        return bad.reply()
