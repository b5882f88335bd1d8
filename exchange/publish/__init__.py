"""Where events go out: account streams, replies, market data."""
