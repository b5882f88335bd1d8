"""Order books, compiled: no I/O, no Python objects, no clock."""
