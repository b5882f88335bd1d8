"""The release of the software, and the versions and subprotocols of the wire protocol."""

RELEASE = "0.4.0"  # pyproject.toml reads it here
VERSION = "1.11"  # of the protocol, sent as `v` of `hello`; the second number rises with each addition
JSON_SUBPROTOCOL = "gpux.v1+json"
MSGPACK_SUBPROTOCOL = "gpux.v1+msgpack"
BINARY_SUBPROTOCOL = "gpux.v1+bin"
SUBPROTOCOLS = (JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL, BINARY_SUBPROTOCOL)
