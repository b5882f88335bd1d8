"""The exception of a stale book."""


class StaleBook(Exception):
    """A program has read a stale book, which waits for a snapshot or is too old. The text has the reason."""
