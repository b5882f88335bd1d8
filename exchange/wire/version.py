"""Names and numbers of the protocol's version, and of this release of the software."""

RELEASE = "0.2.0"  # pyproject.toml reads it here
VERSION = "1.2"  # hello.v counts additions
JSON_SUBPROTOCOL = "gpux.v1+json"
MSGPACK_SUBPROTOCOL = "gpux.v1+msgpack"
SUBPROTOCOLS = (JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL)
