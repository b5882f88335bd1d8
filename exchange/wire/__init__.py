"""What crosses the socket: messages, codec, error codes, version. Shared with clients."""
