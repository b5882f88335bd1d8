"""EVENT rows to messages: execution reports, replies, market data. Knows no connection, no socket, no event loop."""
