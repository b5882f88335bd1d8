"""Names and numbers of the protocol's version."""

VERSION = "1.1"  # hello.v counts additions
JSON_SUBPROTOCOL = "gpux.v1+json"
MSGPACK_SUBPROTOCOL = "gpux.v1+msgpack"
SUBPROTOCOLS = (JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL)
