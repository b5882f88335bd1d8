"""The release of the software, and the versions and subprotocols of the wire protocol."""

RELEASE = "0.3.0"  # pyproject.toml reads it here
VERSION = "1.2"  # hello.v counts additions
JSON_SUBPROTOCOL = "gpux.v1+json"
MSGPACK_SUBPROTOCOL = "gpux.v1+msgpack"
SUBPROTOCOLS = (JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL)
