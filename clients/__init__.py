"""Programs that trade across a socket: client, book, strategies."""
